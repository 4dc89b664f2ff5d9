//! Every place where the library is looked for, and what is there.

use std::path::Path;

use serde::Serialize;

use crate::onnx::runtime::{Candidate, Library, LibraryFault, Origin, Wish, candidates};
use crate::onnx::setup::{Flavour, MARKER, VERSION, folder_of};

/// One place of the search, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Where was looked: `--onnxruntime`, `ORT_DYLIB_PATH`, `augment setup`, `Python's package`, `the system`.
    pub origin: String,
    /// What was found there.
    #[serde(flatten)]
    pub found: Found,
}

/// What a place holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Found {
    /// Nothing.
    Nothing {
        /// In which way.
        why: String,
    },
    /// A library that can't be used.
    Broken {
        /// What is wrong with it; names it.
        reason: String,
    },
    /// The library that is used.
    Taken {
        /// Its file.
        path: String,
        /// Its version.
        version: String,
    },
    /// A library that an earlier place comes before. It is not loaded: a process should hold one.
    Spare {
        /// Its file.
        path: String,
    },
}

/// Goes through the places as the search does.
pub(super) fn places(wish: &Wish) -> Vec<Place> {
    let found: Vec<Candidate> = candidates(wish).collect();
    let of = |origin: Origin| -> Vec<&Candidate> {
        found
            .iter()
            .filter(|candidate| candidate.origin == origin)
            .collect()
    };
    let mut walk = Walk {
        done: false,
        places: Vec::new(),
    };
    let unset = match &wish.library {
        Some(_) => "not looked at",
        None => "not set",
    };
    walk.look_all(Origin::Flag, &of(Origin::Flag), "not given");
    walk.look_all(Origin::Variable, &of(Origin::Variable), unset);
    // One that was named is taken or none, so that a mistake in its name does not go unnoticed.
    walk.done |= found.first().is_some_and(|first| first.origin.is_explicit());
    walk.installations(wish.data.as_deref(), &of(Origin::Installed));
    walk.look_all(
        Origin::Python,
        &of(Origin::Python),
        "no package onnxruntime or onnxruntime-gpu",
    );
    walk.look_all(Origin::System, &of(Origin::System), "none");
    walk.places
}

struct Walk {
    /// Whether the search ends before the next place.
    done: bool,
    places: Vec<Place>,
}

impl Walk {
    fn look_all(&mut self, origin: Origin, candidates: &[&Candidate], nothing: &str) {
        for candidate in candidates {
            let found = self.look(candidate);
            self.add(origin, found);
        }
        if candidates.is_empty() {
            let why = nothing.to_owned();
            self.add(origin, Found::Nothing { why });
        }
    }

    /// One line for each build that `augment setup` could have installed.
    fn installations(&mut self, data: Option<&Path>, candidates: &[&Candidate]) {
        let Some(data) = data else {
            let why = "there is no data folder: neither XDG_DATA_HOME nor HOME is set".to_owned();
            return self.add(Origin::Installed, Found::Nothing { why });
        };
        for candidate in candidates {
            let found = self.look(candidate);
            self.add(Origin::Installed, found);
        }
        for flavour in [Flavour::Cpu, Flavour::Cuda] {
            let folder = folder_of(data, flavour);
            if candidates
                .iter()
                .any(|candidate| candidate.path.starts_with(&folder))
            {
                continue;
            }
            let found = if folder.exists() {
                Found::Broken {
                    reason: format!(
                        "{}: not complete ({MARKER} is not there or not readable)",
                        folder.display()
                    ),
                }
            } else {
                Found::Nothing {
                    why: format!("{VERSION} ({flavour}) is not installed"),
                }
            };
            self.add(Origin::Installed, found);
        }
    }

    fn look(&mut self, candidate: &Candidate) -> Found {
        let path = candidate.path.clone();
        if self.done {
            // The system's is known by its bare name alone; whether it is there shows only in loading it.
            return match candidate.origin {
                Origin::System => Found::Nothing {
                    why: "not looked at".to_owned(),
                },
                _ => Found::Spare {
                    path: path.to_string_lossy().into_owned(),
                },
            };
        }
        match Library::open(&path) {
            Ok(library) => {
                self.done = true;
                Found::Taken {
                    path: library.path.to_string_lossy().into_owned(),
                    version: library.version,
                }
            }
            Err(LibraryFault::Absent(_)) if candidate.origin == Origin::System => Found::Nothing {
                why: "none".to_owned(),
            },
            Err(fault) => Found::Broken {
                reason: fault.to_string(),
            },
        }
    }

    fn add(&mut self, origin: Origin, found: Found) {
        self.places.push(Place {
            origin: origin.to_string(),
            found,
        });
    }
}
