//! The training loop.

mod progress;
mod settings;

use std::time::{Duration, Instant};

pub use progress::{Best, EpochRecord, Progress, Tally};
pub use settings::{FitSettings, Keep, Length};

use super::checkpoint::Checkpoint;
use super::metrics::{Confusion, cross_entropy, largest};
use super::order::Order;
use super::predict::{PredictError, Predictor};
use super::rows::{Batch, Rows};
use crate::onnx::engine::Engine;
use crate::onnx::graph::GraphError;
use crate::onnx::graph::network::Network;
use crate::onnx::graph::tensor::Tensor;
use crate::onnx::graph::train::{State, TrainError, Trainer, TrainingStep, inference_model, is_parameter};
use crate::run::atomic::FileError;
use crate::run::interrupt::Interrupt;

/// Why a training ended without a model.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The network's layers do not fit one another.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The runtime.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The network does not run on the held-out rows.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// A row can't be read.
    #[error("{0}")]
    Row(String),
    /// The checkpoint can't be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The numbers went wrong.
    #[error(
        "training failed at step {step} (epoch {epoch}, learning rate {rate:e}): {reason}; the batch was {rows}\n\
         hint: a smaller [train] learning_rate, or clip = 1.0, usually helps"
    )]
    Failed {
        /// The step, from 1.
        step: u64,
        /// The epoch, from 1.
        epoch: u64,
        /// The learning rate.
        rate: f64,
        /// What went wrong.
        reason: String,
        /// The names of the batch's first rows.
        rows: String,
    },
    /// A signal came; the checkpoint stands.
    #[error("interrupted after {done} of {total} steps; run the same command again to go on")]
    Interrupted {
        /// Finished steps.
        done: u64,
        /// All steps.
        total: u64,
    },
}

/// Rows of a failed batch that are named.
const NAMED: usize = 4;

/// Listens to a training.
pub trait Listener {
    /// A step is done: so many of so many, with its loss and the UA of the epoch's steps so far.
    fn step(&mut self, done: u64, total: u64, loss: f32, ua: f64);
    /// An epoch is done; `best` if it is the best so far.
    fn epoch(&mut self, record: &EpochRecord, best: bool);
}

/// What is trained on what.
pub struct Fit<'a> {
    /// The runtime.
    pub engine: &'a Engine,
    /// The network.
    pub network: &'a dyn Network,
    /// The rows that it is trained on, at least one.
    pub train: &'a dyn Rows,
    /// Held-out rows, which decide on the best epoch; may be none.
    pub held: &'a dyn Rows,
    /// How.
    pub settings: &'a FitSettings,
}

/// A finished training.
#[derive(Debug)]
pub struct Fitted {
    /// What was counted and measured.
    pub progress: Progress,
    /// The parameters that were kept.
    pub parameters: State,
}

/// The step that so many rows are trained with, for its sizes and first state.
///
/// # Errors
/// [`FitError::Graph`].
pub fn training_step(
    network: &dyn Network,
    rows: usize,
    settings: &FitSettings,
) -> Result<TrainingStep, FitError> {
    let batch = Order::new(settings.seed, rows, settings.batch).batch();
    let precision = settings.precision;
    Ok(TrainingStep::with_precision(
        network,
        &settings.step(batch),
        precision,
    )?)
}

