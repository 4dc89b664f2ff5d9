//! Reader for corpora whose file names carry the label, such as RAVDESS, EmoDB or FSDD.
//!
//! A regular expression with named groups is searched for in the corpus-relative path without extension
//! (`Actor_12/03-01-05-01-02-01-12`); `^` and `$` are its ends. Tables turn codes into labels, speakers and texts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex::{Captures, Regex};

use super::builder::ListingBuilder;
use super::error::did_you_mean;
use super::scan::AudioFile;
use super::{CorpusError, Listing, Split, Utterance, scan, transcript};

/// Keys of `[corpus]` for `kind = "pattern"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatternSettings {
    /// The folder that holds the audio, at any depth.
    pub root: PathBuf,
    /// The regular expression. Its groups `label` (needed), `speaker`, `session`, `split` and `text` are used;
    /// other groups are for the reader of the recipe.
    pub regex: String,
    /// From codes to labels. Where given, a file whose code is not in it is skipped; `speakers` and `texts` alike.
    pub labels: BTreeMap<String, String>,
    /// From codes to speakers.
    pub speakers: BTreeMap<String, String>,
    /// From codes to texts. Without a group `text`, the text of `take.wav` is `take.txt` beside it.
    pub texts: BTreeMap<String, String>,
}

/// Lists the corpus. `base` is the folder of the recipe file.
///
/// # Errors
/// `root` is missing or cannot be read, `regex` is missing, no regular expression or has no group `label`, or a
/// table has no group.
pub fn list(settings: &PatternSettings, base: &Path) -> Result<Listing, CorpusError> {
    let regex = compile(settings)?;
    let root = scan::folder("root", base, &settings.root)?;
    let scan = match scan::audio_files(&root) {
        Ok(scan) => scan,
        Err(error) => {
            return Err(CorpusError::Unreadable {
                key: "root",
                path: root,
                error,
            });
        }
    };
    let text_beside = !has_group(&regex, "text");
    let mut listing = ListingBuilder::default();
    for skipped in &scan.skipped {
        listing.skip(&skipped.id, &skipped.reason);
    }
    for file in &scan.files {
        let mut utterance = match utterance(settings, &regex, file) {
            Ok(utterance) => utterance,
            Err(reason) => {
                listing.skip(&file.relative, reason);
                continue;
            }
        };
        if text_beside {
            utterance.text = transcript::beside(&file.path).unwrap_or_else(|reason| {
                listing.skip(file.id(), reason);
                String::new()
            });
        }
        listing.add(utterance, &file.relative);
    }
    Ok(listing.finish())
}

fn has_group(regex: &Regex, name: &str) -> bool {
    regex.capture_names().flatten().any(|group| group == name)
}

fn compile(settings: &PatternSettings) -> Result<Regex, CorpusError> {
    let expected =
        "a regular expression with a group `label`, such as \"^(?<label>[^_]+)_(?<speaker>[^_]+)_\"";
    if settings.regex.is_empty() {
        return Err(CorpusError::MissingKey {
            key: "regex",
            expected,
        });
    }
    let wrong = |found: String, hint| CorpusError::Setting {
        key: "regex".to_owned(),
        found,
        expected: expected.to_owned(),
        hint,
    };
    let regex = Regex::new(&settings.regex).map_err(|error| {
        wrong(
            error.to_string(),
            Some("in single quotes TOML leaves backslashes alone: regex = '...'".to_owned()),
        )
    })?;
    let groups: Vec<&str> = regex.capture_names().flatten().collect();
    if !groups.contains(&"label") {
        let found = if groups.is_empty() {
            "no named group".to_owned()
        } else {
            format!("the groups {}", groups.join(", "))
        };
        let hint = did_you_mean("label", groups.into_iter())
            .map(|_| "the group has to be called `label`".to_owned());
        return Err(wrong(found, hint));
    }
    for (key, group, table) in [
        ("speakers", "speaker", &settings.speakers),
        ("texts", "text", &settings.texts),
    ] {
        if !table.is_empty() && !groups.contains(&group) {
            return Err(CorpusError::Setting {
                key: key.to_owned(),
                found: format!(
                    "a table for a group that `regex` does not have ({})",
                    groups.join(", ")
                ),
                expected: format!("a group `{group}` in `regex`"),
                hint: None,
            });
        }
    }
    Ok(regex)
}

/// The utterance that a file's name tells of, or why it tells of none.
fn utterance(settings: &PatternSettings, regex: &Regex, file: &AudioFile) -> Result<Utterance, String> {
    let captures = regex.captures(file.id()).ok_or("does not match `regex`")?;
    let label = decoded(&captures, "label", "labels", &settings.labels)?;
    if label.is_empty() {
        return Err("the group `label` is empty".to_owned());
    }
    let split = match captured(&captures, "split") {
        "" => None,
        word => Some(
            Split::parse(word)
                .ok_or_else(|| format!("split \"{word}\" is none of train, validation, test"))?,
        ),
    };
    Ok(Utterance {
        id: file.id().to_owned(),
        audio: file.path.clone(),
        label,
        text: decoded(&captures, "text", "texts", &settings.texts)?,
        speaker: decoded(&captures, "speaker", "speakers", &settings.speakers)?,
        session: captured(&captures, "session").to_owned(),
        split,
    })
}

/// What a group caught; empty where it took no part.
fn captured<'a>(captures: &Captures<'a>, group: &str) -> &'a str {
    captures.name(group).map_or("", |found| found.as_str().trim())
}

/// What a group caught, by its table where there is one.
fn decoded(
    captures: &Captures<'_>,
    group: &str,
    key: &str,
    table: &BTreeMap<String, String>,
) -> Result<String, String> {
    let code = captured(captures, group);
    if table.is_empty() {
        return Ok(code.to_owned());
    }
    match table.get(code) {
        Some(word) => Ok(word.trim().to_owned()),
        None => Err(format!("{group} \"{code}\" is not in the table `{key}`")),
    }
}

#[cfg(test)]
mod tests;
