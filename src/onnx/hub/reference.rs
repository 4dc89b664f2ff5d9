//! How a model is named: `hub:ORG/NAME[@REVISION]`, a folder, or a short name of the catalogue.

use std::fmt;
use std::path::PathBuf;

use super::catalogue::{self, Entry};

/// The branch that is meant where none is named.
pub const MAIN: &str = "main";

/// A repository of the hub: `ORG/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repo(String);

impl Repo {
    /// Checks the name: two parts of at most 96 of `A-Z a-z 0-9 - _ .`, which neither begin nor end with `-` or `.`
    /// and hold no `--` or `..`, as the hub itself demands.
    ///
    /// # Errors
    /// [`ReferenceError::Repo`].
    pub fn new(text: &str) -> Result<Self, ReferenceError> {
        let fail = || ReferenceError::Repo(text.to_owned());
        let (org, name) = text.split_once('/').ok_or_else(fail)?;
        if is_part(org) && is_part(name) && !has_ending(name, ".git") {
            Ok(Repo(text.to_owned()))
        } else {
            Err(fail())
        }
    }

    /// `ORG/NAME`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_part(part: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let bytes = part.as_bytes();
    part.len() <= 96
        && bytes.iter().all(|&b| inner(b))
        && edge(bytes.first())
        && edge(bytes.last())
        && !part.contains("--")
        && !part.contains("..")
}

fn has_ending(text: &str, ending: &str) -> bool {
    text.to_ascii_lowercase().ends_with(ending)
}

/// Whether a revision may be asked for and stand in a path: a branch, a tag, `refs/pr/1`, or a commit.
#[must_use]
pub fn is_revision(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && !part.ends_with('.')
            && !has_ending(part, ".lock")
            && !part.contains("..")
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+'))
    };
    text.len() <= 200 && text.split('/').all(part)
}

/// Whether a revision is a whole commit hash, which never comes to mean anything else.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A model as a user names it.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// A repository of the hub.
    Hub {
        /// Which one.
        repo: Repo,
        /// Branch, tag or commit; [`MAIN`] if none.
        revision: Option<String>,
    },
    /// A folder of this machine.
    Folder(PathBuf),
    /// A model of the catalogue.
    Short(&'static Entry),
}

/// What is wrong with a model's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not `ORG/NAME`.
    #[error(
        "found model repository {0:?}, expected ORG/NAME of letters, digits, -, _ and .\nhint: as in hub:Xenova/bert-base-uncased"
    )]
    Repo(String),
    /// No branch, tag or commit.
    #[error(
        "found revision {0:?}, expected a branch, a tag or a commit\nhint: as in hub:Xenova/bert-base-uncased@main"
    )]
    Revision(String),
    /// Not in the catalogue.
    #[error(
        "found model {found:?}, which is neither hub:ORG/NAME, nor a folder, nor in the catalogue\nhint: {hint}"
    )]
    Unknown {
        /// What was named.
        found: String,
        /// What could have been meant.
        hint: String,
    },
}

impl Reference {
    /// Reads a name.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if let Some(rest) = text.strip_prefix("hub:") {
            let (repo, revision) = match rest.split_once('@') {
                Some((repo, revision)) => (repo, Some(revision)),
                None => (rest, None),
            };
            let repo = Repo::new(repo)?;
            return match revision {
                Some(revision) if !is_revision(revision) => {
                    Err(ReferenceError::Revision(revision.to_owned()))
                }
                _ => Ok(Reference::Hub {
                    repo,
                    revision: revision.map(str::to_owned),
                }),
            };
        }
        let path = PathBuf::from(text);
        if text.contains(std::path::MAIN_SEPARATOR) || text.starts_with(['.', '~']) || path.is_dir() {
            return Ok(Reference::Folder(from_home(path)));
        }
        catalogue::find(text)
            .map(Reference::Short)
            .ok_or_else(|| ReferenceError::Unknown {
                found: text.to_owned(),
                hint: catalogue::nearest(text).map_or_else(
                    || "augment models list shows the catalogue".to_owned(),
                    |name| format!("did you mean {name:?}?"),
                ),
            })
    }

    /// Repository and revision, unless it is a folder.
    #[must_use]
    pub fn on_hub(&self) -> Option<(Repo, &str)> {
        match self {
            Reference::Hub { repo, revision } => Some((repo.clone(), revision.as_deref().unwrap_or(MAIN))),
            Reference::Short(entry) => Some((Repo(entry.repo.to_owned()), entry.revision)),
            Reference::Folder(_) => None,
        }
    }

    /// The catalogue's entry, if it is one.
    #[must_use]
    pub fn entry(&self) -> Option<&'static Entry> {
        match self {
            Reference::Short(entry) => Some(entry),
            _ => None,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Hub { repo, revision: None } => write!(f, "hub:{repo}"),
            Reference::Hub {
                repo,
                revision: Some(revision),
            } => write!(f, "hub:{repo}@{revision}"),
            Reference::Folder(path) => write!(f, "{}", path.display()),
            Reference::Short(entry) => f.write_str(entry.name),
        }
    }
}

fn from_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_kinds() {
        let hub = Reference::parse("hub:Xenova/bert-base-uncased@refs/pr/1").unwrap();
        assert_eq!(hub.to_string(), "hub:Xenova/bert-base-uncased@refs/pr/1");
        assert_eq!(hub.on_hub().unwrap().1, "refs/pr/1");
        let bare = Reference::parse("hub:a/b").unwrap();
        assert_eq!(bare.on_hub().unwrap().1, "main");
        assert!(matches!(
            Reference::parse("models/mine"),
            Ok(Reference::Folder(_))
        ));
        assert!(matches!(Reference::parse("./mine"), Ok(Reference::Folder(_))));
        assert!(matches!(Reference::parse("src"), Ok(Reference::Folder(_))));
        let short = Reference::parse("all-MiniLM-L6-v2").unwrap();
        assert_eq!(
            short.on_hub().unwrap().0.as_str(),
            "sentence-transformers/all-MiniLM-L6-v2"
        );
    }

    #[test]
    fn an_unknown_name_is_met_with_the_nearest() {
        let error = Reference::parse("bert-base-uncasd").unwrap_err().to_string();
        assert!(error.contains("did you mean \"bert-base-uncased\"?"), "{error}");
        let error = Reference::parse("zzzz").unwrap_err().to_string();
        assert!(error.contains("augment models list"), "{error}");
    }

    #[test]
    fn names_that_could_lead_elsewhere_are_refused() {
        for bad in [
            "hub:",
            "hub:a",
            "hub:a/",
            "hub:/b",
            "hub:a/b/c",
            "hub:../b",
            "hub:a/..",
            "hub:a/b..c",
            "hub:a/b--c",
            "hub:a/.b",
            "hub:a/b-",
            "hub:a b/c",
            "hub:a/b%2f",
            "hub:a/b\0",
            "hub:a/b?x",
            "hub:ä/b",
            "hub:a/b.git",
        ] {
            assert!(
                matches!(Reference::parse(bad), Err(ReferenceError::Repo(_))),
                "{bad:?}"
            );
        }
        for bad in [
            "", "..", "a/../b", "/a", "a/", "a//b", "-x", ".x", "a b", "a\0", "a.lock", "a@b", "a?b", "a\\b",
        ] {
            let text = format!("hub:a/b@{bad}");
            assert!(
                matches!(Reference::parse(&text), Err(ReferenceError::Revision(_))),
                "{bad:?}"
            );
        }
        let long = format!("hub:a/{}", "b".repeat(97));
        assert!(Reference::parse(&long).is_err());
    }
}
