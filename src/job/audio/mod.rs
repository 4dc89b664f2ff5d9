//! `augment audio`: from a recipe to a dataset.

mod load;
mod make;
mod maker;
mod outcome;
mod planning;
mod render;
mod run;
mod work;

pub use load::{AudioJob, LoadOptions};
pub use outcome::{Forecast, Outcome};
pub use render::{Files, Rendered, Renderer};
pub use run::{RunOptions, run};
