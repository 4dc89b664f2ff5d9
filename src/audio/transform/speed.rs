//! Speed change: faster or slower, with the pitch kept (as the paper has it) or moved (as a tape does).

use serde::Deserialize;

use super::choice::{is_multiple, number, pick};
use super::{
    Choices, Context, Distinct, DrawKey, Refusal, SettingError, Settings, SourceFacts, Step, StepError,
    Transform, Values,
};
use crate::audio::bench::Bench;
use crate::audio::take::Take;

/// What happens to the pitch when the speed changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pitch {
    /// Time stretching: the pitch stays.
    #[default]
    Kept,
    /// Resampling: the pitch moves with the speed.
    Moved,
}

/// The keys of `kind = "speed"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeedSettings {
    #[serde(default = "default_factors")]
    factors: Choices,
    #[serde(default)]
    pitch: Pitch,
}

/// The paper's factors.
fn default_factors() -> Choices {
    Choices::List(vec![0.75, 1.25])
}

impl Settings for SpeedSettings {
    fn build(self, _: &Context) -> Result<Box<dyn Transform>, SettingError> {
        let factors = self
            .factors
            .values("factors", (0.25, 4.0), "times the speed", Some(1.0))?;
        for &factor in &factors {
            // Resampling works on whole-number ratios; thousandths keep them small.
            if !is_multiple(factor, 0.001) {
                return Err(SettingError::new(
                    "factors",
                    format!("found {factor}; at most three decimals are kept"),
                ));
            }
        }
        Ok(Box::new(Speed {
            factors,
            pitch: self.pitch,
        }))
    }
}

struct Speed {
    factors: Vec<f64>,
    pitch: Pitch,
}

impl Transform for Speed {
    fn kind(&self) -> &'static str {
        "speed"
    }

    fn distinct(&self, _: &SourceFacts) -> Distinct {
        Distinct::Finite(self.factors.len() as u64)
    }

    fn draw(&self, key: &DrawKey<'_>, copy: u64, _: &SourceFacts) -> Result<Box<dyn Step>, Refusal> {
        let factor =
            pick(key, "factor", &self.factors, copy).ok_or_else(|| Refusal("no factor left".to_owned()))?;
        Ok(Box::new(SpeedStep {
            factor,
            pitch: self.pitch,
        }))
    }
}

struct SpeedStep {
    factor: f64,
    pitch: Pitch,
}

impl SpeedStep {
    /// The factor in thousandths, as the resampler wants it.
    fn thousandths(&self) -> u32 {
        (self.factor * 1000.0).round() as u32
    }
}

impl Step for SpeedStep {
    fn version(&self) -> u32 {
        1
    }

    fn parameters(&self) -> Values {
        let pitch = match self.pitch {
            Pitch::Kept => "kept",
            Pitch::Moved => "moved",
        };
        Values::from_iter([
            ("factor".to_owned(), number(self.factor)),
            ("pitch".to_owned(), pitch.into()),
        ])
    }

    fn frames(&self, frames: usize) -> usize {
        match self.pitch {
            Pitch::Kept => (frames as f64 / self.factor).round() as usize,
            // Halves go up, which a quotient of floats does not always tell: 17 / 0.272 is 62.5.
            Pitch::Moved => {
                let thousandths = u128::from(self.thousandths()).max(1);
                let length = (2000 * frames as u128 + thousandths) / (2 * thousandths);
                usize::try_from(length).unwrap_or(usize::MAX)
            }
        }
    }

    fn apply(&self, take: &mut Take, bench: &mut Bench) -> Result<(), StepError> {
        let mut out = Vec::new();
        match self.pitch {
            Pitch::Kept => bench
                .stretcher(take.rate)
                .stretch(&take.samples, self.factor, &mut out),
            Pitch::Moved => {
                // Played `factor` times as fast: samples taken at factor × 1000 are heard at 1000.
                bench
                    .resampler(self.thousandths(), 1000)
                    .and_then(|resampler| resampler.process(&take.samples, &mut out))
                    .map_err(|error| StepError::Refused(error.to_string()))?;
            }
        }
        take.samples = out;
        Ok(())
    }
}
