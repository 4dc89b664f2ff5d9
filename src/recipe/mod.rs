//! The TOML files that users write, validated before any work; errors point at file, line and key.

mod audio;
mod balance;
mod corpus;
mod document;
mod error;
mod hash;
mod output;
mod prepare;
mod split;
mod text;
mod text_fill;
mod text_gate;
mod text_section;
mod text_translate;
mod train;
mod transforms;

pub use audio::AudioRecipe;
pub use corpus::{CorpusKind, CorpusSection};
pub use document::{Document, Table};
pub use error::{RecipeError, did_you_mean};
pub use output::{Kinds, OutputSection};
pub use split::{GroupBy, SplitSection};
pub use text::{TextOverrides, TextRecipe};
pub use text_fill::FillSection;
pub use text_gate::{ClassifierSection, GateSection};
pub use text_section::{Case, OnFailure, TextSection};
pub use text_translate::{Backend, TranslateSection};
pub use train::{
    BackboneSection, Beginning, ClassWeights, DataSection, EncoderSection, MapSection, NetworkSection,
    ReaderSection, SpeechSection, TrainOverrides, TrainRecipe, TrainSection, WordsSection,
};
pub use transforms::{KINDS, NamedTransform, read as read_transforms};
