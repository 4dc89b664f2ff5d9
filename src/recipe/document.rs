//! A recipe's text with the place of every key, so that each error can point at its line.

use std::fs;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::error::{RecipeError, did_you_mean};

/// The longest recipe that is read, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// A parsed recipe that remembers where things stand.
#[derive(Debug, Clone)]
pub struct Document {
    path: PathBuf,
    text: String,
}

/// A table of a document; `name` is how errors call it, such as `[corpus]`.
#[derive(Debug, Clone)]
pub struct Table<'d> {
    document: &'d Document,
    name: String,
    span: Range<usize>,
    entries: DeTable<'d>,
}

impl Document {
    /// Reads a recipe file.
    ///
    /// # Errors
    /// The file can't be read or is no UTF-8.
    pub fn read(path: &Path) -> Result<Self, RecipeError> {
        let fail = |message: String, hint: Option<&str>| {
            let hint = hint.map(str::to_owned);
            RecipeError {
                path: path.to_owned(),
                line: None,
                key: None,
                message,
                hint,
            }
        };
        let mut bytes = Vec::new();
        fs::File::open(path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| fail(format!("the recipe can't be read: {error}"), None))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(fail(
                format!("this is longer than {MAX_BYTES} bytes, which no recipe is"),
                None,
            ));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            fail(
                format!("the recipe is no UTF-8 text (byte {at})"),
                Some("save it as UTF-8"),
            )
        })?;
        Ok(Document {
            path: path.to_owned(),
            text: text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned),
        })
    }

    /// A recipe given as text, called `path` in errors.
    #[must_use]
    pub fn of(path: &Path, text: &str) -> Self {
        Document {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Where it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The folder that relative paths in it start from.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        }
    }

    /// An error about a key of a table, by their names; about the whole where there is no such table.
    #[must_use]
    pub fn error(&self, table: &str, key: &str, message: &str, hint: Option<&String>) -> RecipeError {
        let found = self.root().and_then(|root| {
            let table = root.table(table)?.unwrap_or(root);
            Ok(table.error(key, message, hint.cloned()))
        });
        found.unwrap_or_else(|error| error)
    }

    /// The whole document as one table.
    ///
    /// # Errors
    /// Text that is no TOML, with line and reason.
    pub fn root(&self) -> Result<Table<'_>, RecipeError> {
        let parsed = DeTable::parse(&self.text).map_err(|error| {
            let line = error.span().map(|span| self.line(span.start));
            let message = format!("this is not TOML: {}", error.message());
            RecipeError {
                path: self.path.clone(),
                line,
                key: None,
                message,
                hint: None,
            }
        })?;
        let span = parsed.span();
        Ok(Table {
            document: self,
            name: String::new(),
            span,
            entries: parsed.into_inner(),
        })
    }

    fn line(&self, offset: usize) -> usize {
        self.text
            .as_bytes()
            .iter()
            .take(offset)
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1
    }
}

