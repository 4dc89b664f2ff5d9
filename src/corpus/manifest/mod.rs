//! Reader for CSV, TSV and JSONL manifests: one row an utterance.
//!
//! Rows that cannot be used are skipped and named `file:line`; a manifest that cannot be understood as a whole
//! (no such column, a quote that is never closed, UTF-16) is an error.

use std::path::{Path, PathBuf};

use super::scan::{path_hint, read_text_file};
use super::{CorpusError, Listing};

mod columns;
mod jsonl;
mod quotes;
mod rows;
mod table;

use columns::Available;
pub use columns::{Column, Fields};
use rows::Rows;

/// The longest manifest that is read, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// The form of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values with quoted cells (RFC 4180).
    Csv,
    /// Tab-separated values.
    Tsv,
    /// One JSON object a line.
    Jsonl,
}

/// Keys of `[corpus]` for `kind = "manifest"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ManifestSettings {
    /// The manifest.
    pub path: PathBuf,
    /// Its form; by its extension (`csv`, `tsv`, `jsonl`) where left out.
    pub format: Option<Format>,
    /// The folder at which relative audio paths start; the manifest's folder where left out.
    pub root: Option<PathBuf>,
    /// The columns, by name or number. One that is left out is found by its usual name, such as `emotion` for the label.
    pub columns: Fields<Option<Column>>,
    /// Whether the first row holds names; where left out, unless a column is given by its number.
    pub header: Option<bool>,
    /// What stands between two cells; a comma or, in a TSV file, a tab where left out.
    pub delimiter: Option<char>,
    /// Whether quotes enclose cells. Where left out: yes, but not in a TSV file that cannot be read that way.
    pub quotes: Option<bool>,
}

/// What every row has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Required {
    /// A label.
    pub label: bool,
    /// An audio file.
    pub audio: bool,
    /// A text.
    pub text: bool,
}

impl Required {
    /// Recordings with their labels.
    pub const SPEECH: Required = Required {
        label: true,
        audio: true,
        text: false,
    };
    /// Sentences with their labels.
    pub const SENTENCES: Required = Required {
        label: true,
        audio: false,
        text: true,
    };

    /// The fields that may not be empty.
    fn fields(self) -> impl Iterator<Item = &'static str> {
        [("label", self.label), ("audio", self.audio), ("text", self.text)]
            .into_iter()
            .filter_map(|(field, needed)| needed.then_some(field))
    }
}

/// Lists the corpus. `base` is the folder of the recipe file. The source id is the id column or else the
/// audio path below `root` without extension. `required` says what a row
/// needs; without audio its id is the id column, the audio path, or the manifest's name and the number of the row from 1.
///
/// # Errors
/// A setting that does not fit, no such file or column, or a file whose rows cannot be told apart.
pub fn list(settings: &ManifestSettings, base: &Path, required: Required) -> Result<Listing, CorpusError> {
    let path = manifest_path(settings, base)?;
    let format = format(settings, &path)?;
    let bytes = match read_text_file(&path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            return Err(CorpusError::Unreadable {
                key: "path",
                path,
                error,
            });
        }
    };
    let bytes = without_mark(&path, &bytes)?;
    let root = match &settings.root {
        Some(root) => super::scan::folder("root", base, root)?,
        None => path.parent().unwrap_or(base).to_owned(),
    };
    let mut rows = Rows::new(&path, root, required);
    let available = Available {
        path: &path,
        names: Some(&[]),
        width: 0,
    };
    match format {
        Format::Jsonl => jsonl::read(settings, &available, bytes, required, |row| rows.add(row))?,
        Format::Csv | Format::Tsv => {
            table::read(settings, format, &available, bytes, required, |row| rows.add(row))?;
        }
    }
    Ok(rows.finish())
}

fn manifest_path(settings: &ManifestSettings, base: &Path) -> Result<PathBuf, CorpusError> {
    if settings.path.as_os_str().is_empty() {
        return Err(CorpusError::MissingKey {
            key: "path",
            expected: "a CSV, TSV or JSONL file",
        });
    }
    let path = base.join(&settings.path);
    if path.exists() {
        return Ok(path);
    }
    Err(CorpusError::NotFound {
        key: "path",
        path,
        what: "file".to_owned(),
        hint: path_hint(&settings.path),
    })
}

fn format(settings: &ManifestSettings, path: &Path) -> Result<Format, CorpusError> {
    if let Some(format) = settings.format {
        return Ok(format);
    }
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Ok(Format::Csv),
        "tsv" => Ok(Format::Tsv),
        "jsonl" | "ndjson" => Ok(Format::Jsonl),
        _ => Err(CorpusError::Setting {
            key: "path".to_owned(),
            found: format!("a file with the extension \"{extension}\""),
            expected: "csv, tsv or jsonl".to_owned(),
            hint: Some("if it is one of them by another name: format = \"csv\"".to_owned()),
        }),
    }
}

/// The bytes after a UTF-8 byte order mark, where there is one.
fn without_mark<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a [u8], CorpusError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(CorpusError::Content {
            path: path.to_owned(),
            line: 1,
            found: "UTF-16",
            expected: "UTF-8",
            hint: "save it again as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8",
        });
    }
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

#[cfg(test)]
mod tests;
