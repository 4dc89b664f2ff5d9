//! What was measured of predictions, as files and commands show it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::train::metrics::{ClassMetrics, Confusion, cross_entropy, largest};

/// The measures of a model on a split: fractions from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The split.
    pub split: String,
    /// Rows that were predicted.
    pub rows: usize,
    /// Unweighted accuracy: the mean of the class recalls.
    pub ua: f64,
    /// Weighted accuracy: the share of rows that were told right.
    pub wa: f64,
    /// F1, weighted by the classes' rows.
    pub wf1: f64,
    /// Mean cross-entropy.
    pub loss: f64,
    /// Measures of each class, by label.
    pub classes: BTreeMap<String, ClassMetrics>,
    /// The labels, in the order of the matrix.
    pub labels: Vec<String>,
    /// Rows of each true class (lines) that were taken for each class (columns).
    pub confusion: Vec<Vec<u64>>,
}

/// Measures logits against the rows' classes.
#[must_use]
pub fn measures(split: &str, labels: &[String], classes: &[usize], logits: &[Vec<f32>]) -> Report {
    let mut confusion = Confusion::new(labels.len());
    let mut loss = 0.0;
    for (&class, logits) in classes.iter().zip(logits) {
        confusion.add(class, largest(logits));
        loss += cross_entropy(logits, class);
    }
    let metrics = confusion.metrics();
    Report {
        split: split.to_owned(),
        rows: logits.len(),
        ua: metrics.ua,
        wa: metrics.wa,
        wf1: metrics.wf1,
        loss: loss / logits.len().max(1) as f64,
        classes: labels.iter().cloned().zip(confusion.classes()).collect(),
        labels: labels.to_vec(),
        confusion: confusion.counts,
    }
}
