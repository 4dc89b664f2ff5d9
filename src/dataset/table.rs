//! `train.csv`, `validation.csv`, `test.csv`: the sentences of a split for any tool that reads a table.

use super::row::Row;
use crate::corpus::Split;

/// The names of the columns.
pub const COLUMNS: [&str; 6] = ["text", "label", "id", "source_id", "speaker", "transform"];

/// The file of a split.
#[must_use]
pub fn name(split: Split) -> String {
    format!("{}.csv", split.name())
}

/// What a row has in these columns.
#[must_use]
pub fn cells(row: &Row) -> [&str; 6] {
    [
        &row.text,
        &row.label,
        &row.id,
        &row.source_id,
        &row.speaker,
        &row.transform,
    ]
}

/// A line of comma-separated values (RFC 4180, with a line feed alone at its end).
#[must_use]
pub fn line(cells: &[&str; 6]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail, and a record of six cells is never empty.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}
