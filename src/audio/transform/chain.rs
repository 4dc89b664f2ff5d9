//! Several transforms for one item, one after the other.

use serde_json::Value;

use super::{
    BankRequest, Distinct, DrawKey, Refusal, SettingError, SourceFacts, Step, StepError, Transform, Values,
    Written,
};
use crate::audio::bank::Bank;
use crate::audio::bench::Bench;
use crate::audio::spectrum::frame_count;
use crate::audio::take::Take;
use std::sync::Arc;

/// Transforms that are applied in order.
pub struct Chain {
    steps: Vec<Box<dyn Transform>>,
    hop: usize,
}

impl Chain {
    /// A chain of at least two transforms; `hop` is the mel picture's hop length.
    ///
    /// # Errors
    /// Fewer than two steps, a chain within a chain, or a mask before a step that changes the signal.
    pub fn new(steps: Vec<Box<dyn Transform>>, hop: usize) -> Result<Self, SettingError> {
        if steps.len() < 2 {
            return Err(SettingError::new(
                "steps",
                format!("found {} step(s); a chain has at least two", steps.len()),
            ));
        }
        if steps.iter().any(|step| step.kind() == "chain") {
            return Err(SettingError::new(
                "steps",
                "a chain can't hold another chain; list its steps here",
            ));
        }
        let first_mask = steps.iter().position(|step| step.masks()).unwrap_or(steps.len());
        if let Some(late) = steps.iter().skip(first_mask).find(|step| !step.masks()) {
            let message = format!(
                "{} comes after a mask and would fill it again; masks come last",
                late.kind()
            );
            return Err(SettingError::new("steps", message));
        }
        Ok(Chain { steps, hop })
    }

    /// The facts that each step will meet, for as long as they can be told: `draw` of the steps before decides
    /// the length, and the peak is only known before the first.
    fn facts_after(&self, step: &dyn Step, facts: SourceFacts) -> SourceFacts {
        let frames = step.frames(facts.frames);
        SourceFacts {
            frames,
            mel_frames: frame_count(frames, self.hop),
            peak: 0.0,
            ..facts
        }
    }
}

impl Transform for Chain {
    fn kind(&self) -> &'static str {
        "chain"
    }

    fn masks(&self) -> bool {
        self.steps.iter().any(|step| step.masks())
    }

    fn shows(&self, written: Written) -> bool {
        self.steps.iter().all(|step| step.shows(written))
    }

    fn depends_on_length(&self) -> bool {
        self.steps.iter().any(|step| step.depends_on_length())
    }

    fn wants(&self) -> Vec<BankRequest> {
        self.steps.iter().flat_map(|step| step.wants()).collect()
    }

    fn attach(&mut self, banks: &[Arc<dyn Bank>]) {
        let mut rest = banks;
        for step in &mut self.steps {
            let (own, after) = rest.split_at(step.wants().len().min(rest.len()));
            step.attach(own);
            rest = after;
        }
    }

    fn distinct(&self, source: &SourceFacts) -> Distinct {
        let mut product = 1u64;
        // Steps that depend on the length have another number of draws after a speed change: they are drawn freely,
        // and what is counted are the combinations of the others.
        for step in self.steps.iter().filter(|step| !step.depends_on_length()) {
            match step.distinct(source) {
                Distinct::Finite(n) => product = product.saturating_mul(n),
                Distinct::Endless => return Distinct::Endless,
            }
        }
        Distinct::Finite(product.min(1 << 40))
    }

    fn draw(&self, key: &DrawKey<'_>, copy: u64, source: &SourceFacts) -> Result<Box<dyn Step>, Refusal> {
        // With finitely many draws, copy k is the k-th of a keyed order over all combinations, one digit a step.
        let mut combination = match self.distinct(source) {
            Distinct::Finite(n) => Some(key.permuted("combination", n.max(1), copy)),
            Distinct::Endless => None,
        };
        let mut facts = *source;
        let mut drawn = Vec::with_capacity(self.steps.len());
        for (index, transform) in self.steps.iter().enumerate() {
            let key = key.step(index);
            let digit = match (transform.distinct(&facts), &mut combination) {
                (Distinct::Endless, _) => 0,
                (Distinct::Finite(0), _) => {
                    return Err(Refusal(format!(
                        "step {} ({}): no draw fits",
                        index + 1,
                        transform.kind()
                    )));
                }
                (Distinct::Finite(n), Some(rest)) if !transform.depends_on_length() => {
                    let digit = *rest % n;
                    *rest /= n;
                    digit
                }
                (Distinct::Finite(n), _) => key.stream("digit").below(n),
            };
            let step = transform.draw(&key, digit, &facts).map_err(|Refusal(reason)| {
                Refusal(format!("step {} ({}): {reason}", index + 1, transform.kind()))
            })?;
            facts = self.facts_after(step.as_ref(), facts);
            drawn.push((transform.kind(), step));
        }
        Ok(Box::new(ChainStep(drawn)))
    }
}

struct ChainStep(Vec<(&'static str, Box<dyn Step>)>);

impl Step for ChainStep {
    fn version(&self) -> u32 {
        1
    }

    fn parameters(&self) -> Values {
        let steps: Vec<Value> = self
            .0
            .iter()
            .map(|(kind, step)| {
                let mut values = step.parameters();
                values.insert("kind".to_owned(), (*kind).into());
                // A step's own version decides its bytes as much as its parameters do.
                values.insert("version".to_owned(), step.version().into());
                Value::Object(values)
            })
            .collect();
        Values::from_iter([("steps".to_owned(), steps.into())])
    }

    fn inputs(&self) -> Vec<[u8; 32]> {
        self.0.iter().flat_map(|(_, step)| step.inputs()).collect()
    }

    fn frames(&self, frames: usize) -> usize {
        self.0
            .iter()
            .fold(frames, |frames, (_, step)| step.frames(frames))
    }

    fn apply(&self, take: &mut Take, bench: &mut Bench) -> Result<(), StepError> {
        for (index, (kind, step)) in self.0.iter().enumerate() {
            let before = std::mem::take(&mut take.measured);
            let done = step.apply(take, bench);
            let measured = std::mem::replace(&mut take.measured, before);
            for (name, value) in measured {
                // Two steps may measure the same; the later one is told by its number.
                let taken = take.measured.contains_key(&name);
                let name = if taken {
                    format!("{name}_{}", index + 1)
                } else {
                    name
                };
                take.measured.insert(name, value);
            }
            done.map_err(|error| {
                let place = |reason: String| format!("step {} ({kind}): {reason}", index + 1);
                match error {
                    StepError::Refused(reason) => StepError::Refused(place(reason)),
                    StepError::Failed(reason) => StepError::Failed(place(reason)),
                }
            })?;
        }
        Ok(())
    }
}
