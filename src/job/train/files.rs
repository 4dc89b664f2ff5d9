//! What was measured, as files for people: a table of epochs, curves, confusion matrices.

use super::TrainJobError;
use super::report::Report;
use crate::train::chart::{self, Confusion, Line, Panel};
use crate::train::fit::EpochRecord;

/// `history.csv`: a row for each epoch; empty cells where nothing was measured.
pub(super) fn history(records: &[EpochRecord]) -> Vec<u8> {
    let mut text = String::from(
        "epoch,step,learning_rate,train_loss,train_ua,validation_loss,validation_ua,validation_wa,validation_wf1\n",
    );
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6}"));
    for record in records {
        let cells = [
            record.epoch.to_string(),
            record.step.to_string(),
            format!("{:e}", record.learning_rate),
            cell(Some(record.train_loss)),
            cell(Some(record.train_ua)),
            cell(record.validation_loss),
            cell(record.validation_ua),
            cell(record.validation_wa),
            cell(record.validation_wf1),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text.into_bytes()
}

/// `curves.png`: loss and UA over epochs.
pub(super) fn curves(records: &[EpochRecord]) -> Result<Vec<u8>, TrainJobError> {
    let line = |name: &str, value: &dyn Fn(&EpochRecord) -> Option<f64>| Line {
        name: name.to_owned(),
        points: records
            .iter()
            .filter_map(|record| Some((record.epoch as f64, value(record)?)))
            .collect(),
    };
    let loss = [
        line("train", &|record| Some(record.train_loss)),
        line("validation", &|record| record.validation_loss),
    ];
    let accuracy = [
        line("train UA", &|record| Some(record.train_ua)),
        line("validation UA", &|record| record.validation_ua),
        line("validation WA", &|record| record.validation_wa),
    ];
    let panel = |title: &str, lines: Vec<Line>, bounds| Panel {
        title: title.to_owned(),
        x: "epoch".to_owned(),
        y: String::new(),
        lines: lines.into_iter().filter(|line| !line.points.is_empty()).collect(),
        bounds,
    };
    let panels = [
        panel("loss", loss.into(), None),
        panel("accuracy", accuracy.into(), Some((0.0, 1.0))),
    ];
    Ok(chart::curves(&panels)?)
}

/// Confusion matrices, each with its title, side by side.
pub fn confusion(reports: &[(&str, &Report)]) -> Result<Vec<u8>, TrainJobError> {
    let matrices: Vec<Confusion> = reports
        .iter()
        .map(|(title, report)| Confusion {
            title: match title.is_empty() {
                true => format!("UA {:.3}", report.ua),
                false => format!("{title}: UA {:.3}", report.ua),
            },
            labels: report.labels.clone(),
            counts: report.confusion.clone(),
        })
        .collect();
    Ok(chart::confusion(&matrices)?)
}
