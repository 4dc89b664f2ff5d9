//! One candidate decided by itself.

use super::load::TextJob;
use super::models::Loaded;
use super::rows::KEPT;
use super::select::Candidate;
use super::work::outcomes;
use crate::dataset::row::Row;
use crate::job::JobError;
use crate::run::interrupt::Interrupt;
use crate::text::candidate::Outcome;
use crate::text::rounds::Memory;

/// The row of a candidate as it is made now; `None` if it is refused. Its rank is that of the row `then`, since it
/// depends on the whole corpus.
///
/// # Errors
/// [`JobError::Rounds`].
pub fn again(
    job: &TextJob,
    candidate: Candidate,
    then: &Row,
    models: &mut Loaded,
    interrupt: &Interrupt,
) -> Result<Option<Row>, JobError> {
    let fingerprint = job.fingerprint(candidate, &job.around(&models.hash));
    let mut memory = Memory::new(job.gate());
    let found = outcomes(job, &[candidate], &job.rounds(), &mut memory, models, interrupt)?;
    let row = match found.into_iter().next() {
        Some(Outcome { made: Some(made), .. }) => {
            Some(job.made(candidate, &made, fingerprint, &models.hashes))
        }
        Some(_) if then.transform == KEPT => Some(job.kept(candidate, fingerprint)),
        Some(_) | None => None,
    };
    Ok(row.map(|row| Row {
        rank: then.rank,
        ..row
    }))
}
