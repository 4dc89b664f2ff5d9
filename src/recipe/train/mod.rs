//! The recipe of `augment train`.

mod backbone;
mod data;
mod init;
mod network;
mod settings;

use std::path::{Path, PathBuf};

pub use backbone::BackboneSection;
pub use data::{DataSection, EncoderSection};
pub use init::Beginning;
pub use network::{MapSection, NetworkSection, ReaderSection, SpeechSection, WordsSection};
pub use settings::{ClassWeights, TrainSection};

use super::{Document, RecipeError, hash};

/// A validated recipe.
#[derive(Debug, Clone)]
pub struct TrainRecipe {
    /// The text, for errors that turn up later.
    pub document: Document,
    /// The seed of the first parameters, of the order of rows and of dropout.
    pub seed: u64,
    /// What is trained on.
    pub data: DataSection,
    /// What is trained.
    pub network: NetworkSection,
    /// The encoder of texts, where the network has one.
    pub encoder: Option<EncoderSection>,
    /// The image encoder, where the network has one.
    pub backbone: Option<BackboneSection>,
    /// Models that parameters are taken from in place of random ones, as the recipe names them.
    pub init: Vec<(Beginning, PathBuf)>,
    /// How it is trained.
    pub train: TrainSection,
}

/// What flags put in place of a recipe's own values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrainOverrides {
    /// The seed.
    pub seed: Option<u64>,
    /// The dataset of speech.
    pub audio: Option<PathBuf>,
    /// The dataset of sentences.
    pub text: Option<PathBuf>,
}

const SECTIONS: [&str; 7] = ["seed", "data", "network", "encoder", "backbone", "init", "train"];

/// Keys that decide no weight: models and encoders are told apart by their own hashes, wherever they are.
const WITHOUT: [(&str, &str); 8] = [
    ("train", "checkpoint_seconds"),
    ("encoder", "cache_limit"),
    ("encoder", "model"),
    ("backbone", "cache_limit"),
    ("backbone", "model"),
    ("init", "model"),
    ("init", "speech"),
    ("init", "text"),
];

impl TrainRecipe {
    /// Reads and validates a recipe file.
    ///
    /// # Errors
    /// [`RecipeError`] for the first fault.
    pub fn read(path: &Path, overrides: TrainOverrides) -> Result<Self, RecipeError> {
        Self::of(Document::read(path)?, overrides)
    }

    /// Validates a recipe.
    ///
    /// # Errors
    /// [`RecipeError`] for the first fault.
    pub fn of(document: Document, overrides: TrainOverrides) -> Result<Self, RecipeError> {
        let root = document.root()?;
        root.only(&SECTIONS)?;
        let own: Option<u64> = root.get("seed")?;
        let network = network::read(&root)?;
        let data = data::read(&root, overrides.audio, overrides.text)?;
        let encoder = data::encoder(&root)?;
        if network.reads_text() && encoder.is_none() {
            let hint = "write [encoder] with model = \"all-MiniLM-L6-v2\" or the path of a model's folder";
            let message = format!(
                "{} reads texts through an encoder, and there is no [encoder]",
                network.name()
            );
            return Err(document.error("network", "kind", &message, Some(&hint.to_owned())));
        }
        if !network.reads_text() && encoder.is_some() {
            let message = format!("{} reads no texts", network.name());
            return Err(document.error("encoder", "", &message, None));
        }
        if data.augmented_text > 0.0 && !network.reads_text() {
            let message = format!("{} reads no texts", network.name());
            return Err(document.error("data", "augmented_text", &message, None));
        }
        let backbone = backbone::read(&root)?;
        if network.map().is_some() && backbone.is_none() {
            let hint =
                "write [backbone] with model = \"resnet-50\" or the path of a model's folder".to_owned();
            let message = "resnet50-crnn-at stands behind an image encoder, and there is no [backbone]";
            let key = if network.reads_text() { "speech" } else { "kind" };
            return Err(document.error("network", key, message, Some(&hint)));
        }
        if network.map().is_none() && backbone.is_some() {
            let message = "the network has no image encoder";
            let hint = "kind = \"resnet50-crnn-at\" has one, and bimer with speech = \"resnet50-crnn-at\""
                .to_owned();
            return Err(document.error("backbone", "", message, Some(&hint)));
        }
        let init = init::read(&root, &network)?;
        let train = settings::read(&root)?;
        Ok(TrainRecipe {
            seed: overrides.seed.or(own).unwrap_or(0),
            data,
            network,
            encoder,
            backbone,
            init,
            train,
            document,
        })
    }

    /// The folder that the recipe's relative paths start from.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        self.document.base()
    }

    /// Hash of what the recipe asks for, values of flags included.
    ///
    /// # Errors
    /// None for a recipe that was read.
    pub fn hash(&self) -> Result<String, RecipeError> {
        // Of [data], the paths say where something is, and flags may replace them; what is there has a hash of its own.
        let overrides = [
            ("seed", self.seed.into()),
            ("data", self.data.augmented_text.into()),
        ];
        hash::recipe_hash_without(&self.document, &overrides, &WITHOUT)
    }

    /// An error about a key of a table, by their names.
    #[must_use]
    pub fn error(&self, table: &str, key: &str, message: String, hint: Option<String>) -> RecipeError {
        self.document.error(table, key, &message, hint.as_ref())
    }
}
