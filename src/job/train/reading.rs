//! What reads the texts of a training, and what it makes of them.

use std::rc::Rc;

use super::backbone::refuse_missing_layers;
use super::encoder::EncoderPlace;
use super::{Form, FoundEncoder, TokenTable, TokensPlace, TrainJob, TrainJobError};
use crate::onnx::engine::Engine;
use crate::onnx::error::ModelError;
use crate::onnx::folder::Precision;
use crate::onnx::pooling::Pooling;
use crate::onnx::tokens::Tokens;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;
use crate::train::features::Plan;
use crate::train::features::text::TextEncoder;
use crate::train::networks::{EncoderFile, Pooled, TextBranch};

/// What reads texts.
pub(super) enum Reader<'a> {
    /// Nothing: the network takes none.
    None,
    /// A frozen encoder, loaded.
    Frozen {
        found: &'a FoundEncoder,
        loaded: TextEncoder,
        place: EncoderPlace,
    },
    /// The network itself, behind a tokenizer.
    Within {
        branch: TextBranch,
        tokens: Tokens,
        place: TokensPlace,
    },
}

impl Reader<'_> {
    /// Size of the features of texts; 0 where the network makes them itself.
    pub(super) fn size(&self) -> usize {
        match self {
            Reader::Frozen { place, .. } => place.size,
            Reader::None | Reader::Within { .. } => 0,
        }
    }

    /// The encoder within the network.
    pub(super) fn branch(&self) -> Option<&TextBranch> {
        match self {
            Reader::Within { branch, .. } => Some(branch),
            Reader::None | Reader::Frozen { .. } => None,
        }
    }

    /// What the model's folder has to know of it.
    pub(super) fn places(self) -> (Option<EncoderPlace>, Option<TokensPlace>) {
        match self {
            Reader::None => (None, None),
            Reader::Frozen { place, .. } => (Some(place), None),
            Reader::Within { place, .. } => (None, Some(place)),
        }
    }

    /// What texts become; `tell` is called with what a frozen encoder has to do.
    ///
    /// # Errors
    /// [`TrainJobError`].
    pub(super) fn read(
        &mut self,
        texts: &[&str],
        interrupt: &Interrupt,
        progress: &dyn Progress,
        tell: &mut dyn FnMut(&Plan),
    ) -> Result<Option<Form>, TrainJobError> {
        Ok(match self {
            Reader::None => None,
            Reader::Frozen { found, loaded, .. } => {
                let made = found.features(loaded, texts, interrupt, progress, tell)?;
                Some(Form::Features(Rc::new(made)))
            }
            Reader::Within {
                branch,
                tokens,
                place,
            } => {
                // Held-out texts are cut to what training has seen.
                let table = TokenTable::new(tokens, texts, place.width, branch.names())?;
                Some(Form::Tokens(Rc::new(table)))
            }
        })
    }
}

impl TrainJob {
    /// What reads the texts of this training.
    pub(super) fn reader(&self, engine: &Engine, interrupt: &Interrupt) -> Result<Reader<'_>, TrainJobError> {
        let Some(found) = &self.encoder else {
            return Ok(Reader::None);
        };
        if self.recipe.network.reader().is_some() {
            return self.reader_within(found);
        }
        let (loaded, place) = found.load(engine, interrupt)?;
        Ok(Reader::Frozen { found, loaded, place })
    }

    /// The encoder within the network, for rows as long as the longest text that it is trained on.
    fn reader_within(&self, encoder: &FoundEncoder) -> Result<Reader<'_>, TrainJobError> {
        let Some(section) = self.recipe.network.reader() else {
            return Ok(Reader::None);
        };
        if encoder.precision != Precision::Fp32 {
            let message = format!(
                "found {}, expected fp32: an encoder is trained in 32-bit numbers",
                encoder.precision
            );
            return Err(self.recipe.error("encoder", "precision", message, None).into());
        }
        let folder = &encoder.found.folder;
        let graph = folder
            .graph("model", encoder.precision)
            .map_err(ModelError::from)?;
        let mut files = folder.weights_of(&graph);
        files.extend([
            graph.clone(),
            folder.file("tokenizer.json").map_err(ModelError::from)?,
        ]);
        let hash = folder.hash(&files).map_err(ModelError::from)?;
        let tokens = Tokens::open(folder).map_err(ModelError::from)?;
        let most = section.max_tokens.min(tokens.limit());
        let longest = TokenTable::longest(&tokens, &self.trained_texts(), most)?;
        let width = longest.next_multiple_of(8).min(most);
        let file = EncoderFile::open(&graph, &encoder.found.own_name(), &hash, width)
            .map_err(|error| TrainJobError::Other(format!("{}: {error}", graph.display())))?;
        refuse_missing_layers(section.train, file.layers, &graph, &self.recipe)?;
        let branch = TextBranch {
            encoder: file,
            train: section.train,
            pooling: match encoder.pooling {
                Pooling::Mean => Pooled::Mean,
                _ => Pooled::First,
            },
            tokens: width,
        };
        Ok(Reader::Within {
            branch,
            tokens,
            place: TokensPlace::of(folder, width)?,
        })
    }

    /// All texts: of training rows, of held-out rows, and the sentences that may stand in.
    pub(super) fn texts(&self) -> Vec<&str> {
        let rows = self.train.iter().chain(&self.held);
        let sentences = self.sentences.iter().flatten();
        rows.chain(sentences).map(|row| row.text.as_str()).collect()
    }

    /// The texts that are trained on.
    fn trained_texts(&self) -> Vec<&str> {
        let rows = self.train.iter().chain(self.sentences.iter().flatten());
        rows.map(|row| row.text.as_str()).collect()
    }
}
