//! A loaded translator: texts in, the best translations of each out.

use std::collections::BTreeMap;

use super::error::{TextError, TranslateError};
use super::generator::Generator;
use super::hypothesis::Scored;
use super::languages::Languages;
use super::layout::Layout;
use super::settings::GenerationSettings;
use super::vocabulary::{Kind, Vocabulary};
use crate::onnx::engine::Engine;
use crate::onnx::error::ModelError;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::operators;
use crate::onnx::session::SessionError;
use crate::run::interrupt::Interrupt;

/// Rows of the decoder in one run, and tokens of the sources behind them: with them the cache of an opus-mt model stays
/// below 1 GiB even if every translation becomes as long as the model allows.
const ROWS: usize = 64;
const TOKENS: usize = 4096;

/// Sources are filled up to a multiple of this.
const WIDTHS: usize = 8;

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

/// What became of one text: its translations, the best first (drawn ones in the order of drawing); fewer than were asked
/// for where the settings leave no more.
pub type Translation = Result<Vec<Hypothesis>, TextError>;

/// A loaded translator.
#[derive(Debug)]
pub struct Translator {
    generator: Generator,
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
        let generator = Generator::open(engine, &layout)?;
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
            size: generator
                .vocabulary()
                .or_else(|| whole("vocab_size"))
                .unwrap_or(usize::MAX),
            positions: whole("max_position_embeddings").unwrap_or(POSITIONS),
            hash: folder.hash(&files)?,
            generator,
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
        for (width, rows) in self.groups(&sources) {
            for batch in rows.chunks(self.most(width, &settings)) {
                let ids: Vec<&[u32]> = batch.iter().map(|&row| sources[row].as_slice()).collect();
                let keys: Vec<&str> = batch.iter().map(|&row| texts[row]).collect();
                let found = self
                    .generator
                    .generate(&ids, width, &keys, &settings, interrupt)?;
                for (&row, scored) in batch.iter().zip(found) {
                    results[row] = self.shown(scored, settings.num_return_sequences)?;
                }
            }
        }
        Ok(results)
    }

    /// The sources that fit the model, by the width to which they are filled up. It depends on a source's own length
    /// alone, so that none's numbers depend on what it is run with.
    fn groups(&self, sources: &[Vec<u32>]) -> BTreeMap<usize, Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (row, source) in sources.iter().enumerate() {
            if source.len() <= self.positions {
                let width = source.len().next_multiple_of(WIDTHS).min(self.positions);
                groups.entry(width).or_default().push(row);
            }
        }
        groups
    }

    /// How many sources of a width run at once. The decoder has a row for each beam, and its cache grows with them.
    fn most(&self, width: usize, settings: &GenerationSettings) -> usize {
        let each = settings.num_beams.max(settings.num_return_sequences);
        if self.alone {
            return 1;
        }
        (self.rows / each).min(TOKENS / (each * width)).max(1)
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
}
