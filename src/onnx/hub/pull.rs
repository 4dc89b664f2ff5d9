//! Loading a model from the hub: look what is there, say what is missing, load it.

use super::super::folder::{ModelFolder, Precision};
use super::api::Listed;
use super::catalogue::Role;
use super::choose;
use super::client::Client;
use super::environment::Environment;
use super::error::HubError;
use super::installed::{self, Model, ResolveError};
use super::layout::RepoFolder;
use super::reference::{Reference, Repo, is_commit};
use super::transfer::{has_size, load};
use super::verdict::Target;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// The hub, as the environment has it.
pub struct Hub<'a> {
    environment: &'a Environment,
    interrupt: &'a Interrupt,
    progress: &'a dyn Progress,
}

/// What there is to do.
pub enum Step<'a> {
    /// Nothing: all files are there.
    There {
        /// The model.
        model: Model,
        /// How that is known.
        why: Why,
    },
    /// Files are to be loaded.
    Load(Box<Plan<'a>>),
}

/// How it is known that nothing is to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The hub was asked, and has nothing newer.
    Latest,
    /// A whole commit never changes; nobody was asked.
    Commit,
    /// This variable forbids to ask.
    Offline(&'static str),
    /// The hub can't be reached, for this reason.
    Unreachable(String),
}

/// What is to be loaded.
pub struct Plan<'a> {
    /// The repository.
    pub repo: Repo,
    /// The revision that was asked for.
    pub revision: String,
    /// What it stands for.
    pub commit: String,
    /// The licence on the repository's card, if it names one.
    pub licence: Option<String>,
    files: Vec<Listed>,
    folder: RepoFolder,
    client: Client<'a>,
}

impl<'a> Hub<'a> {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(environment: &'a Environment, interrupt: &'a Interrupt, progress: &'a dyn Progress) -> Self {
        Hub {
            environment,
            interrupt,
            progress,
        }
    }

    /// Finds out what a model needs. A model of the catalogue has its own role; for others `role` may say what is
    /// needed, and otherwise it shows in the files.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn plan(
        &self,
        reference: &Reference,
        role: Option<Role>,
        precision: Precision,
    ) -> Result<Step<'a>, HubError> {
        let Some((repo, revision)) = reference.on_hub() else {
            return Err(HubError::Folder(reference.to_string()));
        };
        let role = reference.entry().map(|entry| entry.role).or(role);
        let here = installed::resolve(reference, role, precision, self.environment);
        if let Some(variable) = self.environment.offline() {
            return match here {
                Ok(model) => Ok(Step::There {
                    model,
                    why: Why::Offline(variable),
                }),
                Err(error) => Err(HubError::Offline {
                    variable,
                    why: what_is_missing(&error),
                    cache: self.environment.cache().display().to_string(),
                }),
            };
        }
        let here = match here {
            Ok(model) if is_commit(revision) => {
                return Ok(Step::There {
                    model,
                    why: Why::Commit,
                });
            }
            here => here.ok(),
        };
        let client = Client::new(self.environment, self.interrupt, self.progress)?;
        let info = match (client.info(&repo, revision), here) {
            (Err(error), Some(model)) if error.is_temporary() => {
                let why = Why::Unreachable(error.to_string().lines().next().unwrap_or_default().to_owned());
                return Ok(Step::There { model, why });
            }
            (info, _) => info?,
        };
        let names: Vec<String> = info.files.iter().map(|file| file.path.clone()).collect();
        let chosen = choose::choose(&names, role, precision).map_err(|source| HubError::Choose {
            repo: repo.clone(),
            source,
        })?;
        let find = |name: &String| info.files.iter().find(|file| file.path == *name).cloned();
        let plan = Plan {
            folder: RepoFolder::new(self.environment.cache(), &repo),
            revision: revision.to_owned(),
            commit: info.commit,
            licence: info.licence,
            files: chosen.iter().filter_map(find).collect(),
            repo,
            client,
        };
        if plan.files.iter().all(|file| plan.has(file)) {
            plan.folder.remember(&plan.revision, &plan.commit)?;
            return Ok(Step::There {
                model: plan.model(),
                why: Why::Latest,
            });
        }
        Ok(Step::Load(Box::new(plan)))
    }
}

impl Plan<'_> {
    /// How many files the model has.
    #[must_use]
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Their bytes, as far as the hub tells them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().filter_map(|file| file.size).sum()
    }

    /// The bytes of those that are not there yet.
    #[must_use]
    pub fn missing(&self) -> u64 {
        let missing = self.files.iter().filter(|file| !self.has(file));
        missing.filter_map(|file| file.size).sum()
    }

    /// Loads what is missing. `loaded` counts the bytes that came over the network, also when it fails. The model can
    /// be found under its revision only when everything is there.
    ///
    /// # Errors
    /// [`HubError`]; what was loaded so far is kept, and the next call goes on from there.
    pub fn load(&self, loaded: &mut u64) -> Result<Model, HubError> {
        let progress = self.client.progress();
        progress.stage("loading", self.bytes());
        let done = self.files.iter().try_for_each(|file| {
            let target = Target {
                repo: &self.repo,
                commit: &self.commit,
                path: &file.path,
            };
            load(&self.client, &self.folder, target, file, loaded)
        });
        progress.finish();
        done?;
        self.folder.remember(&self.revision, &self.commit)?;
        Ok(self.model())
    }

    fn has(&self, file: &Listed) -> bool {
        let path = self.folder.snapshot(&self.commit).join(&file.path);
        file.size
            .map_or_else(|| path.is_file(), |size| has_size(&path, size))
    }

    fn model(&self) -> Model {
        Model {
            folder: ModelFolder::new(self.folder.snapshot(&self.commit)),
            commit: Some(self.commit.clone()),
        }
    }
}

fn what_is_missing(error: &ResolveError) -> String {
    match error {
        ResolveError::NotInstalled { why, .. } => why.clone(),
        ResolveError::NoFolder { .. } => error.to_string(),
    }
}
