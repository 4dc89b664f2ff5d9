//! Pitch shift by semitones; the duration stays.

use serde::Deserialize;

use super::choice::{number, pick};
use super::{
    Choices, Context, Distinct, DrawKey, Refusal, SettingError, Settings, SourceFacts, Step, StepError,
    Transform, Values, finite,
};
use crate::audio::bench::Bench;
use crate::audio::level;
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
        match self.formants {
            FormantSetting::Moved => 1,
            FormantSetting::Kept => 2,
        }
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
        let before = level::active_power(&take.samples, take.rate);
        let mut out = Vec::new();
        bench
            .stretcher(take.rate)
            .pitch(&take.samples, self.semitones, formants, &mut out);
        if formants == Formants::Kept {
            // Under a kept envelope the harmonics of a high voice fall on other parts of it and the level changes,
            // by up to 8 dB; loudness is a cue that this transform is not meant to touch.
            let after = level::active_power(&out, take.rate);
            if before > 0.0 && after > 0.0 && (before / after).is_finite() {
                let gain = (before / after).sqrt().clamp(0.1, 10.0) as f32;
                out.iter_mut().for_each(|sample| *sample *= gain);
            }
        }
        finite(&out)?;
        take.samples = out;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::mel::MelSettings;

    #[test]
    fn kept_formants_keep_the_level_of_a_high_voice() {
        let tone = |k: f32, t: f32| (std::f32::consts::TAU * 290.0 * k * t).sin() / (1.0 + (k - 3.0).abs());
        let voice: Vec<f32> = (0..16_000)
            .map(|n| 0.1 * (1..20).map(|k| tone(k as f32, n as f32 / 16_000.0)).sum::<f32>())
            .collect();
        let before = level::active_power(&voice, 16_000);
        for semitones in [-4.0, 2.0, 4.0] {
            let mut take = Take::new(voice.clone(), 16_000, MelSettings::default());
            let step = PitchStep {
                semitones,
                formants: FormantSetting::Kept,
            };
            step.apply(&mut take, &mut Bench::new()).unwrap();
            let change = 10.0 * (level::active_power(&take.samples, 16_000) / before).log10();
            assert!(change.abs() < 0.1, "{semitones}: {change} dB");
        }
    }
}
