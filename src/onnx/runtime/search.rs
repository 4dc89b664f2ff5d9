//! Where ONNX Runtime is looked for, and in which order.

use std::fmt;
use std::path::{Path, PathBuf};

use super::python;
use crate::onnx::setup::{self, Flavour};

/// The variable that other programs built on `ort` read, too.
pub const VARIABLE: &str = "ORT_DYLIB_PATH";

/// What the search starts from.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The library as the user named it.
    pub library: Option<PathBuf>,
    /// The data folder of the program.
    pub data: Option<PathBuf>,
    /// Whether a build with CUDA comes first where both are at hand.
    pub cuda_first: bool,
}

impl Wish {
    /// The search as a command does it, with the user's data folder.
    #[must_use]
    pub fn new(library: Option<PathBuf>, cuda_first: bool) -> Self {
        Wish {
            library,
            data: crate::run::folders::data(),
            cuda_first,
        }
    }
}

/// Who told of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `--onnxruntime`.
    Flag,
    /// `ORT_DYLIB_PATH`.
    Variable,
    /// `augment setup`.
    Installed,
    /// A package of the active or default Python.
    Python,
    /// The system's loader.
    System,
}

impl Origin {
    /// Whether the user named it: then it is this one or none.
    #[must_use]
    pub fn is_explicit(self) -> bool {
        matches!(self, Origin::Flag | Origin::Variable)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Flag => "--onnxruntime",
            Origin::Variable => VARIABLE,
            Origin::Installed => "augment setup",
            Origin::Python => "Python's package",
            Origin::System => "the system",
        })
    }
}

/// A library that may be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who told of it.
    pub origin: Origin,
    /// Its file, or a bare name for the system's loader.
    pub path: PathBuf,
    /// Libraries to load before CUDA is used.
    pub preload: Vec<PathBuf>,
}

/// The libraries to try, in order, each found only when it is its turn: asking Python takes time.
pub fn candidates(wish: &Wish) -> impl Iterator<Item = Candidate> + use<> {
    let named = wish
        .library
        .clone()
        .map(|path| (Origin::Flag, path))
        .or_else(|| {
            let path = std::env::var_os(VARIABLE).filter(|value| !value.is_empty())?;
            Some((Origin::Variable, PathBuf::from(path)))
        })
        .map(|(origin, path)| {
            let path = in_folder(here(path));
            Candidate {
                preload: beside(&path),
                origin,
                path,
            }
        });
    let flavours = if wish.cuda_first {
        [Flavour::Cuda, Flavour::Cpu]
    } else {
        [Flavour::Cpu, Flavour::Cuda]
    };
    let data = wish.data.clone();
    let own = flavours.into_iter().filter_map(move |flavour| {
        let found = setup::installed(data.as_deref()?, flavour)?;
        Some(Candidate {
            origin: Origin::Installed,
            path: found.library,
            preload: found.preload,
        })
    });
    let of_python = std::iter::once_with(python::find).flatten();
    let system = std::iter::once(Candidate {
        origin: Origin::System,
        path: PathBuf::from(format!(
            "{}onnxruntime{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        )),
        preload: Vec::new(),
    });
    named.into_iter().chain(own).chain(of_python).chain(system)
}

/// A bare name that is in the current folder means what is there; else it is one for the system's loader.
fn here(path: PathBuf) -> PathBuf {
    if path.components().count() == 1 && path.symlink_metadata().is_ok() {
        Path::new(".").join(path)
    } else {
        path
    }
}

/// The library in a folder, if a folder was named instead of the file.
pub(super) fn in_folder(path: PathBuf) -> PathBuf {
    if !path.is_dir() {
        return path;
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir(&path)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| is_library(file))
        .collect();
    // Of `libonnxruntime.so`, `.so.1` and `.so.1.31.1`, which are links to one file, any will do.
    found.sort();
    found.pop().unwrap_or(path)
}

fn is_library(path: &Path) -> bool {
    let stem = format!("{}onnxruntime", std::env::consts::DLL_PREFIX);
    path.file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.strip_prefix(&stem))
        .is_some_and(|rest| rest.starts_with(std::env::consts::DLL_SUFFIX))
}

/// CUDA's libraries that go with a library: where our own setup or Python's packages put them.
pub(super) fn beside(library: &Path) -> Vec<PathBuf> {
    let library = library.canonicalize().unwrap_or_else(|_| library.to_owned());
    if let Some(found) = library.parent().and_then(setup::installed_in) {
        return found.preload;
    }
    // site-packages/onnxruntime/capi/libonnxruntime.so.1.31.1 → site-packages/nvidia/*/lib/*.so.*
    let Some(site) = library.ancestors().nth(3) else {
        return Vec::new();
    };
    setup::cuda_libraries(&site.join("nvidia"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The first candidate where this was named.
    fn named(path: &Path) -> Candidate {
        let wish = Wish {
            library: Some(path.to_owned()),
            ..Wish::default()
        };
        candidates(&wish).next().unwrap()
    }

    #[test]
    fn a_library_brings_the_libraries_of_its_own_installation() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().canonicalize().unwrap();
        fs::write(folder.join("libonnxruntime.so.1.31.1"), b"").unwrap();
        assert_eq!(named(&folder).preload, Vec::<PathBuf>::new());
        let marker = r#"{"version": "1.31.1", "flavour": "cuda", "library": "libonnxruntime.so.1.31.1",
                         "preload": ["cuda/libcudart.so.13"]}"#;
        fs::write(folder.join(setup::MARKER), marker).unwrap();
        for path in [folder.clone(), folder.join("libonnxruntime.so.1.31.1")] {
            let found = named(&path);
            assert_eq!(found.path, folder.join("libonnxruntime.so.1.31.1"));
            assert_eq!(found.preload, [folder.join("cuda/libcudart.so.13")]);
        }
    }
}
