//! A loaded translator: texts in, the best translations of each out.

use std::borrow::Cow;

use ort::value::DynValue;

use super::decoder::{Decoder, Memory};
use super::error::{TextError, TranslateError};
use super::hypothesis::Scored;
use super::languages::Languages;
use super::layout::Layout;
use super::search::Search;
use super::settings::GenerationSettings;
use super::vocabulary::{Kind, Vocabulary};
use crate::onnx::batch::{Limits, batches};
use crate::onnx::encoder::tensor;
use crate::onnx::engine::Engine;
use crate::onnx::error::ModelError;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::operators;
use crate::onnx::session::{Session, SessionError};
use crate::run::interrupt::Interrupt;

/// Rows of the decoder in one run, and tokens of the sources behind them: with them the cache of an opus-mt model stays
/// below 1 GiB even if every translation becomes as long as the model allows.
const ROWS: usize = 64;
const TOKENS: usize = 4096;

/// Where a model tells no limit of its own.
const POSITIONS: usize = 1024;

/// One translation of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// The text, without special tokens.
    pub text: String,
    /// The token ids behind the decoder's start token, the end token included.
    pub tokens: Vec<u32>,
    /// The sum of the log-probabilities divided by the number of tokens to the power of the length penalty.
    pub score: f32,
}

/// What became of one text: its translations, the best first (drawn ones in the order of drawing).
pub type Translation = Result<Vec<Hypothesis>, TextError>;

/// A loaded translator.
#[derive(Debug)]
pub struct Translator {
    encoder: Session,
    decoder: Decoder,
    vocabulary: Vocabulary,
    settings: GenerationSettings,
    /// Tokens of the output vocabulary.
    size: usize,
    positions: usize,
    alone: bool,
    cuts: bool,
    rows: usize,
    hash: String,
}

impl Translator {
    /// Loads the translator of a folder.
    ///
    /// # Errors
    /// [`TranslateError`].
    pub fn open(engine: &Engine, folder: &ModelFolder, precision: Precision) -> Result<Self, TranslateError> {
        let config = folder.json("config.json")?;
        let kind = match config["model_type"].as_str() {
            Some("marian") => Kind::Marian,
            Some("m2m_100") => Kind::M2m100,
            other => {
                return Err(ModelError::Unsupported {
                    model: folder.path().display().to_string(),
                    reason: format!(
                        "found a model of type {}, expected marian or m2m_100",
                        other.unwrap_or("unknown")
                    ),
                }
                .into());
            }
        };
        let layout = Layout::of(folder, precision)?;
        let vocabulary = Vocabulary::open(folder, kind)?;
        let settings = GenerationSettings::of(folder)?;
        let encoder = engine.session(&layout.encoder)?;
        let takes = ["input_ids", "attention_mask"];
        if encoder.output("last_hidden_state").is_none()
            || encoder.input(takes[0]).is_none()
            || encoder
                .inputs()
                .iter()
                .any(|port| !takes.contains(&port.name.as_str()))
        {
            return Err(encoder
                .unfit("inputs input_ids and attention_mask and an output last_hidden_state")
                .into());
        }
        let decoder = Decoder::open(engine, &layout.decoder)?;
        let mut alone = false;
        for graph in layout.files() {
            alone |= operators::depends_on_batch(&graph).map_err(|error| SessionError::Load {
                path: graph.clone(),
                reason: error.to_string(),
            })?;
        }
        let whole = |name: &str| {
            config[name]
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
        };
        let files = [layout.files().as_slice(), vocabulary.files()].concat();
        Ok(Translator {
            size: decoder
                .vocabulary()
                .or_else(|| whole("vocab_size"))
                .unwrap_or(usize::MAX),
            positions: whole("max_position_embeddings").unwrap_or(POSITIONS),
            hash: folder.hash(&files)?,
            encoder,
            decoder,
            vocabulary,
            settings,
            alone,
            cuts: false,
            rows: ROWS,
        })
    }

    /// How the model's own files ask to translate: what to change from.
    #[must_use]
    pub fn settings(&self) -> &GenerationSettings {
        &self.settings
    }

