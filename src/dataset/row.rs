//! Rows: everything that is known of an item, and the flat form that Hugging Face's AudioFolder loads.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::layout::below_split;
use crate::corpus::Split;
use crate::text::candidate::{Hop, Scores};

/// A row of `manifest.jsonl`. Empty strings stand for what there is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Stable id of the item.
    pub id: String,
    /// Its WAV, below the dataset.
    pub file: String,
    /// Its split.
    pub split: Split,
    /// Its label.
    pub label: String,
    /// Its transcript.
    pub text: String,
    /// What it was made from.
    pub source_id: String,
    /// Who speaks.
    pub speaker: String,
    /// What it may not be separated from by a split.
    pub group: String,
    /// `original`, or the transform's name.
    pub transform: String,
    /// Which draw of the transform.
    pub copy: u64,
    /// All parameters.
    pub parameters: Map<String, Value>,
    /// What was measured of the result.
    pub measured: Map<String, Value>,
    /// The item's own seed.
    pub seed: String,
    /// Hash of all that decides its bytes.
    pub fingerprint: String,
    /// SHA-256 of its WAV.
    pub sha256: String,
    /// Its mel image, below the dataset.
    pub mel_path: String,
    /// SHA-256 of the image.
    pub mel_sha256: String,
    /// Its array, below the dataset.
    pub array_path: String,
    /// SHA-256 of the array.
    pub array_sha256: String,
    /// The rank of a new sentence among the candidates of its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u64>,
    /// What the gate measured of a new sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// The attempt that gave it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Every hop of its translation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hops: Option<Vec<Hop>>,
}

impl Row {
    /// Paths of its files with their SHA-256, below the dataset.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        [
            (&self.file, &self.sha256),
            (&self.mel_path, &self.mel_sha256),
            (&self.array_path, &self.array_sha256),
        ]
        .into_iter()
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, hash)| (path.as_str(), hash.as_str()))
    }
}

/// SHA-256 in hex, as rows have it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A row of `metadata.jsonl`: flat, the same keys and types everywhere, never null, and no string column whose
/// name ends in `file_name` but the audio's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataRow {
    /// The WAV, relative to the file that holds this row.
    pub file_name: String,
    /// The label.
    pub label: String,
    /// The transcript.
    pub text: String,
    /// What it was made from.
    pub source_id: String,
    /// Who speaks.
    pub speaker: String,
    /// `original`, or the transform's name.
    pub transform: String,
    /// The mel image, relative to the file that holds this row.
    pub mel_path: String,
    /// All parameters, as the text of a JSON object.
    pub parameters: String,
    /// What was measured, as the text of a JSON object.
    pub measured: String,
    /// Stable id.
    pub id: String,
}

impl MetadataRow {
    /// The flat form of a row; `None` for an item without a WAV, which AudioFolder could not load.
    #[must_use]
    pub fn of(row: &Row) -> Option<Self> {
        (!row.file.is_empty()).then(|| MetadataRow {
            file_name: below_split(&row.file).to_owned(),
            label: row.label.clone(),
            text: row.text.clone(),
            source_id: row.source_id.clone(),
            speaker: row.speaker.clone(),
            transform: row.transform.clone(),
            mel_path: below_split(&row.mel_path).to_owned(),
            parameters: Value::Object(row.parameters.clone()).to_string(),
            measured: Value::Object(row.measured.clone()).to_string(),
            id: row.id.clone(),
        })
    }
}
