//! SpecAugment's frequency masking: a band of mel filters set to one value for all time, and taken out of the audio.

use serde::Deserialize;

use super::choice::number;
use super::{
    Choices, Context, Distinct, DrawKey, Refusal, SettingError, Settings, SourceFacts, Step, StepError,
    Transform, Values, Written, finite,
};
use crate::audio::band_stop::BandStop;
use crate::audio::bench::Bench;
use crate::audio::take::{MaskAxis, MaskFill, MelMask, Take};
use crate::audio::wave;

/// What becomes of the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Audio {
    /// The band is removed from it.
    #[default]
    BandStop,
    /// It stays the source's.
    Source,
    /// None is written.
    None,
}

/// The keys of `kind = "frequency-mask"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrequencyMaskSettings {
    #[serde(default = "default_widths")]
    widths: Choices,
    #[serde(default = "default_fill")]
    fill: MaskFill,
    #[serde(default)]
    audio: Audio,
}

/// The paper's widths, of 128 mel filters.
fn default_widths() -> Choices {
    Choices::List(vec![15.0, 20.0, 25.0])
}

fn default_fill() -> MaskFill {
    MaskFill::Floor
}

/// Checks widths that count filters or frames: whole numbers from 1 to `largest`.
pub(super) fn whole_widths(widths: &Choices, largest: usize, unit: &str) -> Result<Vec<usize>, SettingError> {
    let values = widths.values("widths", (1.0, largest as f64), unit, None)?;
    if let Some(odd) = values.iter().find(|width| width.fract() != 0.0) {
        return Err(SettingError::new(
            "widths",
            format!("found {odd}; a width is a whole number of {unit}"),
        ));
    }
    Ok(values.iter().map(|&width| width as usize).collect())
}

/// The `index`-th of all (width, start) with `start + width <= size`, counted width by width.
pub(super) fn place(widths: &[usize], size: usize, mut index: u64) -> Option<(usize, usize)> {
    for &width in widths {
        let starts = (size + 1).saturating_sub(width) as u64;
        if index < starts {
            return Some((width, index as usize));
        }
        index -= starts;
    }
    None
}

/// How many (width, start) there are.
pub(super) fn places(widths: &[usize], size: usize) -> u64 {
    widths
        .iter()
        .map(|&width| (size + 1).saturating_sub(width) as u64)
        .sum()
}

impl Settings for FrequencyMaskSettings {
    fn build(self, context: &Context) -> Result<Box<dyn Transform>, SettingError> {
        let widths = whole_widths(&self.widths, context.mel.n_mels.saturating_sub(1), "mel filters")?;
        Ok(Box::new(FrequencyMask {
            widths,
            fill: self.fill,
            audio: self.audio,
        }))
    }
}

struct FrequencyMask {
    widths: Vec<usize>,
    fill: MaskFill,
    audio: Audio,
}

impl Transform for FrequencyMask {
    fn kind(&self) -> &'static str {
        "frequency-mask"
    }

    fn masks(&self) -> bool {
        true
    }

    fn shows(&self, written: Written) -> bool {
        written.images || written.arrays || (written.audio && self.audio == Audio::BandStop)
    }

    fn distinct(&self, source: &SourceFacts) -> Distinct {
        Distinct::Finite(places(&self.widths, source.n_mels))
    }

    fn draw(&self, key: &DrawKey<'_>, copy: u64, source: &SourceFacts) -> Result<Box<dyn Step>, Refusal> {
        let index = key.permuted("mask", places(&self.widths, source.n_mels).max(1), copy);
        let (width, start) =
            place(&self.widths, source.n_mels, index).ok_or_else(|| Refusal("no mask left".to_owned()))?;
        Ok(Box::new(FrequencyMaskStep {
            width,
            start,
            fill: self.fill,
            audio: self.audio,
        }))
    }
}

struct FrequencyMaskStep {
    width: usize,
    start: usize,
    fill: MaskFill,
    audio: Audio,
}

pub(super) fn fill_name(fill: MaskFill) -> &'static str {
    match fill {
        MaskFill::Floor => "floor",
        MaskFill::Zero => "zero",
    }
}

/// Adds a mask to the picture, which is of the signal as it stands before the first one.
pub(super) fn add_mask(take: &mut Take, mask: MelMask) {
    let picture = match take.picture.take() {
        Some(picture) => take.picture.insert(picture),
        None => {
            let picture = take.picture.insert(Default::default());
            wave::quantize(&take.samples, &mut picture.source);
            picture
        }
    };
    picture.masks.push(mask);
}

impl Step for FrequencyMaskStep {
    fn version(&self) -> u32 {
        1
    }

    fn parameters(&self) -> Values {
        let audio = match self.audio {
            Audio::BandStop => "band-stop",
            Audio::Source => "source",
            Audio::None => "none",
        };
        Values::from_iter([
            ("width".to_owned(), number(self.width as f64)),
            ("start".to_owned(), number(self.start as f64)),
            ("fill".to_owned(), fill_name(self.fill).into()),
            ("audio".to_owned(), audio.into()),
        ])
    }

    fn apply(&self, take: &mut Take, bench: &mut Bench) -> Result<(), StepError> {
        add_mask(
            take,
            MelMask {
                axis: MaskAxis::Frequency,
                start: self.start,
                width: self.width,
                fill: self.fill,
            },
        );
        let mel = bench
            .mel(&take.mel, take.rate)
            .map_err(|error| StepError::Refused(error.to_string()))?;
        let band = mel.band_hz(self.start..self.start + self.width);
        take.note("low_hz", band.start, 1);
        take.note("high_hz", band.end, 1);
        match self.audio {
            Audio::BandStop => {
                let mut out = Vec::new();
                bench
                    .band_stop()
                    .remove(&take.samples, BandStop::bins_between(&band, take.rate), &mut out);
                take.samples = out;
            }
            Audio::Source => {}
            Audio::None => take.audible = false,
        }
        finite(&take.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_occurs_once() {
        let widths = [3, 5];
        let all: std::collections::BTreeSet<_> = (0..places(&widths, 8))
            .filter_map(|index| place(&widths, 8, index))
            .collect();
        assert_eq!(all.len(), 6 + 4);
        assert!(all.iter().all(|&(width, start)| start + width <= 8));
        assert_eq!(place(&widths, 8, 10), None);
        assert_eq!(places(&[9], 8), 0);
    }
}