    /// The codes of the languages that can be asked for, sorted; none for a model of one pair.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.vocabulary.languages()
    }

    /// A hash of the graphs and the tokenizer. 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether texts are run one by one, because the model's numbers depend on what else is in a batch.
    #[must_use]
    pub fn runs_alone(&self) -> bool {
        self.alone
    }

    /// Cuts texts that are too long for the model at their end; without this they are refused.
    #[must_use]
    pub fn cutting(mut self) -> Self {
        self.cuts = true;
        self
    }

    /// Another number of decoder rows in one run, 64 by default: texts × beams. One text always runs.
    #[must_use]
    pub fn with_rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// The token ids that the encoder is given for a text; more than the model has positions if it is too long.
    ///
    /// # Errors
    /// [`TranslateError`].
    pub fn source(&self, text: &str, languages: Option<Languages<'_>>) -> Result<Vec<u32>, TranslateError> {
        let frame = self.vocabulary.frame(languages)?;
        let cut = self.cuts.then_some(self.positions);
        Ok(self.vocabulary.encode(text, &frame, cut)?)
    }

    /// Translates texts; the results are in their order, and none depends on the other texts. A Marian model of one
    /// pair needs no languages.
    ///
    /// # Errors
    /// [`TranslateError`]; what is wrong with one text alone is in its place instead.
    pub fn translate(
        &mut self,
        texts: &[&str],
        languages: Option<Languages<'_>>,
        settings: &GenerationSettings,
        interrupt: &Interrupt,
    ) -> Result<Vec<Translation>, TranslateError> {
        let mut settings = settings.clone();
        let frame = self.vocabulary.frame(languages)?;
        settings.forced_bos_token_id = frame.first.or(settings.forced_bos_token_id);
        settings.check(self.size, Some(self.positions))?;
        let cut = self.cuts.then_some(self.positions);
        let mut sources = Vec::with_capacity(texts.len());
        for text in texts {
            sources.push(self.vocabulary.encode(text, &frame, cut)?);
        }
        let mut results: Vec<Translation> = sources
            .iter()
            .map(|source| {
                Err(TextError::TooLong {
                    tokens: source.len(),
                    limit: self.positions,
                })
            })
            .collect();
        let fitting: Vec<usize> = (0..texts.len())
            .filter(|&at| sources[at].len() <= self.positions)
            .collect();
        let lengths: Vec<usize> = fitting.iter().map(|&at| sources[at].len()).collect();
        for batch in batches(&lengths, self.limits(&settings)) {
            let batch: Vec<usize> = batch.into_iter().map(|at| fitting[at]).collect();
            let rows: Vec<&[u32]> = batch.iter().map(|&at| sources[at].as_slice()).collect();
            let keys: Vec<&str> = batch.iter().map(|&at| texts[at]).collect();
            let found = self.search(&rows, &keys, &settings, interrupt)?;
            for (at, scored) in batch.into_iter().zip(found) {
                results[at] = self.shown(scored, settings.num_return_sequences)?;
            }
        }
        Ok(results)
    }

    /// What one run may hold. The cache of a step grows with texts × beams, and so does what a text counts.
    fn limits(&self, settings: &GenerationSettings) -> Limits {
        let each = settings.num_beams.max(settings.num_return_sequences);
        Limits {
            rows: if self.alone { 1 } else { (self.rows / each).max(1) },
            tokens: TOKENS / each,
        }
    }

    fn shown(&self, found: Vec<Scored>, wanted: usize) -> Result<Translation, TranslateError> {
        if found.is_empty() {
            return Ok(Err(TextError::Nothing));
        }
        let mut shown = Vec::with_capacity(wanted.min(found.len()));
        for Scored { tokens, score } in found.into_iter().take(wanted) {
            let text = self.vocabulary.decode(&tokens)?;
            shown.push(Hypothesis { text, tokens, score });
        }
        Ok(Ok(shown))
    }

    /// Searches for the translations of a batch of sources, all steps side by side. What is finished leaves the batch.
    fn search(
        &mut self,
        sources: &[&[u32]],
        keys: &[&str],
        settings: &GenerationSettings,
        interrupt: &Interrupt,
    ) -> Result<Vec<Vec<Scored>>, TranslateError> {
        let lengths: Vec<usize> = sources.iter().map(|source| source.len()).collect();
        let mut memory = Memory::new(self.encode(sources, settings.pad_token_id)?, lengths);
        let mut searches: Vec<Search> = keys.iter().map(|key| Search::new(settings, key)).collect();
        // The row of the last step from which each search's rows were counted.
        let mut bases: Vec<usize> = (0..searches.len()).collect();
        loop {
            if interrupt.stopped() {
                return Err(ModelError::Interrupted.into());
            }
            let (mut parents, mut sequences) = (Vec::new(), Vec::new());
            let mut next_bases = Vec::with_capacity(searches.len());
            for (search, base) in searches.iter().zip(&bases) {
                next_bases.push(sequences.len());
                for prefix in search.running() {
                    parents.push(base + prefix.parent);
                    sequences.push(prefix.tokens.as_slice());
                }
            }
            if sequences.is_empty() {
                return Ok(searches.into_iter().map(Search::found).collect());
            }
            let mut logits = self.decoder.step(&mut memory, &parents, &sequences)?;
            bases = next_bases;
            let mut rows = logits.data.chunks_exact_mut(logits.size);
            for search in &mut searches {
                let mut own: Vec<&mut [f32]> = rows.by_ref().take(search.running().len()).collect();
                if !own.is_empty() && search.advance(settings, &mut own).is_err() {
                    return Err(self.decoder.failed("its logits are no numbers").into());
                }
            }
        }
    }

    fn encode(&mut self, sources: &[&[u32]], pad: u32) -> Result<DynValue, SessionError> {
        let width = sources.iter().map(|source| source.len()).max().unwrap_or(0);
        let mut values = Vec::with_capacity(2);
        for port in self.encoder.inputs() {
            let filling = if port.name == "input_ids" {
                i64::from(pad)
            } else {
                0
            };
            let mut numbers = Vec::with_capacity(sources.len() * width);
            for source in sources {
                let shown = |&id: &u32| {
                    if port.name == "input_ids" {
                        i64::from(id)
                    } else {
                        1
                    }
                };
                numbers.extend(source.iter().map(shown));
                numbers.extend(std::iter::repeat_n(filling, width - source.len()));
            }
            let element = port.element.unwrap_or(ort::value::TensorElementType::Int64);
            let value = tensor(&[sources.len(), width], numbers, element);
            let value = value.map_err(|error| self.encoder.failed(error))?;
            values.push((Cow::Owned(port.name.clone()), value));
        }
        let path = self.encoder.path().to_owned();
        let mut outputs = self.encoder.run(values)?;
        outputs
            .remove("last_hidden_state")
            .ok_or_else(|| SessionError::Run {
                path,
                reason: "it gave no last_hidden_state".to_owned(),
            })
    }
}
