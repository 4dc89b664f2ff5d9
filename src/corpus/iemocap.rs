//! Reader for the IEMOCAP corpus, as it is delivered.
//!
//! `Session1` to `Session5` hold `dialog/EmoEvaluation/<dialogue>.txt` (labels), `dialog/transcriptions/<dialogue>.txt`
//! (texts) and `sentences/wav/<dialogue>/<utterance>.wav`. The dialogue `Ses01F_impro01` is improvised,
//! `Ses01F_script01_1` scripted; the utterance `Ses01F_impro01_M003` is spoken by the man of session 1.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::builder::ListingBuilder;
use super::scan::{self, MAX_TEXT_BYTES, read_text_file};
use super::{CorpusError, Listing, Utterance};

/// Which dialogues of IEMOCAP to take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialogues {
    /// The improvised ones.
    #[default]
    Improvised,
    /// The scripted ones.
    Scripted,
    /// Both.
    All,
}

/// Keys of `[corpus]` for `kind = "iemocap"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IemocapSettings {
    /// The folder that holds `Session1` to `Session5`.
    pub root: PathBuf,
    /// Which dialogues to take; the others are left out without a word.
    pub dialogues: Dialogues,
    /// Whether `exc` (excited) is counted as `hap` (happy).
    pub merge_excited: bool,
}

/// Lists the corpus. `base` is the folder of the recipe file. Utterances without agreement on a label (`xxx`)
/// are skipped.
///
/// # Errors
/// `root` is missing or holds no session, or a session lacks one of its folders. A whole session may be missing;
/// it is named among the skipped.
pub fn list(settings: &IemocapSettings, base: &Path) -> Result<Listing, CorpusError> {
    let root = scan::folder("root", base, &settings.root)?;
    let names: Vec<String> = (1..=5).map(|number| format!("Session{number}")).collect();
    if !names.iter().any(|name| root.join(name).is_dir()) {
        let what = "folder with Session1 to Session5 at".to_owned();
        let hint = Some("root is the folder that holds Session1, often IEMOCAP_full_release".to_owned());
        return Err(CorpusError::NotFound {
            key: "root",
            path: root,
            what,
            hint,
        });
    }
    let mut listing = ListingBuilder::default();
    for name in names {
        let session = root.join(&name);
        if session.is_dir() {
            list_session(settings, &session, &mut listing)?;
        } else {
            listing.skip(name, "the folder of this session is missing");
        }
    }
    Ok(listing.finish())
}

fn list_session(
    settings: &IemocapSettings,
    session: &Path,
    listing: &mut ListingBuilder,
) -> Result<(), CorpusError> {
    let evaluations = needed(session, "dialog/EmoEvaluation")?;
    let transcriptions = needed(session, "dialog/transcriptions")?;
    let audio = needed(session, "sentences/wav")?;
    for path in text_files(&evaluations)? {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let content = match read_lossless(&path) {
            Ok(content) => content,
            Err(reason) => {
                listing.skip(file, reason);
                continue;
            }
        };
        // The files of a dialogue share its name.
        let mut texts = None;
        for (line, number) in content.lines().zip(1usize..) {
            let place = format!("{file}:{number}");
            let Some(turn) = line.starts_with('[').then(|| Turn::parse(line)) else {
                continue;
            };
            let Some(turn) = turn else {
                listing.skip(place, "expected [start - end], utterance and label between tabs");
                continue;
            };
            if !turn.is_wanted(settings.dialogues) {
                continue;
            }
            let texts = texts.get_or_insert_with(|| transcripts(&transcriptions.join(&file)));
            add(settings, &turn, &place, &audio, texts, listing);
        }
    }
    Ok(())
}

