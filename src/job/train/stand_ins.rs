//! New sentences that may stand in for transcripts.

use std::collections::BTreeMap;

use super::TrainJobError;
use super::data::{Dataset, Example};
use crate::corpus::Split;

/// For each training row, the new sentences of its source, of the same label.
pub(super) fn sentences(
    text: &Dataset,
    train: &[Example],
    notes: &mut Vec<String>,
) -> Result<Vec<Vec<Example>>, TrainJobError> {
    let mut by_source: BTreeMap<(&str, &str), Vec<&Example>> = BTreeMap::new();
    let new = text
        .rows
        .iter()
        .filter(|row| row.split == Split::Train && !row.original);
    for row in new {
        let key = (row.source.source_id.as_str(), row.label.as_str());
        by_source.entry(key).or_default().push(row);
    }
    let of_row = |row: &Example| -> Vec<Example> {
        let found = by_source.get(&(row.source.source_id.as_str(), row.label.as_str()));
        found.into_iter().flatten().map(|&row| row.clone()).collect()
    };
    let all: Vec<Vec<Example>> = train.iter().map(of_row).collect();
    let with = all.iter().filter(|sentences| !sentences.is_empty()).count();
    if with == 0 {
        let reason = "no new sentence in it has the source of a training row\n\
                      hint: both datasets have to be made of one corpus, so that their source ids agree";
        return Err(TrainJobError::dataset(&text.path, reason));
    }
    notes.push(format!(
        "{with} of {} training rows have new sentences that may stand in for their transcripts",
        train.len()
    ));
    Ok(all)
}
