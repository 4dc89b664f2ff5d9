//! `augment text`: from a recipe to a balanced dataset of sentences.

mod again;
mod calibrate;
mod close;
mod labels;
mod load;
mod models;
mod outcome;
mod rows;
mod run;
mod select;
mod settings;
mod translators;
mod work;

pub use again::again;
pub use calibrate::{
    CalibrateError, Calibration, CalibrationPlaces, Own, Spread, calibrate, find_for_calibration,
};
pub use load::{LoadOptions, TextJob};
pub(crate) use models::reference;
pub use models::{Loaded, ModelsError, Places, class as numerics_class, find, load as load_models};
pub use outcome::{ClassOutcome, Outcome, Routes};
pub use run::{RunOptions, run};
pub use select::{Candidate, ClassNeed};
pub use translators::Checks;