/// Adds one turn to the listing, or what is wrong with it.
fn add(
    settings: &IemocapSettings,
    turn: &Turn<'_>,
    place: &str,
    audio: &Path,
    texts: &HashMap<String, String>,
    listing: &mut ListingBuilder,
) {
    if turn.label == "xxx" {
        return listing.skip(turn.id, "label \"xxx\": the annotators do not agree");
    }
    let audio = audio.join(turn.dialogue).join(format!("{}.wav", turn.id));
    if !audio.is_file() {
        return listing.skip(turn.id, "its wav file is missing");
    }
    if !texts.contains_key(turn.id) {
        listing.skip(
            turn.id,
            "transcript: missing; the utterance stays, with an empty text",
        );
    }
    let label = if settings.merge_excited && turn.label == "exc" {
        "hap"
    } else {
        turn.label
    };
    let utterance = Utterance {
        id: turn.id.to_owned(),
        audio,
        label: label.to_owned(),
        text: texts.get(turn.id).cloned().unwrap_or_default(),
        speaker: format!("{}{}", turn.session, turn.sex),
        session: turn.session.to_owned(),
        split: None,
    };
    listing.add(utterance, place);
}

/// One line of an evaluation: `[6.2901 - 8.2357]<TAB>Ses01F_impro01_F000<TAB>neu<TAB>[2.5000, 2.5000, 2.5000]`.
struct Turn<'a> {
    id: &'a str,
    label: &'a str,
    /// `Ses01F_impro01`.
    dialogue: &'a str,
    /// `Ses01`.
    session: &'a str,
    /// `F` or `M`.
    sex: char,
}

impl<'a> Turn<'a> {
    fn parse(line: &'a str) -> Option<Turn<'a>> {
        let mut fields = line.split('\t').map(str::trim).skip(1);
        let (id, label) = (fields.next()?, fields.next()?);
        // The id becomes a part of a path: nothing but what IEMOCAP's own ids are made of.
        let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let (dialogue, turn) = id.rsplit_once('_')?;
        let session = id.get(..5).filter(|session| session.starts_with("Ses"))?;
        let sex = turn.chars().next().filter(|sex| matches!(sex, 'F' | 'M'))?;
        (plain && !label.is_empty()).then_some(Turn {
            id,
            label,
            dialogue,
            session,
            sex,
        })
    }

    fn is_wanted(&self, dialogues: Dialogues) -> bool {
        match dialogues {
            Dialogues::Improvised => self.dialogue.contains("_impro"),
            Dialogues::Scripted => self.dialogue.contains("_script"),
            Dialogues::All => true,
        }
    }
}

/// The lines `Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.` of a dialogue, by utterance. Empty where the file
/// cannot be read: each utterance is then named as one without a transcript.
fn transcripts(path: &Path) -> HashMap<String, String> {
    let content = read_lossless(path).unwrap_or_default();
    let texts = content.lines().filter_map(|line| {
        let (id, rest) = line.trim().split_once(' ')?;
        let (_, text) = rest.split_once("]:")?;
        Some((id.to_owned(), text.trim().to_owned()))
    });
    texts.collect()
}

fn needed(session: &Path, folder: &str) -> Result<PathBuf, CorpusError> {
    let path = session.join(folder);
    if path.is_dir() {
        return Ok(path);
    }
    let hint = Some("root has to hold the sessions as they were delivered".to_owned());
    Err(CorpusError::NotFound {
        key: "root",
        path,
        what: "folder".to_owned(),
        hint,
    })
}

/// The `.txt` files of a folder, sorted; hidden ones (`._Ses01F_impro01.txt`, left by a Mac) are left out.
fn text_files(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let unreadable = |error| CorpusError::Unreadable {
        key: "root",
        path: folder.to_owned(),
        error,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.ends_with(b".txt") && !name.starts_with(b".") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A text as UTF-8 or, where it is not, as Latin-1, in which any bytes are a text.
fn read_lossless(path: &Path) -> Result<String, String> {
    let bytes = read_text_file(path, MAX_TEXT_BYTES).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect()))
}

#[cfg(test)]
mod tests;
