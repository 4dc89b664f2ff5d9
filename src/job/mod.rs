//! Whole jobs: what the commands of the program do, put together from the rooms below.

pub mod audio;
mod error;
mod planning;
pub mod registry;
pub mod replay;
pub mod text;

pub use error::JobError;
