//! Which translations are installed, and how they are run.
//!
//! A mode is a line of programs joined by pipes. `apertium-wblank-mode -z`, which is part of Apertium 3.8 and what its
//! own `apertium` uses, gives the line with null flush: each program then hands on what it has at each NUL, so that
//! the processes can stay.
//!
//! One of these programs remembers too much and is run apart from the others, see [`super::tagger`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::text::translate::codes::{same, spellings};
use crate::text::translate::{BackendError, Pair};

/// Where Debian keeps language pairs: `apertium-` and the languages.
const PACKAGES: [&str; 45] = [
    "afr-nld", "arg-cat", "bel-rus", "br-fr", "cat-ita", "cat-srd", "dan-nor", "en-gl", "eng-cat", "eng-spa",
    "eo-ca", "eo-en", "eo-es", "eo-fr", "es-gl", "es-pt", "es-ro", "eu-en", "eu-es", "fr-es", "fra-cat",
    "fra-frp", "hbs-eng", "hbs-mkd", "hbs-slv", "ind-zlm", "isl-eng", "isl-swe", "mkd-bul", "mkd-eng",
    "nno-nob", "oc-ca", "oc-es", "oci-fra", "pol-szl", "por-cat", "pt-gl", "rus-ukr", "spa-arg", "spa-ast",
    "spa-cat", "spa-ita", "srd-ita", "swe-dan", "swe-nor",
];

/// A translation that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mode {
    /// The hop it does.
    pub pair: Pair,
    /// Its name.
    pub name: String,
    /// The line of programs, for bash.
    pub(super) line: Line,
    /// Where they are looked for.
    pub(super) path: String,
    /// Hash of Apertium's version, the line, and the data that it names.
    pub(super) hash: [u8; 32],
}

/// All that are installed.
#[derive(Debug)]
pub struct Modes {
    version: String,
    path: String,
    folder: PathBuf,
    names: Vec<String>,
}

impl Modes {
    /// Looks for Apertium on the `PATH`, and for its data beside it or where `APERTIUM_DATADIR` says.
    ///
    /// # Errors
    /// [`BackendError::NotInstalled`] or [`BackendError::Program`].
    pub fn find() -> Result<Self, BackendError> {
        let path = std::env::var("PATH").unwrap_or_default();
        let data = std::env::var_os("APERTIUM_DATADIR").map(PathBuf::from);
        Self::find_in(&path, data)
    }

    fn find_in(path: &str, data: Option<PathBuf>) -> Result<Self, BackendError> {
        let there = |program: &str| std::env::split_paths(path).find(|folder| folder.join(program).is_file());
        let missing = |program: &str, hint: &str| BackendError::NotInstalled {
            program: program.to_owned(),
            hint: hint.to_owned(),
        };
        let install = "apt-get install apertium, and a package for each hop, such as apertium-eo-en";
        let programs = there("apertium").ok_or_else(|| missing("apertium", install))?;
        if there("apertium-wblank-mode").is_none() {
            return Err(missing(
                "apertium-wblank-mode",
                "it is part of Apertium 3.8 and later",
            ));
        }
        if there("bash").is_none() {
            return Err(missing("bash", "apt-get install bash"));
        }
        let beside = programs.parent().map(|parent| parent.join("share/apertium"));
        let folder = data
            .or(beside.filter(|folder| folder.join("modes").is_dir()))
            .unwrap_or_else(|| PathBuf::from("/usr/share/apertium"))
            .join("modes");
        let version = output(
            Command::new(programs.join("apertium"))
                .arg("-V")
                .env("PATH", path),
        )?;
        let mut names: Vec<String> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".mode").map(str::to_owned))
            .collect();
        names.sort_unstable();
        Ok(Modes {
            version,
            path: path.to_owned(),
            folder,
            names,
        })
    }

    /// The mode of a hop; `named` says which, where there are several or its name is another.
    ///
    /// # Errors
    /// [`BackendError::NoMode`] or [`BackendError::Program`].
    pub fn mode(&self, pair: &Pair, named: Option<&str>) -> Result<Mode, BackendError> {
        let has = |name: &str| self.names.iter().any(|known| known == name);
        let usual = spellings(&pair.source)
            .into_iter()
            .flat_map(|source| {
                spellings(&pair.target)
                    .into_iter()
                    .map(move |target| format!("{source}-{target}"))
            })
            .find(|name| has(name));
        let found = match named {
            Some(name) => has(name).then(|| name.to_owned()),
            None => usual,
        };
        let Some(name) = found else {
            return Err(BackendError::NoMode {
                pair: pair.clone(),
                modes: self.names.clone(),
                hint: hint(pair, named),
            });
        };
        let file = self.folder.join(format!("{name}.mode"));
        let line = output(
            Command::new("apertium-wblank-mode")
                .arg("-z")
                .arg(&file)
                .env("PATH", &self.path),
        )?;
        Ok(Mode {
            pair: pair.clone(),
            name,
            hash: self.hash(&line)?,
            line: Line::of(&line),
            path: self.path.clone(),
        })
    }

    fn hash(&self, line: &str) -> Result<[u8; 32], BackendError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"apertium 1");
        let mut add = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        add(self.version.as_bytes());
        // Every other part is in quotes: a file's path, which is of this machine.
        for (index, part) in line.split('\'').enumerate() {
            if index % 2 == 0 {
                add(part.as_bytes());
                continue;
            }
            let path = Path::new(part);
            let read = fs::File::open(path).and_then(|file| {
                let mut content = blake3::Hasher::new();
                content.update_reader(file)?;
                Ok(content.finalize())
            });
            let content = read.map_err(|error| BackendError::Program {
                program: "Apertium".to_owned(),
                why: format!("{part} can't be read: {error}\nhint: install its package again"),
            })?;
            add(path.file_name().unwrap_or_default().as_encoded_bytes());
            add(content.as_bytes());
        }
        Ok(*hasher.finalize().as_bytes())
    }
}

