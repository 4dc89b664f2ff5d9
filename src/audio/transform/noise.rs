//! Background noise at a drawn signal-to-noise ratio over the active speech.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::choice::{hundredth, hundredths, number};
use super::{
    BankRequest, Context, Distinct, DrawKey, Range, Refusal, SettingError, Settings, SourceFacts, Step,
    StepError, Transform, Values, finite,
};
use crate::audio::bank::{Bank, BankKind};
use crate::audio::bench::Bench;
use crate::audio::take::Take;
use crate::audio::wide::wide;
use crate::audio::{backdrop, decibel, level};

/// The part of the speech whose power the ratio refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SnrOver {
    /// Frames within 30 dB of the loudest: pauses don't make the noise quieter.
    #[default]
    Active,
    /// The whole signal.
    All,
}

/// The keys of `kind = "noise"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseSettings {
    recordings: String,
    #[serde(default = "default_snr")]
    snr_db: Range,
    #[serde(default)]
    snr_over: SnrOver,
    #[serde(default = "default_count")]
    count: usize,
}

fn default_snr() -> Range {
    Range::Between([5.0, 20.0])
}

fn default_count() -> usize {
    1
}

impl Settings for NoiseSettings {
    fn build(self, _: &Context) -> Result<Box<dyn Transform>, SettingError> {
        let bounds = self.snr_db.bounds("snr_db", -30.0, 60.0, "dB")?;
        if !(1..=8).contains(&self.count) {
            return Err(SettingError::new(
                "count",
                format!("found {}, allowed are 1 to 8 recordings", self.count),
            ));
        }
        Ok(Box::new(Noise {
            folder: self.recordings,
            bounds,
            over: self.snr_over,
            count: self.count,
            bank: None,
        }))
    }
}

struct Noise {
    folder: String,
    bounds: (f64, f64),
    over: SnrOver,
    count: usize,
    bank: Option<Arc<dyn Bank>>,
}

impl Transform for Noise {
    fn kind(&self) -> &'static str {
        "noise"
    }

    fn wants(&self) -> Vec<BankRequest> {
        vec![BankRequest {
            key: "recordings",
            folder: self.folder.clone(),
            kind: BankKind::Noise,
        }]
    }

    fn attach(&mut self, banks: &[Arc<dyn Bank>]) {
        self.bank = banks.first().cloned();
    }

    fn distinct(&self, _: &SourceFacts) -> Distinct {
        Distinct::Endless
    }

    fn draw(&self, key: &DrawKey<'_>, _: u64, _: &SourceFacts) -> Result<Box<dyn Step>, Refusal> {
        let bank = self
            .bank
            .as_ref()
            .ok_or_else(|| Refusal("no recordings".to_owned()))?;
        let mut draw = key.stream("noise");
        let snr_db = hundredth(self.bounds, draw.below(hundredths(self.bounds)));
        // A fraction of the recording, so that one of another length moves no other draw.
        let layers = key
            .own_options(bank.entries().iter().map(|entry| &entry.name), self.count)
            .into_iter()
            .filter_map(|index| {
                let entry = bank.entries().get(index)?;
                let fraction = draw.below(1_000_000) as f64 / 1e6;
                Some(Layer {
                    index,
                    name: entry.name.clone(),
                    hash: entry.hash,
                    fraction,
                })
            })
            .collect();
        Ok(Box::new(NoiseStep {
            layers,
            snr_db,
            over: self.over,
            bank: Arc::clone(bank),
        }))
    }
}

struct Layer {
    index: usize,
    name: String,
    hash: [u8; 32],
    fraction: f64,
}

struct NoiseStep {
    layers: Vec<Layer>,
    snr_db: f64,
    over: SnrOver,
    bank: Arc<dyn Bank>,
}

impl NoiseStep {
    fn speech_power(&self, take: &Take) -> f64 {
        match self.over {
            SnrOver::Active => level::active_power(&take.samples, take.rate),
            SnrOver::All => level::plain_power(&take.samples),
        }
    }
}

impl Step for NoiseStep {
    fn version(&self) -> u32 {
        1
    }

    fn parameters(&self) -> Values {
        let names: Vec<Value> = self
            .layers
            .iter()
            .map(|layer| layer.name.clone().into())
            .collect();
        let offsets: Vec<Value> = self.layers.iter().map(|layer| layer.fraction.into()).collect();
        let over = match self.over {
            SnrOver::Active => "active",
            SnrOver::All => "all",
        };
        Values::from_iter([
            ("recordings".to_owned(), names.into()),
            ("offsets".to_owned(), offsets.into()),
            ("snr_db".to_owned(), number(self.snr_db)),
            ("snr_over".to_owned(), over.into()),
        ])
    }

    fn inputs(&self) -> Vec<[u8; 32]> {
        self.layers.iter().map(|layer| layer.hash).collect()
    }

    fn apply(&self, take: &mut Take, bench: &mut Bench) -> Result<(), StepError> {
        let speech = self.speech_power(take);
        if speech <= 0.0 {
            return Err(StepError::Refused(
                "the signal is silent: no noise has a ratio to it".to_owned(),
            ));
        }
        let [mix, layer] = &mut bench.scratch;
        mix.clear();
        for (index, part) in self.layers.iter().enumerate() {
            let recording = self.bank.load(part.index).map_err(StepError::Failed)?;
            let to = if index == 0 { &mut *mix } else { &mut *layer };
            backdrop::lay(&recording, part.fraction, take.rate, take.samples.len(), to);
            let power = level::plain_power(to);
            if power <= 0.0 {
                return Err(StepError::Refused(format!(
                    "{} is silent where it was drawn",
                    part.name
                )));
            }
            // Each recording is heard alike, however loud it was recorded.
            let gain = (1.0 / power.sqrt()) as f32;
            if index == 0 {
                wide!({
                    for sample in mix.iter_mut() {
                        *sample *= gain;
                    }
                });
            } else {
                wide!({
                    for (sum, &sample) in mix.iter_mut().zip(layer.iter()) {
                        *sum += sample * gain;
                    }
                });
            }
        }
        let power = level::plain_power(mix);
        if power <= 0.0 {
            return Err(StepError::Refused("the recordings cancel each other".to_owned()));
        }
        let gain = (speech / power / decibel::to_power(self.snr_db)).sqrt() as f32;
        wide!({
            for (sample, noise) in take.samples.iter_mut().zip(mix.iter_mut()) {
                *noise *= gain;
                *sample += *noise;
            }
        });
        let added = level::plain_power(mix);
        if added == 0.0 {
            return Err(StepError::Refused(
                "the signal is so quiet that no noise fits below it".to_owned(),
            ));
        }
        finite(&take.samples)?;
        take.note("snr_db", 10.0 * (speech / added).log10(), 3);
        Ok(())
    }
}
