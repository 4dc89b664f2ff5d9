//! How good predictions are: the measures of the BiMER paper and of speech-emotion recognition in general, from a confusion matrix.

use serde::{Deserialize, Serialize};

/// Counts of (true class, predicted class).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// One row for each true class, one column for each predicted one.
    pub counts: Vec<Vec<u64>>,
}

/// Measures of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// Rows of this class.
    pub rows: u64,
    /// Share of them that was found: 0 to 1; 0 without rows.
    pub recall: f64,
    /// Share of what was taken for this class that is of it: 0 to 1; 0 where nothing was.
    pub precision: f64,
    /// Harmonic mean of precision and recall: 0 to 1.
    pub f1: f64,
}

/// Measures over all classes: fractions from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Unweighted accuracy: the mean recall of the classes that have rows.
    pub ua: f64,
    /// Weighted accuracy: the share of rows that were told right.
    pub wa: f64,
    /// The mean of F1 over classes, weighted by their rows.
    pub wf1: f64,
}

impl Confusion {
    /// No predictions yet.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Confusion {
            counts: vec![vec![0; classes]; classes],
        }
    }

    /// Counts a prediction; classes that the matrix does not have are not counted.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        if let Some(count) = self.counts.get_mut(truth).and_then(|row| row.get_mut(predicted)) {
            *count += 1;
        }
    }

    /// Measures of each class, in their order.
    #[must_use]
    pub fn classes(&self) -> Vec<ClassMetrics> {
        let share = |part: u64, whole: u64| {
            if whole == 0 {
                0.0
            } else {
                part as f64 / whole as f64
            }
        };
        let rows = self.counts.iter().enumerate();
        rows.map(|(class, row)| {
            let cell = |row: &[u64]| row.get(class).copied().unwrap_or(0);
            let (rows, right) = (row.iter().sum(), cell(row));
            let taken = self.counts.iter().map(|row| cell(row)).sum();
            ClassMetrics {
                rows,
                recall: share(right, rows),
                precision: share(right, taken),
                f1: share(2 * right, rows + taken),
            }
        })
        .collect()
    }

    /// Measures over all classes; all 0 without predictions.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let classes = self.classes();
        let present = classes.iter().filter(|class| class.rows > 0);
        let (mut count, mut recalls, mut total, mut right, mut f1) = (0_u64, 0.0, 0.0, 0.0, 0.0);
        for class in present {
            let rows = class.rows as f64;
            count += 1;
            recalls += class.recall;
            total += rows;
            right += class.recall * rows;
            f1 += class.f1 * rows;
        }
        let (count, total) = (count.max(1) as f64, f64::max(total, 1.0));
        Metrics {
            ua: recalls / count,
            wa: right / total,
            wf1: f1 / total,
        }
    }
}

/// The class of the largest of some logits or probabilities, the first of equal ones; 0 if there are none.
#[must_use]
pub fn largest(logits: &[f32]) -> usize {
    let mut best = 0;
    let mut most = f32::NEG_INFINITY;
    for (class, &logit) in logits.iter().enumerate() {
        if logit > most {
            (best, most) = (class, logit);
        }
    }
    best
}

/// Probabilities of logits (softmax, in 64 bits).
#[must_use]
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&x| f64::from(x - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The cross-entropy of a row: −ln of the true class's probability.
#[must_use]
pub fn cross_entropy(logits: &[f32], truth: usize) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&x| f64::from(x - most).exp()).sum();
    let own = logits.get(truth).copied().unwrap_or(f32::NEG_INFINITY);
    sum.ln() - f64::from(own - most)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand; scikit-learn's recall_score, f1_score and balanced_accuracy_score give the same.
    #[test]
    fn a_small_matrix_has_the_known_measures() {
        let confusion = Confusion {
            counts: vec![vec![8, 2, 0], vec![1, 3, 0], vec![0, 1, 1]],
        };
        let classes = confusion.classes();
        assert!((classes[0].recall - 0.8).abs() < 1e-12);
        assert!((classes[1].precision - 0.5).abs() < 1e-12);
        assert!((classes[2].f1 - 2.0 / 3.0).abs() < 1e-12);
        let metrics = confusion.metrics();
        assert!((metrics.ua - (0.8 + 0.75 + 0.5) / 3.0).abs() < 1e-12);
        assert!((metrics.wa - 12.0 / 16.0).abs() < 1e-12);
        let wf1 = (10.0 * 16.0 / 19.0 + 4.0 * 0.6 + 2.0 * 2.0 / 3.0) / 16.0;
        assert!((metrics.wf1 - wf1).abs() < 1e-12);
    }

    #[test]
    fn classes_without_rows_do_not_count_in_the_mean() {
        let confusion = Confusion {
            counts: vec![vec![4, 0, 0], vec![0, 1, 1], vec![0, 0, 0]],
        };
        assert!((confusion.metrics().ua - 0.75).abs() < 1e-12);
        assert_eq!(Confusion::new(3).metrics().ua, 0.0);
        assert_eq!(Confusion::new(0).metrics().wa, 0.0);
    }

    #[test]
    fn large_logits_keep_their_probabilities() {
        let p = probabilities(&[1000.0, 1000.0, -1000.0]);
        assert_eq!(p, [0.5, 0.5, 0.0]);
        assert!((cross_entropy(&[1000.0, 1000.0, -1000.0], 1) - 2f64.ln()).abs() < 1e-12);
        assert_eq!(largest(&[0.0, 2.0, 2.0]), 1);
        assert_eq!(largest(&[f32::NAN, 1.0]), 1);
    }
}
