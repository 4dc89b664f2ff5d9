//! Apertium, as programs on this machine: rules and dictionaries, no network and no model.
//!
//! For each mode one line of processes runs as long as the backend lives. Texts go through it as records that end in
//! NUL, which all parts of a mode flush at. What a text becomes must not depend on the texts before it, see
//! [`tagger`].

mod modes;
mod pipeline;
mod stream;
mod tagger;

use std::collections::BTreeMap;
use std::time::Duration;

pub use modes::{Mode, Modes};
use pipeline::{Pipeline, Stop};

use super::{Answer, Backend, BackendError, Keep, Pair};
use crate::run::interrupt::Interrupt;
use crate::text::models::RoundError;

/// Texts that are sent at once, before any comes back: an interruption loses no more.
const BATCH: usize = 128;
/// How often in a row the processes may end or stall without a single text coming through.
const STOPS: u32 = 3;

/// The modes of a recipe's hops.
#[derive(Debug)]
pub struct Apertium {
    modes: BTreeMap<Pair, Mode>,
    running: BTreeMap<Pair, Pipeline>,
    timeout: Duration,
}

impl Apertium {
    /// Takes modes; their processes start when they are needed. `timeout` is how long a text may take.
    #[must_use]
    pub fn new(modes: Vec<Mode>, timeout: Duration) -> Self {
        Apertium {
            modes: modes.into_iter().map(|mode| (mode.pair.clone(), mode)).collect(),
            running: BTreeMap::new(),
            timeout,
        }
    }

    /// Finds what chains need. `named` gives modes by the hop's name, such as `en-es`, where the usual name is another.
    ///
    /// # Errors
    /// [`BackendError`]: Apertium is not installed, or not for a hop.
    pub fn open(
        pairs: &[Pair],
        named: &BTreeMap<String, String>,
        timeout: Duration,
    ) -> Result<Self, BackendError> {
        let modes = Modes::find()?;
        let modes: Result<Vec<Mode>, BackendError> = pairs
            .iter()
            .map(|pair| {
                let name = named.get(&format!("{}-{}", pair.source, pair.target));
                modes.mode(pair, name.map(String::as_str))
            })
            .collect();
        Ok(Apertium::new(modes?, timeout))
    }
}

impl Backend for Apertium {
    fn identity(&self, pair: &Pair) -> [u8; 32] {
        self.modes.get(pair).map_or([0; 32], |mode| mode.hash)
    }

    fn most(&self) -> usize {
        1
    }

    fn bills(&self) -> bool {
        false
    }

    fn translate(
        &mut self,
        pair: &Pair,
        texts: &[&str],
        interrupt: &Interrupt,
        keep: &mut Keep<'_>,
    ) -> Result<(), RoundError> {
        let Some(mode) = self.modes.get(pair) else {
            return Err(RoundError::Translator(format!("there is no mode from {pair}")));
        };
        let mut stops = 0;
        for (number, batch) in texts.chunks(BATCH).enumerate() {
            let mut done: Vec<Answer> = Vec::with_capacity(batch.len());
            while done.len() < batch.len() {
                let before = done.len();
                let mut pipeline = match self.running.remove(pair) {
                    Some(pipeline) => pipeline,
                    None => Pipeline::start(mode).map_err(|error| {
                        RoundError::Translator(format!("Apertium can't be started: {error}"))
                    })?,
                };
                match pipeline.translate(&batch[before..], self.timeout, interrupt, &mut done) {
                    Ok(()) => {
                        self.running.insert(pair.clone(), pipeline);
                    }
                    Err(Stop::Interrupted) => return Err(RoundError::Interrupted),
                    // The processes are gone with the pipeline. What they stopped at is left out if it does so twice.
                    Err(Stop::Silent) => done.push(Err(format!(
                        "Apertium did not answer in {} s",
                        self.timeout.as_secs()
                    ))),
                    Err(Stop::Ended) if done.len() > before => {}
                    Err(Stop::Ended) => done.push(Err("Apertium's processes ended".to_owned())),
                }
                // One text that stops everything is that text's fault; many in a row are not.
                if done[before..].iter().any(Result::is_ok) {
                    stops = 0;
                } else {
                    stops += 1;
                }
                if stops >= STOPS {
                    return Err(RoundError::Translator(format!(
                        "Apertium's mode {} does not work: {}\nhint: try it by hand: echo Hello | apertium {}",
                        mode.name,
                        done.last()
                            .and_then(|last| last.as_ref().err())
                            .map_or("nothing came back", String::as_str),
                        mode.name
                    )));
                }
            }
            let answers: Vec<(usize, Answer)> = done
                .into_iter()
                .enumerate()
                .map(|(at, answer)| (number * BATCH + at, answer))
                .collect();
            keep(&answers)?;
        }
        Ok(())
    }
}
