//! Rows of a CSV or TSV file.

use csv::{ByteRecord, ReaderBuilder};

use super::columns::{Available, Fields};
use super::quotes::{Quotes, survey};
use super::rows::Row;
use super::{Format, ManifestSettings, Required};
use crate::corpus::CorpusError;

/// Reads a delimited file and hands each row to `each`.
///
/// # Errors
/// A setting that does not fit, a quote that is never closed, or a missing column.
pub fn read(
    settings: &ManifestSettings,
    format: Format,
    available: &Available<'_>,
    bytes: &[u8],
    required: Required,
    mut each: impl FnMut(Row),
) -> Result<(), CorpusError> {
    let delimiter = delimiter(settings, format)?;
    let header = settings.header.unwrap_or(!settings.columns.has_number());
    let quotes = survey(bytes, delimiter);
    let quoting = quoting(settings, format, available, &quotes)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(quoting)
        .from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut lines = Lines {
        bytes,
        at: 0,
        line: 1,
    };
    let mut chosen: Option<(Fields<Option<usize>>, usize)> = None;
    loop {
        let start = reader.position().byte();
        // Bytes in memory and rows of any width: the end is all that can stop the reader.
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            break;
        }
        let line = lines.of_row(start);
        let last = lines.of_end(reader.position().byte());
        let (columns, width) = match &chosen {
            Some(chosen) => chosen,
            None => {
                let names = header.then(|| names(&record));
                let available = Available {
                    names: names.as_deref(),
                    width: record.len(),
                    ..*available
                };
                let columns = available.resolve(&settings.columns, required)?;
                let chosen = chosen.insert((columns, record.len()));
                if header {
                    continue;
                }
                chosen
            }
        };
        let swallows =
            quoting && last > line && (record.len() != *width || quotes.are_loose_within(line, last));
        let cells = if swallows {
            Err(format!(
                "lines {line} to {last} are one row: is a quote in it not closed?"
            ))
        } else {
            cells(columns, *width, &record)
        };
        each(Row { line, cells });
    }
    if chosen.is_none() {
        available.resolve(&settings.columns, required)?;
    }
    Ok(())
}

fn names(record: &ByteRecord) -> Vec<String> {
    record
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect()
}

/// The cells of a row that are used, or what is wrong with it.
fn cells(
    columns: &Fields<Option<usize>>,
    width: usize,
    record: &ByteRecord,
) -> Result<Fields<String>, String> {
    if record.len() != width {
        return Err(format!("found {} fields; expected {width}", record.len()));
    }
    columns.try_map(|field, column| {
        let Some(bytes) = column.and_then(|column| record.get(column)) else {
            return Ok(String::new());
        };
        let text = std::str::from_utf8(bytes).map_err(|_| format!("the {field} is not UTF-8"))?;
        Ok(text.trim().to_owned())
    })
}

fn delimiter(settings: &ManifestSettings, format: Format) -> Result<u8, CorpusError> {
    let usual = if format == Format::Tsv { '\t' } else { ',' };
    let delimiter = settings.delimiter.unwrap_or(usual);
    match u8::try_from(delimiter) {
        Ok(byte) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(byte),
        _ => Err(CorpusError::Setting {
            key: "delimiter".to_owned(),
            found: format!("{delimiter:?}"),
            expected: "one ASCII character that is no quote and no end of line".to_owned(),
            hint: None,
        }),
    }
}

/// Whether quotes enclose cells. Many TSV files do not quote, and then quotes are ordinary characters.
fn quoting(
    settings: &ManifestSettings,
    format: Format,
    available: &Available<'_>,
    quotes: &Quotes,
) -> Result<bool, CorpusError> {
    match (settings.quotes, quotes.unclosed) {
        (Some(false), _) => Ok(false),
        (None, _) if format == Format::Tsv && !quotes.surely_enclose_cells() => Ok(false),
        (_, None) => Ok(true),
        (_, Some(line)) => Err(CorpusError::Content {
            path: available.path.to_owned(),
            line,
            found: "a quote that opens a cell and is never closed",
            expected: "one that is closed before the file ends",
            hint: "close it, or set quotes = false if quotes are ordinary characters in this file",
        }),
    }
}

/// Counts lines while the rows are read. The reader's own count names the blank line before a row.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line, from 1, on which the row begins that is read next at byte `start`: blank lines are passed over.
    fn of_row(&mut self, start: u64) -> u64 {
        let start = self.clamped(start);
        let blank = self
            .bytes
            .iter()
            .skip(start)
            .take_while(|&&byte| ends_line(byte))
            .count();
        self.advance(start + blank)
    }

    /// The line on which the row ended that was read up to byte `end`.
    fn of_end(&mut self, end: u64) -> u64 {
        let end = self.clamped(end);
        let read = self.bytes.get(..end).unwrap_or_default();
        let blank = read.iter().rev().take_while(|&&byte| ends_line(byte)).count();
        self.advance(end - blank)
    }

    fn clamped(&self, byte: u64) -> usize {
        usize::try_from(byte).unwrap_or(usize::MAX).min(self.bytes.len())
    }

    fn advance(&mut self, to: usize) -> u64 {
        if let Some(passed) = self.bytes.get(self.at..to) {
            self.line += passed.iter().filter(|&&byte| byte == b'\n').count() as u64;
            self.at = to;
        }
        self.line
    }
}

fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
