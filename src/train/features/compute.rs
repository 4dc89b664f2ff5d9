//! From inputs to their features: those that are known are read, the others computed and kept.

use half::f16;

use super::cache::FeatureCache;
use super::encoder::{Encoder, EncoderId, Input, Kind};
use super::need::Need;
use super::pack::{self, Pack};
use super::shelf::Shelf;
use super::store::Store;
use super::{FeatureError, Features, Key};
use crate::run::atomic::FileError;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// Inputs of like cost are run together: so many are sorted.
const SORTED: usize = 2048;

/// What is to be done for a list of inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// What they are.
    pub kind: Kind,
    /// How many there are.
    pub inputs: usize,
    /// Different ones.
    pub different: usize,
    /// Of these, whose features are kept already. A pack that proves damaged between plan and work is computed again.
    pub known: usize,
    /// Of these, whose features will be computed.
    pub missing: usize,
    /// Bytes of all features, in memory or in a temporary file: 2 for each number of each different input. `None` if the
    /// length is not known.
    pub bytes: Option<u64>,
}

/// Says what [`compute()`] would do; changes nothing. `size` is the length of the encoder's features, if it is known:
/// [`Encoder::size`] or [`Encoder::measure`].
///
/// # Errors
/// [`FeatureError::Input`], and [`FeatureError::Limit`] when they could not all be kept.
pub fn plan<I: Input + ?Sized>(
    encoder: EncoderId,
    size: Option<usize>,
    inputs: &[&I],
    cache: &FeatureCache,
) -> Result<Plan, FeatureError> {
    let need = Need::of(inputs)?;
    if let Some(size) = size {
        cache.check(I::KIND, need.len(), size)?;
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
        kind: I::KIND,
        inputs: inputs.len(),
        different: need.len(),
        known,
        missing: need.len() - known,
        bytes: size.map(|size| (need.len() as u64).saturating_mul(2 * size as u64)),
    })
}

/// The features of inputs, in their order. Equal inputs are computed once. What is computed is kept every 2,048 inputs or
/// 16 MiB, and when the run stops for whatever reason. A cache that can't be used is a note to `progress`, not an error.
///
/// # Errors
/// [`FeatureError`]; [`FeatureError::Limit`], [`FeatureError::Memory`] and [`FeatureError::Disk`] before anything is
/// computed but, for texts, one word.
pub fn compute<E: Encoder<I>, I: Input + ?Sized>(
    encoder: &mut E,
    inputs: &[&I],
    cache: &FeatureCache,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Features, FeatureError> {
    let kind = I::KIND;
    let need = Need::of(inputs)?;
    if need.len() == 0 {
        let store = Store::new(kind, 0, encoder.size().unwrap_or(0), cache)?;
        return Ok(Features::new(Vec::new(), store));
    }
    let size = encoder.measure(interrupt)?;
    cache.check(kind, need.len(), size)?;
    let mut table = Table {
        store: Store::new(kind, need.len(), size, cache)?,
        have: vec![false; need.len()],
    };
    let mut kept = Kept::open(cache, encoder.id(), progress);
    let mut failed = None;
    kept.attempt(|shelf| {
        shelf.look(Some(size), |key, row| {
            let Some(at) = need.row(key) else {
                return false;
            };
            if failed.is_none() {
                failed = table.put(at, pack::numbers(row)).err();
            }
            true
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    kept.attempt(|shelf| shelf.settle(size, |key| need.row(key).is_some()));

    let mut missing = table.missing();
    if missing.is_empty() {
        return Ok(Features::new(need.into_rows(), table.store));
    }
    progress.stage("features", missing.len() as u64);
    let input_of = |row: usize| -> Option<(Key, &I)> {
        let (key, place) = need.input(row)?;
        Some((key, *inputs.get(place)?))
    };
    let mut pending = Pack::new(size);
    let mut work = || {
        for block in missing.chunks_mut(SORTED) {
            block.sort_by_key(|&row| (input_of(row).map_or(0, |(_, input)| input.cost()), row));
            for rows in block.chunks(E::AT_ONCE.max(1)) {
                // Each row is of the list.
                let part: Vec<(Key, &I)> = rows.iter().filter_map(|&row| input_of(row)).collect();
                let features = encoder.encode(&part, interrupt)?;
                for ((&row, (key, _)), feature) in rows.iter().zip(part).zip(features) {
                    pending.push(key, &feature);
                    table.put(row, feature.into_iter())?;
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
    done.map(|()| Features::new(need.into_rows(), table.store))
}

/// The features of all different inputs, while they come in.
struct Table {
    store: Store,
    have: Vec<bool>,
}

impl Table {
    /// Sets a row.
    fn put(&mut self, row: usize, numbers: impl Iterator<Item = f16>) -> Result<(), FeatureError> {
        self.store.put(row, numbers)?;
        if let Some(have) = self.have.get_mut(row) {
            *have = true;
        }
        Ok(())
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
