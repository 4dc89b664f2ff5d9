//! Whole jobs: what the commands of the program do, put together from the rooms below.

pub mod audio;
mod error;
pub mod registry;
pub mod replay;

pub use error::JobError;
