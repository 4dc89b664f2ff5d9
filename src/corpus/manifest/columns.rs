//! Which column of a manifest holds what.

use std::path::Path;

use super::Required;
use crate::corpus::CorpusError;
use crate::corpus::error::did_you_mean;

/// A column, by its name or by its number.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged, expecting = "expected the name of a column, or its number from 0")]
pub enum Column {
    /// Its number, from 0.
    Number(usize),
    /// Its name in the header, or the key of a JSON object.
    Name(String),
}

impl From<&str> for Column {
    /// A column as written on a command line: digits are a number.
    fn from(word: &str) -> Column {
        word.parse()
            .map_or_else(|_| Column::Name(word.to_owned()), Column::Number)
    }
}

/// One thing for each field of an utterance: the column that the recipe names, the place where it was found, a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    bound(deserialize = "T: Default + serde::Deserialize<'de>")
)]
pub struct Fields<T> {
    /// Path of the audio.
    pub audio: T,
    /// Transcript.
    pub text: T,
    /// Label.
    pub label: T,
    /// Speaker.
    pub speaker: T,
    /// Recording session, or any other group that must not part.
    pub session: T,
    /// Split: train, validation, test and their usual other names.
    pub split: T,
    /// Source id.
    pub id: T,
}

impl<T> Fields<T> {
    /// The same fields with other contents; the function gets the name of the field.
    ///
    /// # Errors
    /// The first error of the function.
    pub fn try_map<'a, U, E>(
        &'a self,
        mut map: impl FnMut(&'static str, &'a T) -> Result<U, E>,
    ) -> Result<Fields<U>, E> {
        Ok(Fields {
            audio: map("audio", &self.audio)?,
            text: map("text", &self.text)?,
            label: map("label", &self.label)?,
            speaker: map("speaker", &self.speaker)?,
            session: map("session", &self.session)?,
            split: map("split", &self.split)?,
            id: map("id", &self.id)?,
        })
    }

    fn all(&self) -> [&T; 7] {
        [
            &self.audio,
            &self.text,
            &self.label,
            &self.speaker,
            &self.session,
            &self.split,
            &self.id,
        ]
    }
}

impl Fields<Option<Column>> {
    /// Whether a column is given by its number, as for a file without a header.
    #[must_use]
    pub fn has_number(&self) -> bool {
        self.all()
            .into_iter()
            .flatten()
            .any(|column| matches!(column, Column::Number(_)))
    }
}

/// The columns that are taken for a field of which the recipe says nothing, the first that exists.
fn usual_names(field: &str) -> &'static [&'static str] {
    match field {
        "audio" => &[
            "audio",
            "file_name",
            "path",
            "wav",
            "file",
            "filename",
            "audio_path",
            "audio_filepath",
        ],
        "text" => &["text", "transcript", "transcription", "sentence", "utterance"],
        "label" => &["label", "emotion", "class"],
        "speaker" => &["speaker", "speaker_id", "client_id"],
        "session" => &["session"],
        "split" => &["split"],
        _ => &["id", "utterance_id", "source_id"],
    }
}

/// What there is to choose from.
pub struct Available<'a> {
    /// The manifest.
    pub path: &'a Path,
    /// Names from the header or keys of JSON objects; none for a file without a header.
    pub names: Option<&'a [String]>,
    /// The number of columns.
    pub width: usize,
}

impl Available<'_> {
    /// Finds the columns, as numbers into `names`. Those that are required have to be there.
    ///
    /// # Errors
    /// A column that the recipe names or that is needed does not exist, or a name is in the header twice.
    pub fn resolve(
        &self,
        wanted: &Fields<Option<Column>>,
        required: Required,
    ) -> Result<Fields<Option<usize>>, CorpusError> {
        wanted.try_map(|field, column| match column {
            Some(Column::Number(number)) if *number < self.width => Ok(Some(*number)),
            Some(Column::Number(number)) => Err(self.missing(field, &format!("{number}"), None)),
            Some(Column::Name(name)) => self.named(field, name).map(Some),
            None => {
                let needed = required.fields().any(|needed| needed == field);
                match self.usual(field, wanted) {
                    None if needed => Err(self.unnamed(field)),
                    found => Ok(found),
                }
            }
        })
    }

    fn named(&self, field: &'static str, name: &str) -> Result<usize, CorpusError> {
        let Some(names) = self.names else {
            let hint = "a file without a header has numbers instead of names; header = true if it has one";
            return Err(self.missing(field, &format!("`{name}`"), Some(hint.to_owned())));
        };
        let mut found = names.iter().enumerate().filter(|(_, other)| *other == name);
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Ok(index),
            (Some(_), Some(_)) => Err(CorpusError::Setting {
                key: format!("columns.{field}"),
                found: format!("two columns `{name}`"),
                expected: "one".to_owned(),
                hint: Some("name the column by its number, and set header = true".to_owned()),
            }),
            (None, _) => Err(self.missing(field, &format!("`{name}`"), None)),
        }
    }

    /// The usual column of a field, unless the recipe uses it for another field.
    fn usual(&self, field: &str, wanted: &Fields<Option<Column>>) -> Option<usize> {
        let names = self.names?;
        let is_used = |index: usize, name: &str| {
            wanted.all().into_iter().flatten().any(|column| match column {
                Column::Name(other) => other == name,
                Column::Number(other) => *other == index,
            })
        };
        usual_names(field).iter().find_map(|usual| {
            let index = names.iter().position(|name| name == usual)?;
            (!is_used(index, usual)).then_some(index)
        })
    }

    fn missing(&self, field: &str, wanted: &str, hint: Option<String>) -> CorpusError {
        let columns: Vec<String> = match self.names {
            Some(names) => names.to_vec(),
            None => (0..self.width).map(|number| number.to_string()).collect(),
        };
        let similar = || did_you_mean(wanted.trim_matches('`'), columns.iter().map(String::as_str));
        let hint = hint.or_else(|| self.delimiter_hint()).or_else(similar);
        let key = format!("columns.{field}");
        CorpusError::NoColumn {
            key,
            path: self.path.to_owned(),
            wanted: wanted.to_owned(),
            columns,
            hint,
        }
    }

    fn unnamed(&self, field: &'static str) -> CorpusError {
        let tried: Vec<String> = usual_names(field)
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let wanted = format!("for the {field} (tried {})", tried.join(", "));
        let hint = self
            .delimiter_hint()
            .or_else(|| Some(format!("name it: columns = {{ {field} = \"...\" }}")));
        match self.missing(field, &wanted, hint) {
            CorpusError::NoColumn {
                path,
                wanted,
                columns,
                hint,
                ..
            } => CorpusError::NoColumn {
                key: "columns".to_owned(),
                path,
                wanted,
                columns,
                hint,
            },
            other => other,
        }
    }

    /// A header that is one column and holds another usual delimiter was read with the wrong one.
    fn delimiter_hint(&self) -> Option<String> {
        let [header] = self.names? else { return None };
        let (written, _) = [("\\t", '\t'), (";", ';'), (",", ','), ("|", '|')]
            .into_iter()
            .find(|&(_, delimiter)| header.contains(delimiter))?;
        Some(format!(
            "the header is one column: is delimiter = \"{written}\" meant?"
        ))
    }
}
