//! The transforms of a recipe as the plan's makers.

use crate::audio::transform::{Distinct, DrawKey, SourceFacts, Step};
use crate::plan::{Maker, item_id};
use crate::recipe::NamedTransform;

/// What makers know of the corpus.
pub(super) struct Facts<'a> {
    pub seed: u64,
    /// One a source.
    pub ids: &'a [String],
    /// One a source; `None` for what can't be used.
    pub facts: &'a [Option<SourceFacts>],
    /// No made item is shorter, in samples.
    pub min_frames: usize,
}

impl Facts<'_> {
    /// The step of one draw.
    ///
    /// # Errors
    /// The reason why it can't be made.
    pub fn draw(&self, named: &NamedTransform, source: usize, copy: u64) -> Result<Box<dyn Step>, String> {
        let (Some(id), Some(Some(facts))) = (self.ids.get(source), self.facts.get(source)) else {
            return Err("the source can't be used".to_owned());
        };
        let item = item_id(id, &named.name, copy);
        let key = DrawKey::new(self.seed, id, &named.name, &item);
        let step = named
            .transform
            .draw(&key, copy, facts)
            .map_err(|refusal| refusal.0)?;
        let frames = step.frames(facts.frames);
        if frames < self.min_frames.max(1) {
            let seconds = frames as f64 / f64::from(facts.rate);
            return Err(format!("would be too short: {seconds:.3} s"));
        }
        Ok(step)
    }
}

/// One transform over one corpus.
pub(super) struct AudioMaker<'a> {
    pub named: &'a NamedTransform,
    pub corpus: &'a Facts<'a>,
}

impl Maker for AudioMaker<'_> {
    fn name(&self) -> &str {
        &self.named.name
    }

    fn share(&self) -> f64 {
        self.named.share
    }

    fn distinct(&self, source: usize) -> u64 {
        let Some(Some(facts)) = self.corpus.facts.get(source) else {
            return 0;
        };
        match self.named.transform.distinct(facts) {
            Distinct::Finite(n) => n,
            Distinct::Endless => u64::MAX,
        }
    }

    fn check(&self, source: usize, copy: u64) -> Result<(), String> {
        self.corpus.draw(self.named, source, copy).map(drop)
    }
}
