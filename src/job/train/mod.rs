//! `augment train`: datasets and a recipe become a trained model.

mod data;
mod encoder;
mod error;
mod examples;
mod files;
mod init;
mod load;
mod oversample;
mod pictures;
mod prepare;
mod report;
mod run;
mod sizes;
mod stand_ins;
mod texts;
mod tokens;

pub use data::{Dataset, Example, Kind, Source};
pub use encoder::{EncoderPlace, Features, FoundEncoder};
pub use error::TrainJobError;
pub use examples::Examples;
pub use files::confusion;
pub use load::TrainJob;
pub use pictures::{PictureFile, Pictures, planes};
pub use prepare::Prepared;
pub use report::{Report, measures};
pub use run::Trained;
pub use texts::{Form, Texts};
pub use tokens::{TokenTable, TokensPlace};
