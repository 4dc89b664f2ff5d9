//! A model that a recipe names: found, but not loaded.

use std::path::{Path, PathBuf};

use super::TrainJobError;
use crate::job::text::{ModelsError, reference};
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::hub::catalogue::Role;
use crate::onnx::hub::environment::Environment;
use crate::onnx::hub::installed::resolve;

/// Where a model is, and what it is called.
#[derive(Debug, Clone)]
pub struct FoundModel {
    /// Its files.
    pub folder: ModelFolder,
    /// As it was named.
    pub name: String,
    /// Whether the name is one of the hub's, not a path.
    pub on_hub: bool,
}

impl FoundModel {
    /// Finds a model by its name; the path of a folder is relative to `base`. Nothing is loaded.
    ///
    /// # Errors
    /// [`TrainJobError::Models`], with the command that gets it.
    pub fn find(name: &str, base: &Path, role: Role, precision: Precision) -> Result<Self, TrainJobError> {
        let models = |error: ModelsError| TrainJobError::Models(error);
        let reference = reference(name, base).map_err(|error| models(error.into()))?;
        let environment = Environment::of_process().map_err(|error| models(error.into()))?;
        let found =
            resolve(&reference, Some(role), precision, &environment).map_err(|error| models(error.into()))?;
        Ok(FoundModel {
            folder: found.folder,
            name: name.to_owned(),
            on_hub: reference.on_hub().is_some(),
        })
    }

    /// Its name on the hub, or that of its folder without the way there.
    #[must_use]
    pub fn own_name(&self) -> String {
        let folder = self.folder.path();
        match (self.on_hub, folder.file_name()) {
            (false, Some(own)) => own.to_string_lossy().into_owned(),
            _ => self.name.clone(),
        }
    }

    /// What another folder has to call it: its name on the hub, or its path from there.
    #[must_use]
    pub fn name_from(&self, folder: &Path) -> String {
        if self.on_hub {
            return self.name.clone();
        }
        let full = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
        let path = match (full(self.folder.path()), full(folder)) {
            (Some(to), Some(from)) => relative(&to, &from),
            _ => self.folder.path().to_owned(),
        };
        path.to_string_lossy().into_owned()
    }
}

/// The path from one absolute folder to another; begins with `.` or `..`, so that it is no name on the hub.
fn relative(to: &Path, from: &Path) -> PathBuf {
    let shared = to
        .components()
        .zip(from.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().count() - shared;
    let mut path: PathBuf = std::iter::repeat_n("..", up).collect();
    if up == 0 {
        path.push(".");
    }
    path.extend(to.components().skip(shared));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_folder_to_folder() {
        let path = |to: &str, from: &str| relative(Path::new(to), Path::new(from));
        assert_eq!(path("/a/models/x", "/a/out/m"), Path::new("../../models/x"));
        assert_eq!(path("/a/m/x", "/a/m"), Path::new("./x"));
    }
}
