//! `augment train`: datasets and a recipe become a trained model.

mod backbone;
mod data;
mod encoder;
mod error;
mod examples;
mod files;
mod found;
mod init;
mod load;
mod oversample;
mod pictures;
mod prepare;
mod reading;
mod report;
mod run;
mod sight;
mod sizes;
mod stand_ins;
mod texts;
mod tokens;

pub use backbone::FoundBackbone;
pub use data::{Dataset, Example, Kind, Source};
pub use encoder::{EncoderPlace, Features, FoundEncoder};
pub use error::TrainJobError;
pub use examples::Examples;
pub use files::confusion;
pub use found::FoundModel;
pub use load::TrainJob;
pub use pictures::{PictureFile, Pictures, planes};
pub use prepare::Prepared;
pub use report::{Report, measures};
pub use run::Trained;
pub use sight::Sight;
pub use texts::{Form, Texts};
pub use tokens::{TokenTable, TokensPlace};
