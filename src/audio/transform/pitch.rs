//! Pitch shift by semitones; the duration stays.

use serde::Deserialize;

use super::choice::{number, pick};
use super::{
    Choices, Context, Distinct, DrawKey, Refusal, SettingError, Settings, SourceFacts, Step, StepError,
    Transform, Values,
};
use crate::audio::bench::Bench;
use crate::audio::stretch::Formants;
use crate::audio::take::Take;

/// What happens to the resonances of the vocal tract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FormantSetting {
    /// They move with the pitch: another, smaller or larger speaker.
    #[default]
    Moved,
    /// They stay: the same speaker on another note.
    Kept,
}

/// The keys of `kind = "pitch"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PitchSettings {
    #[serde(default = "default_semitones")]
    semitones: Choices,
    #[serde(default)]
    formants: FormantSetting,
}

fn default_semitones() -> Choices {
    Choices::List(vec![-4.0, -2.0, 2.0, 4.0])
}

impl Settings for PitchSettings {
    fn build(self, _: &Context) -> Result<Box<dyn Transform>, SettingError> {
        let semitones = self
            .semitones
            .values("semitones", (-24.0, 24.0), "semitones", Some(0.0))?;
        Ok(Box::new(PitchShift {
            semitones,
            formants: self.formants,
        }))
    }
}

struct PitchShift {
    semitones: Vec<f64>,
    formants: FormantSetting,
}

impl Transform for PitchShift {
    fn kind(&self) -> &'static str {
        "pitch"
    }

    fn distinct(&self, _: &SourceFacts) -> Distinct {
        Distinct::Finite(self.semitones.len() as u64)
    }

    fn draw(&self, key: &DrawKey<'_>, copy: u64, _: &SourceFacts) -> Result<Box<dyn Step>, Refusal> {
        let semitones = pick(key, "semitones", &self.semitones, copy)
            .ok_or_else(|| Refusal("no semitones left".to_owned()))?;
        Ok(Box::new(PitchStep {
            semitones,
            formants: self.formants,
        }))
    }
}

struct PitchStep {
    semitones: f64,
    formants: FormantSetting,
}

impl Step for PitchStep {
    fn version(&self) -> u32 {
        1
    }

    fn parameters(&self) -> Values {
        let formants = match self.formants {
            FormantSetting::Moved => "moved",
            FormantSetting::Kept => "kept",
        };
        Values::from_iter([
            ("semitones".to_owned(), number(self.semitones)),
            ("formants".to_owned(), formants.into()),
        ])
    }

    fn apply(&self, take: &mut Take, bench: &mut Bench) -> Result<(), StepError> {
        let formants = match self.formants {
            FormantSetting::Moved => Formants::Moved,
            FormantSetting::Kept => Formants::Kept,
        };
        let mut out = Vec::new();
        bench
            .stretcher(take.rate)
            .pitch(&take.samples, self.semitones, formants, &mut out);
        take.samples = out;
        Ok(())
    }
}
