//! The recipe of `augment audio`.

use std::path::{Path, PathBuf};

use super::{
    CorpusSection, Document, NamedTransform, OutputSection, RecipeError, SplitSection, balance, corpus, hash,
    output, prepare, split, transforms,
};
use crate::audio::image::ImageSettings;
use crate::audio::mel::MelSettings;
use crate::audio::preparation::Preparation;
use crate::audio::prepare::PrepareSettings;
use crate::audio::transform::{Context, Written};
use crate::corpus::CorpusError;
use crate::plan::BalanceSettings;

/// A validated recipe.
pub struct AudioRecipe {
    /// The text, for errors that turn up later.
    pub document: Document,
    /// The run's seed.
    pub seed: u64,
    /// What comes in.
    pub corpus: CorpusSection,
    /// How it is brought into shape.
    pub prepare: PrepareSettings,
    /// What is held out.
    pub split: SplitSection,
    /// How much is made.
    pub balance: BalanceSettings,
    /// What is done.
    pub transforms: Vec<NamedTransform>,
    /// The mel spectrogram.
    pub mel: MelSettings,
    /// Its picture.
    pub image: ImageSettings,
    /// Which files are written.
    pub output: OutputSection,
}

const SECTIONS: [&str; 8] = [
    "seed",
    "corpus",
    "prepare",
    "split",
    "balance",
    "transform",
    "mel",
    "output",
];

impl AudioRecipe {
    /// Reads and validates a recipe file; `seed` overrides its own.
    ///
    /// # Errors
    /// [`RecipeError`] for the first fault.
    pub fn read(path: &Path, seed: Option<u64>) -> Result<Self, RecipeError> {
        Self::of(Document::read(path)?, seed)
    }

    /// Validates a recipe.
    ///
    /// # Errors
    /// [`RecipeError`] for the first fault.
    pub fn of(document: Document, seed: Option<u64>) -> Result<Self, RecipeError> {
        let root = document.root()?;
        root.only(&SECTIONS)?;
        let own: Option<u64> = root.get("seed")?;
        let prepare = prepare::read(&root)?;
        let (mel, image) = mel(&root, prepare.sample_rate)?;
        let context = Context {
            rate: prepare.sample_rate,
            mel: mel.clone(),
        };
        let transforms = transforms::read(&root, &context)?;
        let corpus = corpus::read(&root)?;
        let split = split::read(&root)?;
        let balance = balance::read(&root)?;
        let output = output::read(&root)?;
        let made = output.made;
        let written = Written {
            audio: made.audio,
            images: made.images,
            arrays: made.arrays,
        };
        if let Some(index) = transforms
            .iter()
            .position(|named| !named.transform.shows(written))
        {
            let message = "what it does would be in none of the files that [output] asks for";
            let hint = Some(
                "write the audio, or images or arrays as well; a mask leaves the audio as its key audio says"
                    .to_owned(),
            );
            let tables = root.tables("transform")?;
            return Err(tables.get(index).unwrap_or(&root).error("kind", message, hint));
        }
        Ok(AudioRecipe {
            seed: seed.or(own).unwrap_or(0),
            corpus,
            prepare,
            split,
            balance,
            transforms,
            mel,
            image,
            output,
            document,
        })
    }

    /// The folder that the recipe's relative paths start from.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        self.document.base()
    }

    /// What is done to every recording until its picture is there.
    #[must_use]
    pub fn preparation(&self) -> Preparation {
        Preparation {
            prepare: self.prepare.clone(),
            mel: self.mel.clone(),
            image: self.image.clone(),
        }
    }

    /// Hash of what the recipe asks for, the seed in force included.
    ///
    /// # Errors
    /// None for a recipe that was read.
    pub fn hash(&self) -> Result<String, RecipeError> {
        hash::recipe_hash(&self.document, &[("seed", self.seed.into())])
    }

    /// An error about a key of a table, by their names.
    #[must_use]
    pub fn error(&self, table: &str, key: &str, message: String, hint: Option<String>) -> RecipeError {
        self.document.error(table, key, &message, hint.as_ref())
    }

    /// An error about a key of the transform with this index.
    #[must_use]
    pub fn transform_error(&self, index: usize, key: &str, message: String) -> RecipeError {
        let found = self.document.root().and_then(|root| {
            let tables = root.tables("transform")?;
            Ok(tables
                .get(index)
                .unwrap_or(&root)
                .error(key, message.clone(), None))
        });
        found.unwrap_or_else(|error| error)
    }

    /// Puts an error of the corpus at its line.
    #[must_use]
    pub fn at_corpus(&self, error: &CorpusError) -> RecipeError {
        self.error(
            "corpus",
            error.key().unwrap_or(""),
            error.to_string(),
            error.hint(),
        )
    }
}

fn mel(root: &super::Table<'_>, rate: u32) -> Result<(MelSettings, ImageSettings), RecipeError> {
    let Some(table) = root.table("mel")? else {
        let (mel, image) = (MelSettings::default(), ImageSettings::default());
        return match mel.check(rate) {
            Ok(()) => Ok((mel, image)),
            Err(error) => Err(root.error("prepare", error.to_string(), None)),
        };
    };
    let mel: MelSettings = table.read(&["image"])?;
    mel.check(rate)
        .map_err(|error| table.error(error.key, error.to_string(), None))?;
    let image = match table.table("image")? {
        None => ImageSettings::default(),
        Some(image) => {
            let settings: ImageSettings = image.read(&[])?;
            settings
                .check()
                .map_err(|error| image.error(error.key, error.to_string(), None))?;
            settings
        }
    };
    Ok((mel, image))
}
