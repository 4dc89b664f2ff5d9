//! A change of level.

use serde::Deserialize;

use super::choice::{hundredth, hundredths, number};
use super::{
    Context, Distinct, DrawKey, Range, Refusal, SettingError, Settings, SourceFacts, Step, StepError,
    Transform, Values, Written, finite,
};
use crate::audio::bench::Bench;
use crate::audio::decibel;
use crate::audio::take::Take;

/// The keys of `kind = "gain"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainSettings {
    #[serde(default = "default_gain")]
    gain_db: Range,
}

fn default_gain() -> Range {
    Range::Between([-12.0, -3.0])
}

impl Settings for GainSettings {
    fn build(self, _: &Context) -> Result<Box<dyn Transform>, SettingError> {
        let bounds = self.gain_db.bounds("gain_db", -60.0, 60.0, "dB")?;
        if bounds == (0.0, 0.0) {
            return Err(SettingError::new("gain_db", "0 dB change nothing"));
        }
        Ok(Box::new(Gain { bounds }))
    }
}

struct Gain {
    bounds: (f64, f64),
}

impl Transform for Gain {
    fn kind(&self) -> &'static str {
        "gain"
    }

    fn shows(&self, written: Written) -> bool {
        // A picture's colours span its own range, whatever the level.
        written.audio || written.arrays
    }

    fn distinct(&self, _: &SourceFacts) -> Distinct {
        Distinct::Finite(hundredths(self.bounds))
    }

    fn draw(&self, key: &DrawKey<'_>, copy: u64, source: &SourceFacts) -> Result<Box<dyn Step>, Refusal> {
        let gain_db = hundredth(self.bounds, key.permuted("gain", hundredths(self.bounds), copy));
        if gain_db == 0.0 {
            return Err(Refusal("a gain of 0 dB changes nothing".to_owned()));
        }
        // Scaled back to full scale it would be less than what the row says, down to nothing at all.
        let peak_db = decibel::of_amplitude(f64::from(source.peak));
        if peak_db + gain_db > 0.0 {
            return Err(Refusal(format!(
                "a gain of {gain_db:+.2} dB would exceed full scale: the peak is at {peak_db:.2} dBFS"
            )));
        }
        Ok(Box::new(GainStep { gain_db }))
    }
}

struct GainStep {
    gain_db: f64,
}

impl Step for GainStep {
    fn version(&self) -> u32 {
        1
    }

    fn parameters(&self) -> Values {
        Values::from_iter([("gain_db".to_owned(), number(self.gain_db))])
    }

    fn apply(&self, take: &mut Take, _: &mut Bench) -> Result<(), StepError> {
        let factor = decibel::to_amplitude(self.gain_db) as f32;
        for sample in &mut take.samples {
            *sample *= factor;
        }
        finite(&take.samples)
    }
}
