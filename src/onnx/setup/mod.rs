//! The pinned ONNX Runtime in the user's data folder: `DATA/onnxruntime/<version>-<flavour>/`.
//!
//! It is taken from the wheels of its Python package, which the user's own pip fetches or a folder holds. Each
//! wheel is pinned by its hash, and only libraries and licences are unpacked. Nothing of Python is needed later.

mod begin;
mod cuda;
mod error;
mod install;
mod installed;
mod package;
mod pip;
mod place;
mod redact;
mod wheel;

pub use begin::{Begun, Done, begin};
pub use cuda::cuda_libraries;
pub use error::{SetupError, megabytes};
pub use install::{Job, Source};
pub use installed::{Flavour, Installed, MARKER, VERSION, folder_of, installed, installed_in};
pub use package::Package;
pub use pip::Pip;
pub use place::free_space;
pub use redact::without_passwords;

#[cfg(test)]
mod tests;
