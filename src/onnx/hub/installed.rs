//! Finding models on this machine. Never goes to the network.

use std::path::PathBuf;

use super::super::folder::{ModelFolder, Precision};
use super::catalogue::{ENTRIES, Entry, Role};
use super::choose::{self, ChooseError};
use super::environment::Environment;
use super::error::bytes;
use super::layout::{RepoFolder, repositories};
use super::reference::{Reference, Repo};

/// A model of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its files.
    pub folder: ModelFolder,
    /// The commit of its repository; a folder that the user named has none.
    pub commit: Option<String>,
}

/// Why a model is not there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// It has to be loaded first.
    #[error("model {name} is not installed{}: {why}\nhint: {command}{}", precision_of(*precision), size.map_or(String::new(), |size| format!(" (about {})", bytes(size))))]
    NotInstalled {
        /// The model, as it was named.
        name: String,
        /// In which precision.
        precision: Precision,
        /// What is missing.
        why: String,
        /// About how much is to be loaded, where known.
        size: Option<u64>,
        /// What loads it.
        command: String,
    },
    /// The folder that was named is none.
    #[error("model {}: no such folder\nhint: {hint}", path.display())]
    NoFolder {
        /// What was named.
        path: PathBuf,
        /// What may have been meant.
        hint: String,
    },
}

fn precision_of(precision: Precision) -> String {
    match precision {
        Precision::Fp32 => String::new(),
        other => format!(" in {other}"),
    }
}

/// The command that loads a model.
#[must_use]
pub fn command(reference: &Reference, precision: Precision) -> String {
    match precision {
        Precision::Fp32 => format!("augment models pull {reference}"),
        other => format!("augment models pull {reference} --precision {other}"),
    }
}

