//! SpecAugment's time masking: a run of frames set to one value, and silenced in the audio.

use serde::Deserialize;

use super::choice::number;
use super::frequency_mask::{add_mask, fill_name, place, places, whole_widths};
use super::{
    Choices, Context, Distinct, DrawKey, Refusal, SettingError, Settings, SourceFacts, Step, StepError,
    Transform, Values, Written, finite,
};
use crate::audio::bench::Bench;
use crate::audio::spectrum::frame_count;
use crate::audio::take::{MaskAxis, MaskFill, MelMask, Take};

/// What becomes of the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Audio {
    /// It is silent there.
    #[default]
    Silence,
    /// It stays the source's.
    Source,
    /// None is written.
    None,
}

/// The keys of `kind = "time-mask"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeMaskSettings {
    #[serde(default = "default_widths")]
    widths: Choices,
    #[serde(default = "default_fill")]
    fill: MaskFill,
    #[serde(default)]
    audio: Audio,
}

fn default_widths() -> Choices {
    Choices::List(vec![5.0, 10.0])
}

fn default_fill() -> MaskFill {
    MaskFill::Floor
}

impl Settings for TimeMaskSettings {
    fn build(self, context: &Context) -> Result<Box<dyn Transform>, SettingError> {
        let widths = whole_widths(&self.widths, 10_000, "frames")?;
        Ok(Box::new(TimeMask {
            widths,
            hop: context.mel.hop_length,
            fill: self.fill,
            audio: self.audio,
        }))
    }
}

struct TimeMask {
    widths: Vec<usize>,
    hop: usize,
    fill: MaskFill,
    audio: Audio,
}

impl TimeMask {
    /// Widths that leave at least half of the source.
    fn fitting(&self, source: &SourceFacts) -> Vec<usize> {
        self.widths
            .iter()
            .copied()
            .filter(|width| 2 * width <= source.mel_frames)
            .collect()
    }
}

impl Transform for TimeMask {
    fn kind(&self) -> &'static str {
        "time-mask"
    }

    fn masks(&self) -> bool {
        true
    }

    fn depends_on_length(&self) -> bool {
        true
    }

    fn shows(&self, written: Written) -> bool {
        written.images || written.arrays || (written.audio && self.audio == Audio::Silence)
    }

    fn distinct(&self, source: &SourceFacts) -> Distinct {
        Distinct::Finite(places(&self.fitting(source), source.mel_frames))
    }

    fn draw(&self, key: &DrawKey<'_>, copy: u64, source: &SourceFacts) -> Result<Box<dyn Step>, Refusal> {
        let widths = self.fitting(source);
        let index = key.permuted("mask", places(&widths, source.mel_frames).max(1), copy);
        let (width, start) = place(&widths, source.mel_frames, index).ok_or_else(|| {
            Refusal(format!(
                "{} frames are too few for a mask of half of them",
                source.mel_frames
            ))
        })?;
        Ok(Box::new(TimeMaskStep {
            width,
            start,
            hop: self.hop,
            fill: self.fill,
            audio: self.audio,
        }))
    }
}

struct TimeMaskStep {
    width: usize,
    start: usize,
    hop: usize,
    fill: MaskFill,
    audio: Audio,
}

/// Length of the fades into and out of the silence, in seconds: none would click.
const FADE_SECONDS: f32 = 0.005;

impl Step for TimeMaskStep {
    fn version(&self) -> u32 {
        2
    }

    fn parameters(&self) -> Values {
        let audio = match self.audio {
            Audio::Silence => "silence",
            Audio::Source => "source",
            Audio::None => "none",
        };
        Values::from_iter([
            ("width".to_owned(), number(self.width as f64)),
            ("start".to_owned(), number(self.start as f64)),
            ("hop_length".to_owned(), number(self.hop as f64)),
            ("fill".to_owned(), fill_name(self.fill).into()),
            ("audio".to_owned(), audio.into()),
        ])
    }

    fn apply(&self, take: &mut Take, _: &mut Bench) -> Result<(), StepError> {
        add_mask(
            take,
            MelMask {
                axis: MaskAxis::Time,
                start: self.start,
                width: self.width,
                fill: self.fill,
            },
        );
        match self.audio {
            Audio::Silence => {
                // Frame k is centred on sample k · hop; the masked frames reach half a hop to both sides.
                let length = take.samples.len();
                let edge = |frame: usize| (frame * self.hop).saturating_sub(self.hop / 2).min(length);
                let (from, end) = (edge(self.start), self.start + self.width);
                // What follows the last frame's half a hop belongs to it as well.
                let to = if end < frame_count(length, self.hop) {
                    edge(end)
                } else {
                    length
                };
                let rate = take.rate;
                silence(&mut take.samples, from, to, rate);
            }
            Audio::Source => {}
            Audio::None => take.audible = false,
        }
        finite(&take.samples)
    }
}

/// Zeros `from..to`, with raised-cosine fades just outside.
fn silence(samples: &mut [f32], from: usize, to: usize, rate: u32) {
    let fade = (FADE_SECONDS * rate as f32) as usize;
    if let Some(gap) = samples.get_mut(from..to) {
        gap.fill(0.0);
    }
    for k in 0..fade {
        let gain = 0.5 - 0.5 * (std::f32::consts::PI * (k as f32 + 0.5) / fade as f32).cos();
        if let Some(sample) = samples.get_mut(to + k) {
            *sample *= gain;
        }
        if let Some(sample) = from.checked_sub(k + 1).and_then(|at| samples.get_mut(at)) {
            *sample *= gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_exact_inside_and_fades_outside() {
        let mut samples = vec![1f32; 1000];
        silence(&mut samples, 400, 500, 16000);
        assert!(samples[400..500].iter().all(|&s| s == 0.0));
        assert_eq!((samples[319], samples[580]), (1.0, 1.0));
        assert!(samples[399] < 0.01 && samples[500] < 0.01);
        silence(&mut samples, 0, 1000, 16000);
        assert!(samples.iter().all(|&s| s == 0.0));
    }
}