/// A line of programs, parted at its tagger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What comes before the tagger, or all if there is none.
    pub before: String,
    /// The tagger, word by word, and what comes after it.
    pub tagger: Option<(Vec<String>, String)>,
}

impl Line {
    fn of(line: &str) -> Self {
        let mut quoted = false;
        let parts: Vec<&str> = line
            .trim()
            .split(|c| {
                quoted ^= c == '\'';
                c == '|' && !quoted
            })
            .map(str::trim)
            .collect();
        // A line begins with an analyser and ends with a generator: the tagger stands between them.
        let tagger = parts.iter().position(|part| part.starts_with("apertium-tagger "));
        match tagger.filter(|&at| at > 0 && at + 1 < parts.len()) {
            Some(at) => Line {
                before: parts[..at].join(" | "),
                tagger: Some((words(parts[at]), parts[at + 1..].join(" | "))),
            },
            None => Line {
                before: parts.join(" | "),
                tagger: None,
            },
        }
    }
}

/// A command's words, without the shell's variables and the option to stay.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words.retain(|word| !word.starts_with('$') && word != "-z");
    words
}

fn hint(pair: &Pair, named: Option<&str>) -> String {
    if let Some(name) = named {
        return format!("[text.translate] models names the mode {name:?}; take one of those above");
    }
    let package = PACKAGES.iter().find(|package| {
        package.split_once('-').is_some_and(|(one, other)| {
            (same(one, &pair.source) && same(other, &pair.target))
                || (same(one, &pair.target) && same(other, &pair.source))
        })
    });
    match package {
        Some(package) => format!("apt-get install apertium-{package} (some packages translate one way only)"),
        None => "no package of Debian is known for it; take a chain over other languages".to_owned(),
    }
}

fn output(command: &mut Command) -> Result<String, BackendError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let fail = |why: String| BackendError::Program {
        program: program.clone(),
        why,
    };
    let ran = command
        .output()
        .map_err(|error| fail(format!("can't be started: {error}")))?;
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr);
        let said: String = said.trim().chars().take(300).collect();
        return Err(fail(format!("ended with {}: {said}", ran.status)));
    }
    String::from_utf8(ran.stdout).map_err(|_| fail("gave what is no UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_parted_at_its_tagger() {
        let line =
            "lt-proc -z 'a|b.bin' | x | apertium-tagger -z -g $2 '/a b/x.prob' | y | lt-proc -z $1 'c.bin'\n";
        let parted = Line::of(line);
        assert_eq!(parted.before, "lt-proc -z 'a|b.bin' | x");
        let (tagger, after) = parted.tagger.unwrap();
        assert_eq!(tagger, ["apertium-tagger", "-g", "/a b/x.prob"]);
        assert_eq!(after, "y | lt-proc -z $1 'c.bin'");
        let without = Line::of("lt-proc 'a' | cg-proc 'b'");
        assert_eq!(
            (without.before.as_str(), without.tagger),
            ("lt-proc 'a' | cg-proc 'b'", None)
        );
    }

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        assert!(hint(&Pair::new("en", "eo"), None).contains("apertium-eo-en"));
        assert!(hint(&Pair::new("es", "eng"), None).contains("apertium-eng-spa"));
        assert!(hint(&Pair::new("en", "ja"), None).contains("no package"));
        assert!(hint(&Pair::new("en", "eo"), Some("x-y")).contains("\"x-y\""));
    }

    #[test]
    fn without_apertium_the_package_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_str().unwrap();
        let error = Modes::find_in(path, None).unwrap_err().to_string();
        assert!(error.contains("hint: apt-get install apertium"), "{error}");
        fs::write(dir.path().join("apertium"), b"").unwrap();
        let error = Modes::find_in(path, None).unwrap_err().to_string();
        assert!(error.contains("apertium-wblank-mode"), "{error}");
    }
}
