//! A room: convolution with a room impulse response, aligned on its direct path.

use std::sync::Arc;

use serde::Deserialize;

use super::choice::number;
use super::{
    BankRequest, Context, Distinct, DrawKey, Refusal, SettingError, Settings, SourceFacts, Step, StepError,
    Transform, Values, finite,
};
use crate::audio::bank::{Bank, BankKind};
use crate::audio::bench::Bench;
use crate::audio::take::Take;
use crate::audio::{level, response};

/// The keys of `kind = "room"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomSettings {
    responses: String,
    #[serde(default)]
    tail: f64,
}

impl Settings for RoomSettings {
    fn build(self, context: &Context) -> Result<Box<dyn Transform>, SettingError> {
        if !(0.0..=10.0).contains(&self.tail) {
            return Err(SettingError::new(
                "tail",
                format!("found {}, allowed are 0 to 10 seconds", self.tail),
            ));
        }
        Ok(Box::new(Room {
            folder: self.responses,
            tail: self.tail,
            rate: context.rate,
            bank: None,
        }))
    }
}

struct Room {
    folder: String,
    tail: f64,
    rate: u32,
    bank: Option<Arc<dyn Bank>>,
}

impl Transform for Room {
    fn kind(&self) -> &'static str {
        "room"
    }

    fn wants(&self) -> Vec<BankRequest> {
        vec![BankRequest {
            key: "responses",
            folder: self.folder.clone(),
            kind: BankKind::Response,
        }]
    }

    fn attach(&mut self, banks: &[Arc<dyn Bank>]) {
        self.bank = banks.first().cloned();
    }

    fn distinct(&self, _: &SourceFacts) -> Distinct {
        Distinct::Finite(self.bank.as_ref().map_or(0, |bank| bank.entries().len() as u64))
    }

    fn draw(&self, key: &DrawKey<'_>, copy: u64, _: &SourceFacts) -> Result<Box<dyn Step>, Refusal> {
        let bank = self
            .bank
            .as_ref()
            .ok_or_else(|| Refusal("no responses".to_owned()))?;
        let index = key
            .nth_option(bank.entries().iter().map(|entry| &entry.name), copy)
            .ok_or_else(|| Refusal("no response left".to_owned()))?;
        let entry = bank
            .entries()
            .get(index)
            .ok_or_else(|| Refusal("no response left".to_owned()))?;
        Ok(Box::new(RoomStep {
            name: entry.name.clone(),
            hash: entry.hash,
            index,
            bank: Arc::clone(bank),
            tail: self.tail,
            rate: self.rate,
        }))
    }
}

struct RoomStep {
    name: String,
    hash: [u8; 32],
    index: usize,
    bank: Arc<dyn Bank>,
    tail: f64,
    rate: u32,
}

impl Step for RoomStep {
    fn version(&self) -> u32 {
        2
    }

    fn parameters(&self) -> Values {
        Values::from_iter([
            ("response".to_owned(), self.name.clone().into()),
            ("tail_s".to_owned(), number(self.tail)),
        ])
    }

    fn inputs(&self) -> Vec<[u8; 32]> {
        vec![self.hash]
    }

    /// The tail is as long as asked for, also where a short response leaves silence in it: otherwise the length
    /// would tell which response it was.
    fn frames(&self, frames: usize) -> usize {
        frames + (self.tail * f64::from(self.rate)).round() as usize
    }

    fn apply(&self, take: &mut Take, bench: &mut Bench) -> Result<(), StepError> {
        let Bench { convolver, shelf, .. } = bench;
        let response = shelf.response(self.hash, take.rate, || {
            let samples = self.bank.load(self.index).map_err(StepError::Failed)?;
            response::prepare(&samples, take.rate)
                .map_err(|reason| StepError::Refused(format!("response {}: {reason}", self.name)))
        })?;
        let before = level::active_power(&take.samples, take.rate);
        let mut out = Vec::new();
        convolver.convolve(
            &take.samples,
            &mut response.kernel,
            response.direct,
            self.frames(take.samples.len()),
            &mut out,
        );
        take.samples = out;
        finite(&take.samples)?;
        if let Some(ratio) = response.direct_to_reverberant_db {
            take.note("direct_to_reverberant_db", ratio, 2);
        }
        let after = level::active_power(&take.samples, take.rate);
        take.note("level_change_db", 10.0 * (after / before).log10(), 2);
        Ok(())
    }
}