impl Fit<'_> {
    fn order(&self) -> Order {
        Order::new(self.settings.seed, self.train.len(), self.settings.batch)
    }

    /// Trains from `start` to the end. `save` is called with checkpoints now and then, and before an interruption.
    ///
    /// # Errors
    /// [`FitError`].
    pub fn run(
        &self,
        step: &TrainingStep,
        mut start: Checkpoint,
        save: &mut dyn FnMut(&Checkpoint) -> Result<(), FileError>,
        listener: &mut dyn Listener,
        interrupt: &Interrupt,
    ) -> Result<Fitted, FitError> {
        let mut course = Course {
            fit: self,
            order: self.order(),
            total: self.settings.length.steps(self.order().steps()),
            batch: Batch::new(&step.inputs),
            trainer: Trainer::new(self.engine, step, &std::mem::take(&mut start.state))?,
            classes: step.classes,
            at: start,
        };
        let every = Duration::from_secs_f64(self.settings.checkpoint_seconds);
        let mut saved = Instant::now();
        loop {
            if course.is_due() {
                match course.epoch(interrupt, listener) {
                    Err(FitError::Predict(PredictError::Interrupted)) => {}
                    other => other?,
                }
            }
            if interrupt.stopped() {
                course.checkpoint(save)?;
                let (done, total) = (course.at.progress.steps, course.total);
                return Err(FitError::Interrupted { done, total });
            }
            if course.is_done() {
                // What comes behind, such as writing the model, may fail; it is not trained again for that.
                course.checkpoint(save)?;
                break;
            }
            if saved.elapsed() >= every && course.at.progress.steps > 0 {
                course.checkpoint(save)?;
                saved = Instant::now();
            }
            course.step(listener)?;
        }
        course.end()
    }
}

/// A training under way.
struct Course<'a> {
    fit: &'a Fit<'a>,
    order: Order,
    total: u64,
    batch: Batch,
    trainer: Trainer,
    classes: usize,
    /// Without the state, which is the trainer's.
    at: Checkpoint,
}

