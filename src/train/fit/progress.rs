//! Where a training stands, and what was measured on the way.

use serde::{Deserialize, Serialize};

use super::settings::FitSettings;
use crate::train::metrics::{Confusion, Metrics};
use crate::train::schedule::Pace;
use crate::train::watch::Watch;

/// What the loop counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Finished steps.
    pub steps: u64,
    /// Where the schedule stands.
    pub pace: Pace,
    /// The best epoch so far.
    pub best: Option<Best>,
    /// Epochs since then.
    pub waited: u64,
    /// Training ended early.
    pub stopped: bool,
    /// All finished epochs.
    pub history: Vec<EpochRecord>,
    /// The epoch at hand.
    pub tally: Tally,
    /// The last losses.
    pub(in crate::train) watch: Watch,
}

/// The best epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The epoch, from 1.
    pub epoch: u64,
    /// Its validation UA.
    pub ua: f64,
    /// Its validation loss.
    pub loss: f64,
}

/// Sums over the steps of the epoch at hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Sum of the losses.
    pub loss: f64,
    /// Steps.
    pub steps: u64,
    /// The learning rate of the last step.
    pub rate: f64,
    /// Predictions on the training rows, with dropout and before each step.
    pub confusion: Confusion,
}

/// A row of `history.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, from 1; the last one may be a part of one.
    pub epoch: u64,
    /// Finished steps.
    pub step: u64,
    /// The learning rate of its last step.
    pub learning_rate: f64,
    /// Mean loss of its steps, with class weights, smoothing and dropout.
    pub train_loss: f64,
    /// UA of its steps' predictions, with dropout.
    pub train_ua: f64,
    /// Mean cross-entropy of the held-out rows, without weights and smoothing.
    pub validation_loss: Option<f64>,
    /// UA on the held-out rows.
    pub validation_ua: Option<f64>,
    /// WA on the held-out rows.
    pub validation_wa: Option<f64>,
    /// Weighted F1 on the held-out rows.
    pub validation_wf1: Option<f64>,
}

impl EpochRecord {
    pub(super) fn measured(&mut self, loss: f64, metrics: Metrics) {
        self.validation_loss = Some(loss);
        self.validation_ua = Some(metrics.ua);
        self.validation_wa = Some(metrics.wa);
        self.validation_wf1 = Some(metrics.wf1);
    }
}

impl Tally {
    fn new(classes: usize) -> Self {
        Tally {
            loss: 0.0,
            steps: 0,
            rate: 0.0,
            confusion: Confusion::new(classes),
        }
    }

    pub(super) fn add(&mut self, loss: f32, rate: f64) {
        self.loss += f64::from(loss);
        self.steps += 1;
        self.rate = rate;
    }
}

impl Progress {
    /// The beginning of a training of so many classes.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Progress {
            steps: 0,
            pace: Pace::default(),
            best: None,
            waited: 0,
            stopped: false,
            history: Vec::new(),
            tally: Tally::new(classes),
            watch: Watch::default(),
        }
    }

    /// What the steps of the epoch at hand tell, of so many steps an epoch.
    pub(super) fn record(&self, epoch: u64) -> EpochRecord {
        EpochRecord {
            epoch: self.steps.div_ceil(epoch.max(1)),
            step: self.steps,
            learning_rate: self.tally.rate,
            train_loss: self.tally.loss / self.tally.steps.max(1) as f64,
            train_ua: self.tally.confusion.metrics().ua,
            validation_loss: None,
            validation_ua: None,
            validation_wa: None,
            validation_wf1: None,
        }
    }

    /// Whether an epoch is the best so far; counts those that are not, and ends training after too many.
    pub(super) fn judge(&mut self, record: &EpochRecord, settings: &FitSettings) -> bool {
        let (Some(ua), Some(loss)) = (record.validation_ua, record.validation_loss) else {
            return false;
        };
        let better = self
            .best
            .is_none_or(|best| ua > best.ua || (ua == best.ua && loss < best.loss));
        if better {
            self.best = Some(Best {
                epoch: record.epoch,
                ua,
                loss,
            });
            self.waited = 0;
        } else {
            self.waited += 1;
            self.stopped = settings.early_stopping.is_some_and(|most| self.waited >= most);
        }
        better
    }

    /// The epoch at hand is over.
    pub(super) fn close(&mut self, record: EpochRecord, classes: usize) {
        self.history.push(record);
        self.tally = Tally::new(classes);
    }
}
