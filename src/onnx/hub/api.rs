//! What the hub says about a repository: `GET /api/models/ORG/NAME/revision/REVISION?blobs=true`.

use serde::Deserialize;

use super::digest::Hash;
use super::layout::is_safe;
use super::reference::is_commit;

/// More files than any repository of a model has.
const FILES: usize = 50_000;

/// A repository at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The commit.
    pub commit: String,
    /// The licence, if its card names one.
    pub licence: Option<String>,
    /// Its files.
    pub files: Vec<Listed>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its path in the repository; safe below a folder.
    pub path: String,
    /// Its size, if the hub tells it.
    pub size: Option<u64>,
    /// The hash of its content, if the hub tells it.
    pub hash: Option<Hash>,
}

#[derive(Deserialize)]
struct Raw {
    sha: String,
    #[serde(default)]
    siblings: Vec<RawFile>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default, rename = "cardData")]
    card: Option<RawCard>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFile {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<RawLfs>,
}

#[derive(Deserialize)]
struct RawLfs {
    sha256: Option<String>,
    size: Option<u64>,
}

#[derive(Deserialize)]
struct RawCard {
    /// A name, or several in a list.
    license: Option<serde_json::Value>,
}

/// Reads the answer.
///
/// # Errors
/// What is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Info, String> {
    let raw: Raw = serde_json::from_slice(bytes)
        .map_err(|e| format!("found an answer that is no description of a repository: {e}"))?;
    if !is_commit(&raw.sha) {
        return Err(format!(
            "found commit {:?}, expected 40 hexadecimal digits",
            raw.sha
        ));
    }
    if raw.siblings.len() > FILES {
        return Err(format!(
            "found {} files, expected at most {FILES}",
            raw.siblings.len()
        ));
    }
    let files = raw.siblings.into_iter().map(listed).collect::<Result<_, _>>()?;
    let tag = raw.tags.iter().find_map(|tag| tag.strip_prefix("license:"));
    let licence = raw
        .card
        .and_then(|card| licence(&card.license?))
        .or_else(|| tag.map(str::to_owned));
    Ok(Info {
        commit: raw.sha,
        licence: licence.map(|text| printable(&text)),
        files,
    })
}

fn listed(file: RawFile) -> Result<Listed, String> {
    if !is_safe(&file.rfilename) {
        return Err(format!(
            "found a file named {:?}, which could lead out of the cache",
            file.rfilename
        ));
    }
    let lfs = file.lfs.as_ref();
    let digits = lfs
        .and_then(|lfs| lfs.sha256.clone())
        .or(if lfs.is_none() { file.blob_id } else { None });
    Ok(Listed {
        path: file.rfilename,
        size: lfs.and_then(|lfs| lfs.size).or(file.size),
        hash: digits.as_deref().and_then(Hash::of),
    })
}

fn licence(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(all) => {
            let names: Vec<&str> = all.iter().filter_map(|one| one.as_str()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        _ => None,
    }
}

/// Of what a server says only so much, and nothing that moves a terminal's cursor.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn small_and_large_files() {
        let digits = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        let text = format!(
            r#"{{"id":"a/b","sha":"{SHA}","gated":false,"tags":["x","license:mit"],"siblings":[
            {{"rfilename":"config.json","size":6,"blobId":"ce013625030ba8dba906f756967f9e9ca394464a"}},
            {{"rfilename":"onnx/model.onnx","size":6,"blobId":"{SHA}","lfs":{{"sha256":"{digits}","size":6,"pointerSize":134}}}},
            {{"rfilename":"README.md"}}]}}"#
        );
        let info = read(text.as_bytes()).unwrap();
        assert_eq!(info.licence.as_deref(), Some("mit"));
        assert_eq!(
            info.files[0].hash,
            Hash::of("ce013625030ba8dba906f756967f9e9ca394464a")
        );
        assert_eq!(info.files[1].hash, Hash::of(digits));
        assert_eq!((info.files[2].size, &info.files[2].hash), (None, &None));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let with = |files: &str| read(format!(r#"{{"sha":"{SHA}","siblings":[{files}]}}"#).as_bytes());
        assert!(
            with(r#"{"rfilename":"../../.bashrc"}"#)
                .unwrap_err()
                .contains("lead out")
        );
        assert!(with(r#"{"rfilename":"/etc/passwd"}"#).is_err());
        assert!(with(r#"{"rfilename":7}"#).is_err());
        assert!(read(br#"{"sha":"../x"}"#).unwrap_err().contains("40 hexadecimal"));
        assert!(read(b"<html>").unwrap_err().contains("no description"));
    }
}