impl<'d> Table<'d> {
    /// The folder that relative paths in the document start from.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        self.document.base()
    }

    /// The keys, in order of the text.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self
            .entries
            .keys()
            .map(|key| (key.span().start, key.get_ref().to_string()))
            .collect();
        keys.sort();
        keys.into_iter().map(|(_, key)| key).collect()
    }

    /// Whether it has a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entries.keys().any(|found| found.get_ref() == key)
    }

    /// Refuses all keys but these.
    ///
    /// # Errors
    /// The first unknown key, with the allowed ones.
    pub fn only(&self, allowed: &[&str]) -> Result<(), RecipeError> {
        match self
            .keys()
            .into_iter()
            .find(|key| !allowed.contains(&key.as_str()))
        {
            None => Ok(()),
            Some(key) => Err(self.unknown(&key, allowed)),
        }
    }

    /// The table below `key`; `None` if the key is not there.
    ///
    /// # Errors
    /// It is no table.
    pub fn table(&self, key: &str) -> Result<Option<Table<'d>>, RecipeError> {
        let Some((span, value)) = self.value(key) else {
            return Ok(None);
        };
        let DeValue::Table(entries) = value.get_ref() else {
            return Err(self.error(
                key,
                format!("found {}, expected a table", kind(value.get_ref())),
                None,
            ));
        };
        let name = self.below(key);
        Ok(Some(Table {
            document: self.document,
            name,
            span,
            entries: entries.clone(),
        }))
    }

    /// The tables of the list below `key`; none if the key is not there.
    ///
    /// # Errors
    /// It is no list of tables.
    pub fn tables(&self, key: &str) -> Result<Vec<Table<'d>>, RecipeError> {
        let Some((_, value)) = self.value(key) else {
            return Ok(Vec::new());
        };
        let wrong = |found: &DeValue<'_>| {
            self.error(
                key,
                format!("found {}, expected a list of tables", kind(found)),
                None,
            )
        };
        let DeValue::Array(list) = value.get_ref() else {
            return Err(wrong(value.get_ref()));
        };
        list.iter()
            .enumerate()
            .map(|(index, item)| match item.get_ref() {
                DeValue::Table(entries) => Ok(Table {
                    document: self.document,
                    name: format!("{} number {}", self.list_below(key), index + 1),
                    span: item.span(),
                    entries: entries.clone(),
                }),
                other => Err(wrong(other)),
            })
            .collect()
    }

    /// One value; `None` if the key is not there.
    ///
    /// # Errors
    /// It is of another type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, RecipeError> {
        let Some((_, value)) = self.value(key) else {
            return Ok(None);
        };
        T::deserialize(ValueDeserializer::from(value))
            .map(Some)
            .map_err(|error| self.wrong(&error, Some(key), &[]))
    }

    /// The table without some keys, as a structure that knows all the others. `besides` are keys that the
    /// table may have as well, for the hint.
    ///
    /// # Errors
    /// An unknown key, a missing one, or a value of another type.
    pub fn read<T: DeserializeOwned>(&self, besides: &[&str]) -> Result<T, RecipeError> {
        let mut entries = DeTable::new();
        for (key, value) in self
            .entries
            .iter()
            .filter(|(key, _)| !besides.contains(&key.get_ref().as_ref()))
        {
            entries.insert(key.clone(), value.clone());
        }
        let value = Spanned::new(self.span.clone(), DeValue::Table(entries));
        T::deserialize(ValueDeserializer::from(value)).map_err(|error| self.wrong(&error, None, besides))
    }

    /// The table with some keys alone, as a structure.
    ///
    /// # Errors
    /// A value of another type.
    pub fn read_only<T: DeserializeOwned>(&self, keys: &[&str]) -> Result<T, RecipeError> {
        let others: Vec<String> = self
            .keys()
            .into_iter()
            .filter(|key| !keys.contains(&key.as_str()))
            .collect();
        self.read(&others.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// An error about one key; a dotted key points at the last part that is there.
    #[must_use]
    pub fn error(&self, key: &str, message: impl Into<String>, hint: Option<String>) -> RecipeError {
        let line = Some(self.document.line(self.place(key)));
        let key = if key.is_empty() {
            self.name.clone()
        } else {
            format!("{} {key}", self.name).trim_start().to_owned()
        };
        RecipeError {
            path: self.document.path.clone(),
            line,
            key: Some(key),
            message: message.into(),
            hint,
        }
    }

    fn place(&self, key: &str) -> usize {
        let Some(first) = key.split('.').next() else {
            return self.span.start;
        };
        let Some((found, value)) = self.entries.iter().find(|(k, _)| k.get_ref() == first) else {
            return self.span.start;
        };
        match (key.split_once('.'), value.get_ref()) {
            (Some((_, rest)), DeValue::Table(inner)) => {
                let next = rest.split('.').next().unwrap_or(rest);
                inner
                    .keys()
                    .find(|k| k.get_ref() == next)
                    .map_or(found.span().start, |k| k.span().start)
            }
            _ => found.span().start,
        }
    }

    fn value(&self, key: &str) -> Option<(Range<usize>, Spanned<DeValue<'d>>)> {
        self.entries
            .iter()
            .find(|(k, _)| k.get_ref() == key)
            .map(|(_, value)| (value.span(), value.clone()))
    }

    /// What errors call the table below a key: `[mel.image]`, or `[[transform]] number 2, image`.
    fn below(&self, key: &str) -> String {
        match self.name.strip_suffix(']') {
            _ if self.name.is_empty() => format!("[{key}]"),
            Some(own) => format!("{own}.{key}]"),
            None => format!("{}, {key}", self.name),
        }
    }

    /// What errors call the list of tables below a key.
    fn list_below(&self, key: &str) -> String {
        if self.name.is_empty() {
            format!("[[{key}]]")
        } else {
            self.below(key)
        }
    }

    fn unknown(&self, key: &str, allowed: &[&str]) -> RecipeError {
        let list = allowed.join(", ");
        let hint = did_you_mean(key, allowed).unwrap_or_else(|| format!("known here: {list}"));
        self.error(key, "there is no such key", Some(hint))
    }

    /// Turns serde's error into ours: the key is the text at its place.
    fn wrong(&self, error: &toml::de::Error, key: Option<&str>, besides: &[&str]) -> RecipeError {
        let message = error.message();
        let quoted =
            |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        if message.starts_with("unknown field") {
            let names = quoted(message);
            if let Some((found, allowed)) = names.split_first() {
                let mut allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
                // A key in a table below has its own names alone.
                if self.has(found) {
                    allowed.extend(besides);
                }
                let mut wrong = self.unknown(found, &allowed);
                if let Some(span) = error.span() {
                    wrong.line = Some(self.document.line(span.start));
                }
                return wrong;
            }
        }
        if message.starts_with("missing field") {
            let name = quoted(message).into_iter().next().unwrap_or_default();
            return self.error("", format!("the key {name} is missing"), None);
        }
        let key = key
            .map(str::to_owned)
            .or_else(|| self.key_at(error.span()?.start))
            .unwrap_or_default();
        let mut wrong = self.error(&key, message.trim(), None);
        if let Some(span) = error.span() {
            wrong.line = Some(self.document.line(span.start));
            wrong.hint = quoted(message)
                .split_first()
                .filter(|_| message.starts_with("unknown variant"))
                .and_then(|(found, allowed)| {
                    did_you_mean(found, &allowed.iter().map(String::as_str).collect::<Vec<_>>())
                });
        }
        wrong
    }

    /// The key whose value spans an offset.
    fn key_at(&self, offset: usize) -> Option<String> {
        self.entries
            .iter()
            .find(|(_, value)| value.span().contains(&offset) || value.span().start == offset)
            .map(|(key, _)| key.get_ref().to_string())
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
