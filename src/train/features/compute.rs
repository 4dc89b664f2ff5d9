//! From texts to their features: those that are known are read, the others computed and kept.

use half::f16;

use super::cache::FeatureCache;
use super::need::Need;
use super::pack::{self, Pack};
use super::shelf::Shelf;
use super::text::{EncoderId, TextEncoder};
use super::{FeatureError, Features};
use crate::run::atomic::FileError;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// Texts of like length are run together: so many are sorted,
const SORTED: usize = 2048;
/// and so many given to the encoder at once; a signal loses no more than these.
const AT_ONCE: usize = 256;

/// What is to be done for a list of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Texts.
    pub texts: usize,
    /// Different ones.
    pub different: usize,
    /// Of these, whose features are kept already. A pack that proves damaged between plan and work is computed again.
    pub known: usize,
    /// Of these, whose features will be computed.
    pub missing: usize,
    /// Bytes of all features in memory: 2 for each number of each different text. `None` if the length is not known.
    pub bytes: Option<u64>,
}

/// Says what [`compute()`] would do; changes nothing. `size` is the length of the encoder's features, if it is known:
/// [`TextEncoder::size`] or [`TextEncoder::measure`].
///
/// # Errors
/// [`FeatureError::Limit`] when they could not all be kept.
pub fn plan(
    encoder: EncoderId,
    size: Option<usize>,
    texts: &[&str],
    cache: &FeatureCache,
) -> Result<Plan, FeatureError> {
    let need = Need::of(texts)?;
    if let Some(size) = size {
        cache.check(need.len(), size)?;
    }
    let mut have = vec![false; need.len()];
    if let Some(mut shelf) = cache.shelf(encoder) {
        // A cache that can't be read holds nothing; compute() says so.
        let _ = shelf.look(size, |key, _| {
            let slot = need.row(key).and_then(|row| have.get_mut(row));
            slot.is_some_and(|slot| {
                *slot = true;
                true
            })
        });
    }
    let known = have.iter().filter(|&&have| have).count();
    Ok(Plan {
        texts: texts.len(),
        different: need.len(),
        known,
        missing: need.len() - known,
        bytes: size.map(|size| need.len() as u64 * 2 * size as u64),
    })
}

/// The features of texts, in their order. Equal texts are computed once. What is computed is kept every 2,048 texts,
/// and when the run stops for whatever reason. A cache that can't be used is a note to `progress`, not an error.
///
/// # Errors
/// [`FeatureError`]; [`FeatureError::Limit`] and [`FeatureError::Memory`] before anything is computed but one word.
pub fn compute(
    encoder: &mut TextEncoder,
    texts: &[&str],
    cache: &FeatureCache,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Features, FeatureError> {
    let need = Need::of(texts)?;
    if need.len() == 0 {
        return Ok(Features::new(encoder.size().unwrap_or(0), Vec::new(), Vec::new()));
    }
    let size = encoder.measure(interrupt)?;
    cache.check(need.len(), size)?;
    let mut table = Table::new(need.len(), size)?;
    let mut kept = Kept::open(cache, encoder.id(), progress);
    kept.attempt(|shelf| {
        shelf.look(Some(size), |key, row| {
            need.row(key).is_some_and(|at| table.put(at, pack::numbers(row)))
        })
    });
    kept.attempt(|shelf| shelf.settle(size, |key| need.row(key).is_some()));

    let mut missing = table.missing();
    if missing.is_empty() {
        return Ok(Features::new(size, need.into_rows(), table.values));
    }
    progress.stage("features", missing.len() as u64);
    let mut pending = Pack::new(size);
    let mut work = || {
        for block in missing.chunks_mut(SORTED) {
            let text_of = |row: usize| {
                let place = need.input(row).map(|(_, place)| place);
                place
                    .and_then(|place| texts.get(place))
                    .copied()
                    .unwrap_or_default()
            };
            block.sort_by_key(|&row| (text_of(row).len(), row));
            for rows in block.chunks(AT_ONCE) {
                let part: Vec<&str> = rows.iter().map(|&row| text_of(row)).collect();
                let features = encoder.encode(&part, interrupt)?;
                for (&row, feature) in rows.iter().zip(features) {
                    if let Some((key, _)) = need.input(row) {
                        pending.push(key, &feature);
                    }
                    table.put(row, feature.into_iter());
                }
                if pending.is_full() {
                    kept.save(&pending, &need);
                    pending = Pack::new(size);
                }
                progress.advance(rows.len() as u64);
            }
        }
        Ok(())
    };
    let done = work();
    // Also when it was stopped: what is finished is not computed twice.
    if !pending.is_empty() {
        kept.save(&pending, &need);
    }
    progress.finish();
    done.map(|()| Features::new(size, need.into_rows(), table.values))
}

/// The features of all different inputs, row after row, while they come in.
struct Table {
    size: usize,
    values: Vec<f16>,
    have: Vec<bool>,
}

impl Table {
    fn new(inputs: usize, size: usize) -> Result<Self, FeatureError> {
        let fail = || FeatureError::Memory { inputs, size };
        let count = inputs.checked_mul(size).ok_or_else(fail)?;
        let mut values = Vec::new();
        values.try_reserve_exact(count).map_err(|_| fail())?;
        values.resize(count, f16::ZERO);
        Ok(Table {
            size,
            values,
            have: vec![false; inputs],
        })
    }

    /// Sets a row; says that it is one of this table.
    fn put(&mut self, row: usize, numbers: impl Iterator<Item = f16>) -> bool {
        let slots = self.values.get_mut(row * self.size..(row + 1) * self.size);
        let (Some(slots), Some(have)) = (slots, self.have.get_mut(row)) else {
            return false;
        };
        for (slot, number) in slots.iter_mut().zip(numbers) {
            *slot = number;
        }
        *have = true;
        true
    }

    fn missing(&self) -> Vec<usize> {
        let rows = self.have.iter().enumerate();
        rows.filter(|(_, have)| !**have).map(|(row, _)| row).collect()
    }
}

/// The cache as long as it can be used.
struct Kept<'a> {
    shelf: Option<Shelf>,
    progress: &'a dyn Progress,
}

impl<'a> Kept<'a> {
    fn open(cache: &FeatureCache, id: EncoderId, progress: &'a dyn Progress) -> Self {
        if cache.is_homeless() {
            progress.note(
                "features are not kept for the next run: there is no cache folder\n\
                 hint: set XDG_CACHE_HOME or HOME to an absolute path",
            );
        }
        let shelf = cache.shelf(id);
        Kept { shelf, progress }
    }

    /// Does something with it; with the first failure it is given up, and said so.
    fn attempt<T>(&mut self, act: impl FnOnce(&mut Shelf) -> Result<T, FileError>) -> Option<T> {
        match act(self.shelf.as_mut()?) {
            Ok(done) => Some(done),
            Err(error) => {
                let note = format!("features are not kept for the next run: {error}");
                self.progress.note(&note);
                self.shelf = None;
                None
            }
        }
    }

    fn save(&mut self, pack: &Pack, need: &Need) {
        if self.attempt(|shelf| shelf.save(pack, |key| need.row(key).is_some())) == Some(false) {
            self.progress.note(
                "not all features are kept for the next run: the cache is full\n\
                 hint: raise cache_limit",
            );
            self.shelf = None;
        }
    }
}
