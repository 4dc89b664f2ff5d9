//! Whole jobs: what the commands of the program do, put together from the rooms below.

pub mod audio;
mod error;
pub mod evaluate;
pub mod infer;
pub mod model;
mod planning;
pub mod registry;
pub mod replay;
pub mod text;
pub mod train;

pub use error::JobError;
