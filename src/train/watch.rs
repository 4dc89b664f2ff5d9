//! Whether a training has failed: a loss that is no number, or one that stays far above that of guessing.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::onnx::graph::train::Outcome;

/// Steps over which the loss is averaged.
const WINDOW: usize = 50;
/// Times the loss of guessing that the average may not exceed.
const MOST: f64 = 5.0;

/// The losses of the last steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    losses: VecDeque<f32>,
}

impl Watch {
    /// Takes a step in. One whose gradients left the range of 16 bits is left out, and borne as long as a smaller scale may help.
    ///
    /// # Errors
    /// In words, what is wrong with them.
    pub(super) fn see(&mut self, outcome: &Outcome, classes: usize) -> Result<(), String> {
        let (loss, norm) = (outcome.loss, outcome.norm);
        if !loss.is_finite() {
            return Err(format!("the loss is {loss}"));
        }
        match outcome.scale {
            _ if norm.is_finite() => {}
            None => {
                return Err(format!(
                    "the loss is {loss:.3}, but the gradient's norm is {norm}"
                ));
            }
            Some(scale) if scale < 1.0 => {
                return Err(format!(
                    "the loss is {loss:.3}, but the gradient's norm is {norm} in 16 bits even where the loss is not scaled up; \
                     [train] precision = \"fp32\" has a wider range"
                ));
            }
            Some(_) => {}
        }
        self.losses.push_back(loss);
        if self.losses.len() <= WINDOW {
            return Ok(());
        }
        self.losses.pop_front();
        let mean = self.losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / WINDOW as f64;
        let guessing = (classes.max(2) as f64).ln();
        if mean > MOST * guessing {
            return Err(format!(
                "the mean loss of the last {WINDOW} steps is {mean:.2}, and guessing alone costs {guessing:.2}"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(loss: f32, norm: f32, scale: Option<f32>) -> Outcome {
        Outcome {
            loss,
            norm,
            scale,
            logits: Vec::new(),
        }
    }

    #[test]
    fn one_bad_batch_is_borne_and_fifty_are_not() {
        let mut watch = Watch::default();
        let mut at = 0;
        let failed = loop {
            at += 1;
            let loss = if at == 3 || at > 100 { 30.0 } else { 1.0 };
            if let Err(reason) = watch.see(&outcome(loss, 1.0, None), 4) {
                break reason;
            }
        };
        assert!((101..=150).contains(&at), "{at}");
        assert!(failed.contains("1.39"), "{failed}");
    }

    #[test]
    fn what_is_no_number_is_named() {
        let see = |loss, norm, scale| Watch::default().see(&outcome(loss, norm, scale), 4);
        let failed = see(f32::NAN, 1.0, None).unwrap_err();
        assert_eq!(failed, "the loss is NaN");
        let failed = see(1.0, f32::INFINITY, None).unwrap_err();
        assert!(failed.contains("norm is inf"), "{failed}");
        // A step that was left out is none.
        see(1.0, f32::NAN, Some(1.0)).unwrap();
        let failed = see(1.0, f32::NAN, Some(0.5)).unwrap_err();
        assert!(failed.contains("norm is NaN in 16 bits"), "{failed}");
        assert_eq!(
            see(f32::INFINITY, f32::NAN, Some(64.0)).unwrap_err(),
            "the loss is inf"
        );
    }
}