/// Finds a model of this machine, complete for its role and precision. A model of the catalogue has its own role;
/// for others `role` may say what is needed. A folder of the user's is taken as it is.
///
/// # Errors
/// [`ResolveError`], with the command that loads it.
pub fn resolve(
    reference: &Reference,
    role: Option<Role>,
    precision: Precision,
    environment: &Environment,
) -> Result<Model, ResolveError> {
    let Some((repo, revision)) = reference.on_hub() else {
        return folder(reference);
    };
    let role = reference.entry().map(|entry| entry.role).or(role);
    let not_installed = |why: String| ResolveError::NotInstalled {
        name: reference.to_string(),
        precision,
        why,
        size: reference.entry().and_then(|entry| entry.size(precision)),
        command: command(reference, precision),
    };
    let in_cache = RepoFolder::new(environment.cache(), &repo);
    let Some(commit) = in_cache.commit_of(revision) else {
        return Err(not_installed(format!(
            "revision {revision} of {repo} is not in {}",
            environment.cache().display()
        )));
    };
    match choose::choose(&in_cache.files(&commit), role, precision) {
        Ok(_) => Ok(Model {
            folder: ModelFolder::new(in_cache.snapshot(&commit)),
            commit: Some(commit),
        }),
        Err(ChooseError::NoGraph) => Err(not_installed(format!(
            "commit {commit} of {repo} has no graph in {}",
            environment.cache().display()
        ))),
        // The error's own hint speaks of a repository; here the cure is to load what is missing.
        Err(error) => Err(not_installed(first_line(&error.to_string()))),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn folder(reference: &Reference) -> Result<Model, ResolveError> {
    let Reference::Folder(path) = reference else {
        // Whatever is not on the hub is a folder.
        return Err(ResolveError::NoFolder {
            path: PathBuf::new(),
            hint: String::new(),
        });
    };
    if path.is_dir() {
        return Ok(Model {
            folder: ModelFolder::new(path),
            commit: None,
        });
    }
    let hint = match path.to_str().map(Repo::new) {
        Some(Ok(repo)) => format!("a repository of the hub is named hub:{repo}"),
        _ => "a model is named as hub:ORG/NAME, a folder, or a name of augment models list".to_owned(),
    };
    Err(ResolveError::NoFolder {
        path: path.clone(),
        hint,
    })
}

/// A model that is in the cache.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its repository.
    pub repo: Repo,
    /// Its commit.
    pub commit: String,
    /// Where its files are.
    pub folder: PathBuf,
    /// The precisions that are complete.
    pub precisions: Vec<Precision>,
    /// The catalogue's entry, if it is the revision that the catalogue means.
    pub entry: Option<&'static Entry>,
}

/// All models in the cache that are of the catalogue, or have an ONNX graph and what belongs to it.
#[must_use]
pub fn installed(environment: &Environment) -> Vec<Found> {
    let mut found = Vec::new();
    for repo in repositories(environment.cache()) {
        let in_cache = RepoFolder::new(environment.cache(), &repo);
        for commit in in_cache.commits() {
            let means = |entry: &&Entry| {
                entry.repo == repo.as_str() && in_cache.commit_of(entry.revision).as_deref() == Some(&commit)
            };
            let entry = ENTRIES.iter().find(means);
            let precisions = choose::precisions(&in_cache.files(&commit), entry.map(|entry| entry.role));
            if !precisions.is_empty() {
                found.push(Found {
                    repo: repo.clone(),
                    folder: in_cache.snapshot(&commit),
                    commit,
                    precisions,
                    entry,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn environment(cache: &std::path::Path) -> Environment {
        let cache = cache.to_owned();
        Environment::read(move |name| (name == "HF_HUB_CACHE").then(|| OsString::from(&cache))).unwrap()
    }

    /// A cache as Python leaves it.
    fn put(cache: &std::path::Path, repo: &str, files: &[&str]) {
        let folder = RepoFolder::new(cache, &Repo::new(repo).unwrap());
        for (n, file) in files.iter().enumerate() {
            let etag = format!("e{n}");
            std::fs::create_dir_all(folder.blob(&etag).parent().unwrap()).unwrap();
            std::fs::write(folder.blob(&etag), b"x").unwrap();
            folder.show(&etag, COMMIT, file).unwrap();
        }
        folder.remember("main", COMMIT).unwrap();
    }

    #[test]
    fn a_model_is_there_when_all_its_files_are() {
        let dir = tempfile::tempdir().unwrap();
        let environment = environment(dir.path());
        let reference = Reference::parse("distilbert-base-uncased").unwrap();
        let get = |precision| resolve(&reference, None, precision, &environment);
        let error = get(Precision::Int8).unwrap_err().to_string();
        assert!(
            error.contains("augment models pull distilbert-base-uncased --precision int8 (about 69 MB)"),
            "{error}"
        );
        put(
            dir.path(),
            "Xenova/distilbert-base-uncased",
            &["config.json", "onnx/model.onnx"],
        );
        let error = get(Precision::Fp32).unwrap_err().to_string();
        assert!(error.contains("no tokenizer"), "{error}");
        put(
            dir.path(),
            "Xenova/distilbert-base-uncased",
            &["config.json", "onnx/model.onnx", "tokenizer.json"],
        );
        assert_eq!(get(Precision::Fp32).unwrap().commit.unwrap(), COMMIT);
        let error = get(Precision::Fp16).unwrap_err().to_string();
        assert!(
            error.contains("no model.onnx in fp16") && error.contains("augment models pull"),
            "{error}"
        );
        let found = installed(&environment);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].entry.unwrap().name, "distilbert-base-uncased");
        assert_eq!(found[0].precisions, [Precision::Fp32]);
    }

    #[test]
    fn a_folder_is_taken_as_it_is_or_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let environment = environment(dir.path());
        let here = Reference::Folder(dir.path().to_owned());
        assert!(resolve(&here, None, Precision::Fp32, &environment).is_ok());
        let gone = Reference::parse("Xenova/bert-base-uncased").unwrap();
        let error = resolve(&gone, None, Precision::Fp32, &environment)
            .unwrap_err()
            .to_string();
        assert!(error.contains("hub:Xenova/bert-base-uncased"), "{error}");
    }
}
