//! The learning rate from step to step.

use serde::{Deserialize, Serialize};

/// How the learning rate goes on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It is multiplied by `factor` each time the validation loss has not become smaller for `patience` epochs
    /// (PyTorch's `ReduceLROnPlateau` with a threshold of 0).
    Plateau {
        /// What it is multiplied by, above 0 and below 1.
        factor: f64,
        /// Epochs without a smaller loss that are borne.
        patience: u64,
    },
    /// It rises evenly over the first `warm_up` of all steps and then falls to 0 as half a cosine (Loshchilov and Hutter 2017).
    Cosine {
        /// Share of the steps in which it rises, from 0 to below 1.
        warm_up: f64,
    },
}

/// Where a schedule stands: what a run that goes on has to know.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// What the plateaus so far have made of the rate.
    pub factor: f64,
    /// The smallest validation loss so far; none before the first epoch.
    pub least: Option<f64>,
    /// Epochs since then.
    pub waited: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            factor: 1.0,
            least: None,
            waited: 0,
        }
    }
}

impl Schedule {
    /// The rate of step `number`, from 1, of `total` steps.
    #[must_use]
    pub fn rate(&self, base: f64, pace: &Pace, number: u64, total: u64) -> f64 {
        match *self {
            Schedule::Constant => base,
            Schedule::Plateau { .. } => base * pace.factor,
            Schedule::Cosine { warm_up } => {
                let rising = (warm_up * total as f64).floor();
                let at = number as f64;
                if at <= rising {
                    return base * at / rising;
                }
                let done = (at - rising - 1.0) / (total as f64 - rising).max(1.0);
                base * 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos())
            }
        }
    }

    /// Takes the validation loss of an epoch in.
    pub fn epoch(&self, pace: &mut Pace, loss: f64) {
        if pace.least.is_none_or(|least| loss < least) {
            pace.least = Some(loss);
            pace.waited = 0;
            return;
        }
        pace.waited += 1;
        if let Schedule::Plateau { factor, patience } = *self
            && pace.waited > patience
        {
            pace.factor *= factor;
            pace.waited = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_rises_to_the_rate_and_falls_towards_zero() {
        let cosine = Schedule::Cosine { warm_up: 0.1 };
        let rate = |number| cosine.rate(2.0, &Pace::default(), number, 100);
        assert!((rate(5) - 1.0).abs() < 1e-12);
        assert!((rate(10) - 2.0).abs() < 1e-12);
        assert!((rate(11) - 2.0).abs() < 1e-12);
        assert!((rate(56) - 1.0).abs() < 1e-12);
        assert!(rate(100) > 0.0 && rate(100) < 0.001);
        let plain = Schedule::Cosine { warm_up: 0.0 };
        assert_eq!(plain.rate(2.0, &Pace::default(), 1, 1), 2.0);
    }

    /// torch.optim.lr_scheduler.ReduceLROnPlateau(factor=0.5, patience=1, threshold=0) on the same losses.
    #[test]
    fn a_plateau_halves_the_rate_as_pytorch_does() {
        let plateau = Schedule::Plateau {
            factor: 0.5,
            patience: 1,
        };
        let mut pace = Pace::default();
        let rates: Vec<f64> = [3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0, 1.0, 1.0]
            .into_iter()
            .map(|loss| {
                plateau.epoch(&mut pace, loss);
                plateau.rate(1.0, &pace, 1, 1)
            })
            .collect();
        assert_eq!(rates, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]);
    }
}