impl Course<'_> {
    /// Whether an epoch is over, or all steps, and not measured yet.
    fn is_due(&self) -> bool {
        let progress = &self.at.progress;
        let over = progress.steps.is_multiple_of(self.order.steps()) || progress.steps == self.total;
        let measured = progress.history.last().map_or(0, |record| record.step);
        over && progress.steps > measured
    }

    fn is_done(&self) -> bool {
        self.at.progress.steps >= self.total || self.at.progress.stopped
    }

    fn checkpoint(
        &mut self,
        save: &mut dyn FnMut(&Checkpoint) -> Result<(), FileError>,
    ) -> Result<(), FitError> {
        self.at.state = self.trainer.state()?;
        let saved = save(&self.at);
        self.at.state.clear();
        Ok(saved?)
    }

    fn step(&mut self, listener: &mut dyn Listener) -> Result<(), FitError> {
        let (settings, progress) = (self.fit.settings, &mut self.at.progress);
        let (epoch, at) = (
            progress.steps / self.order.steps(),
            progress.steps % self.order.steps(),
        );
        let rows = self.order.rows(epoch, at);
        self.batch
            .load(self.fit.train, &rows, Some(epoch))
            .map_err(FitError::Row)?;
        let classes: Vec<usize> = rows.iter().map(|&row| self.fit.train.class(row)).collect();
        let targets = targets(&classes, self.classes, settings.label_smoothing);
        let number = progress.steps + 1;
        let schedule = &settings.schedule;
        let rate = schedule.rate(settings.learning_rate, &progress.pace, number, self.total);
        let outcome = self
            .trainer
            .step_of(&self.batch.inputs(), &targets, number, rate as f32)?;
        progress.steps = number;
        progress.tally.rate = rate;
        if let Err(reason) = progress.watch.see(&outcome, self.classes) {
            return Err(self.failed(reason));
        }
        progress.tally.add(outcome.loss, rate);
        let logits = outcome.logits.chunks(self.classes.max(1));
        for (&class, logits) in classes.iter().zip(logits) {
            progress.tally.confusion.add(class, largest(logits));
        }
        let ua = progress.tally.confusion.metrics().ua;
        listener.step(number, self.total, outcome.loss, ua);
        Ok(())
    }

    /// The numbers went wrong in the last step.
    fn failed(&self, reason: String) -> FitError {
        let (progress, steps) = (&self.at.progress, self.order.steps());
        let before = progress.steps.saturating_sub(1);
        let rows = self.order.rows(before / steps, before % steps);
        let mut names: Vec<&str> = rows.iter().map(|&row| self.fit.train.name(row)).collect();
        if names.len() > NAMED {
            names.truncate(NAMED);
            names.push("...");
        }
        FitError::Failed {
            step: progress.steps,
            epoch: before / steps + 1,
            rate: progress.tally.rate,
            reason,
            rows: names.join(", "),
        }
    }

    /// The present state; an error where it is of no use, which no loss has shown yet.
    fn sound_state(&self) -> Result<State, FitError> {
        let state = self.trainer.state()?;
        let is_sound = |tensor: &Tensor| {
            tensor
                .to_f32()
                .is_none_or(|values| values.iter().all(|x| x.is_finite()))
        };
        match state.iter().find(|(_, tensor)| !is_sound(tensor)) {
            None => Ok(state),
            Some((name, _)) => Err(self.failed(format!("{name} holds what is no finite number"))),
        }
    }

    /// Measures an epoch on the held-out rows, and decides how to go on.
    fn epoch(&mut self, interrupt: &Interrupt, listener: &mut dyn Listener) -> Result<(), FitError> {
        let fit = self.fit;
        let mut record = self.at.progress.record(self.order.steps());
        let state = self.sound_state()?;
        if fit.held.is_empty() {
            listener.epoch(&record, false);
            self.at.progress.close(record, self.classes);
            return Ok(());
        }
        let model = inference_model(fit.network, &state, &[])?;
        let inputs = fit.network.inputs();
        let mut predictor = Predictor::new(fit.engine, "network in training", &model, &inputs, self.classes)
            .map_err(PredictError::from)?;
        let logits = predictor.logits(fit.held, interrupt, |_| {})?;
        let mut confusion = Confusion::new(self.classes);
        let mut loss = 0.0;
        for (row, logits) in logits.iter().enumerate() {
            let class = fit.held.class(row);
            confusion.add(class, largest(logits));
            loss += cross_entropy(logits, class);
        }
        loss /= logits.len().max(1) as f64;
        if !loss.is_finite() {
            return Err(self.failed(format!("the loss of the held-out rows is {loss} after it")));
        }
        record.measured(loss, confusion.metrics());
        let progress = &mut self.at.progress;
        let best = progress.judge(&record, fit.settings);
        fit.settings.schedule.epoch(&mut progress.pace, loss);
        if best && fit.settings.keep == Keep::Best {
            self.at.best = Some(parameters(state));
        }
        listener.epoch(&record, best);
        self.at.progress.close(record, self.classes);
        Ok(())
    }

    fn end(mut self) -> Result<Fitted, FitError> {
        let parameters = match (self.fit.settings.keep, self.at.best.take()) {
            (Keep::Best, Some(best)) => best,
            _ => parameters(self.trainer.state()?),
        };
        Ok(Fitted {
            progress: self.at.progress,
            parameters,
        })
    }
}

/// A state without the optimizer's moments and the scale of the loss.
fn parameters(mut state: State) -> State {
    state.retain(|name, _| is_parameter(name));
    state
}

/// Targets row by row: 1 for the row's class, less the share that smoothing spreads over all.
fn targets(rows: &[usize], classes: usize, smoothing: f64) -> Vec<f32> {
    let spread = smoothing / classes.max(1) as f64;
    let mut targets = vec![spread as f32; rows.len() * classes];
    for (targets, &class) in targets.chunks_mut(classes.max(1)).zip(rows) {
        if let Some(target) = targets.get_mut(class) {
            *target = (1.0 - smoothing + spread) as f32;
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothed_targets_are_distributions() {
        assert_eq!(targets(&[1, 0], 2, 0.0), [0.0, 1.0, 1.0, 0.0]);
        let smooth = targets(&[2], 4, 0.1);
        assert!((smooth.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((smooth[2] - 0.925).abs() < 1e-6);
    }
}
