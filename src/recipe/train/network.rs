//! `[network]`: what is trained.

use serde::Deserialize;

use crate::onnx::graph::network::Tuned;
use crate::recipe::text_section::within;
use crate::recipe::{RecipeError, Table};
use crate::train::networks::{Attentive, Speech, WIDTHS};

/// The validated section: what the data do not decide.
#[derive(Debug, Clone, PartialEq)]
pub enum NetworkSection {
    /// The paper's network for mel images.
    ResnetCnn {
        /// Channels behind each block.
        widths: Vec<usize>,
        /// Dropped share.
        dropout: f64,
    },
    /// The paper's network for mel images with a recurrent layer and attention.
    ResnetCrnnAt {
        /// Channels behind each block.
        widths: Vec<usize>,
        /// What stands behind the blocks.
        attentive: Attentive,
        /// Dropped share.
        dropout: f64,
    },
    /// A head over a frozen encoder of texts.
    TextHead {
        /// Size of the hidden layer.
        hidden: Option<usize>,
        /// Dropped share.
        dropout: f64,
    },
    /// An encoder of texts that is trained itself.
    BertText {
        /// Which of the encoder's weights are trained.
        train: Tuned,
        /// Most tokens of a row.
        max_tokens: usize,
        /// Dropped share.
        dropout: f64,
    },
    /// Both, fused.
    Bimer {
        /// The speech branch.
        speech: Speech,
        /// Channels behind each block of the speech branch.
        widths: Vec<usize>,
        /// Size of the text branch.
        text_features: usize,
        /// Dropped share.
        dropout: f64,
    },
}

impl NetworkSection {
    /// Its name, as recipes have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            NetworkSection::ResnetCnn { .. } => "resnet-cnn",
            NetworkSection::ResnetCrnnAt { .. } => "resnet-crnn-at",
            NetworkSection::TextHead { .. } => "text-head",
            NetworkSection::Bimer { .. } => "bimer",
            NetworkSection::BertText { .. } => "bert-text",
        }
    }

    /// Whether it takes mel images.
    #[must_use]
    pub fn reads_images(&self) -> bool {
        !matches!(
            self,
            NetworkSection::TextHead { .. } | NetworkSection::BertText { .. }
        )
    }

    /// Whether it takes texts.
    #[must_use]
    pub fn reads_text(&self) -> bool {
        !matches!(
            self,
            NetworkSection::ResnetCnn { .. } | NetworkSection::ResnetCrnnAt { .. }
        )
    }

    /// The key of `[init]`: `speech` begins one branch of `bimer`, `model` a whole network of the same kind.
    #[must_use]
    pub fn init_key(&self) -> &'static str {
        match self {
            NetworkSection::Bimer { .. } => "speech",
            _ => "model",
        }
    }
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    ResnetCnn,
    ResnetCrnnAt,
    TextHead,
    Bimer,
    BertText,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Branch {
    ResnetCnn,
    ResnetCrnnAt,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: Kind,
    speech: Option<Branch>,
    widths: Option<Vec<usize>>,
    heads: Option<usize>,
    feed_forward: Option<usize>,
    encoder_dropout: Option<f64>,
    hidden: Option<usize>,
    text_features: Option<usize>,
    dropout: Option<f64>,
    train: Option<Tuned>,
    max_tokens: Option<usize>,
}

/// The largest layer, and the most blocks: each halves the picture.
const MAX_SIZE: usize = 8192;
const MAX_BLOCKS: usize = 12;
/// The most numbers that all blocks learn: a model's file can't exceed 2 GB, and training holds four times as much.
const MAX_PARAMETERS: usize = 400_000_000;
/// What BERT's own classifiers drop of the first token's vector.
const BERT_DROPOUT: f64 = 0.1;

pub(super) fn read(root: &Table<'_>) -> Result<NetworkSection, RecipeError> {
    let Some(table) = root.table("network")? else {
        let hint = "write [network] with kind = \"resnet-cnn\", \"resnet-crnn-at\", \"text-head\", \"bert-text\" or \"bimer\"";
        return Err(root.error("", "the table [network] is missing", Some(hint.to_owned())));
    };
    let raw = table.read::<Raw>(&[])?;
    let has_none = |keys: &[&str], kind: &str| match keys.iter().find(|key| table.has(key)) {
        None => Ok(()),
        Some(key) => Err(table.error(key, format!("{kind} has no such key"), None)),
    };
    let size = |key: &str, size: Option<usize>, otherwise: usize| {
        let size = size.unwrap_or(otherwise);
        within(&table, key, size as f64, 1.0, MAX_SIZE as f64)?;
        Ok::<usize, RecipeError>(size)
    };
    let share = |key: &str, share: f64| match (0.0..1.0).contains(&share) {
        true => Ok(share),
        false => {
            let message = format!("found {share}, allowed are 0 to below 1");
            Err(table.error(key, message, None))
        }
    };
    let dropout = |otherwise: f64| share("dropout", raw.dropout.unwrap_or(otherwise));
    let attentive = |widths: &[usize]| {
        let default = Attentive::default();
        let attentive = Attentive {
            heads: size("heads", raw.heads, default.heads)?,
            feed_forward: size("feed_forward", raw.feed_forward, default.feed_forward)?,
            encoder_dropout: share(
                "encoder_dropout",
                raw.encoder_dropout.unwrap_or(default.encoder_dropout),
            )?,
        };
        fits(&table, widths, attentive.heads)?;
        Ok::<Attentive, RecipeError>(attentive)
    };
    if !matches!(raw.kind, Kind::BertText) {
        has_none(&["train", "max_tokens"], "this kind")?;
    }
    match raw.kind {
        Kind::BertText => {
            has_none(&["widths", "hidden", "text_features", "speech"], "bert-text")?;
            has_none(&ATTENTIVE, "bert-text")?;
            let max_tokens = raw.max_tokens.unwrap_or(128);
            within(&table, "max_tokens", max_tokens as f64, 8.0, MAX_SIZE as f64)?;
            Ok(NetworkSection::BertText {
                train: raw.train.unwrap_or(Tuned::All),
                max_tokens,
                dropout: dropout(BERT_DROPOUT)?,
            })
        }
        Kind::ResnetCnn => {
            has_none(&["hidden", "text_features", "speech"], "resnet-cnn")?;
            has_none(&ATTENTIVE, "resnet-cnn")?;
            let (widths, dropout) = (widths(&table, raw.widths.clone())?, dropout(0.5)?);
            Ok(NetworkSection::ResnetCnn { widths, dropout })
        }
        Kind::ResnetCrnnAt => {
            has_none(&["hidden", "text_features", "speech"], "resnet-crnn-at")?;
            let widths = widths(&table, raw.widths.clone())?;
            Ok(NetworkSection::ResnetCrnnAt {
                attentive: attentive(&widths)?,
                widths,
                dropout: dropout(0.3)?,
            })
        }
        Kind::TextHead => {
            has_none(&["widths", "text_features", "speech"], "text-head")?;
            has_none(&ATTENTIVE, "text-head")?;
            let hidden = raw.hidden.map(|hidden| size("hidden", Some(hidden), 0));
            Ok(NetworkSection::TextHead {
                hidden: hidden.transpose()?,
                dropout: dropout(0.5)?,
            })
        }
        Kind::Bimer => {
            has_none(&["hidden"], "bimer")?;
            let widths = widths(&table, raw.widths.clone())?;
            let speech = match raw.speech {
                Some(Branch::ResnetCrnnAt) => Speech::ResnetCrnnAt(attentive(&widths)?),
                None | Some(Branch::ResnetCnn) => {
                    has_none(&ATTENTIVE, "bimer with speech = \"resnet-cnn\"")?;
                    Speech::ResnetCnn
                }
            };
            Ok(NetworkSection::Bimer {
                speech,
                widths,
                text_features: size("text_features", raw.text_features, 256)?,
                dropout: dropout(0.5)?,
            })
        }
    }
}

/// The keys of what stands behind the blocks of `resnet-crnn-at`.
const ATTENTIVE: [&str; 3] = ["heads", "feed_forward", "encoder_dropout"];

/// The last width is divided by the directions of the GRU, and by the heads.
fn fits(table: &Table<'_>, widths: &[usize], heads: usize) -> Result<(), RecipeError> {
    let last = widths.last().copied().unwrap_or(0);
    if last.is_multiple_of(2) && last.is_multiple_of(heads) {
        return Ok(());
    }
    let key = if table.has("heads") { "heads" } else { "widths" };
    let message = format!(
        "found {heads} heads for {last} channels behind the last block, expected an even number that they divide"
    );
    Err(table.error(key, message, None))
}

fn widths(table: &Table<'_>, widths: Option<Vec<usize>>) -> Result<Vec<usize>, RecipeError> {
    let widths = widths.unwrap_or_else(|| WIDTHS.to_vec());
    let sound =
        (1..=MAX_BLOCKS).contains(&widths.len()) && widths.iter().all(|width| (1..=MAX_SIZE).contains(width));
    if sound {
        let learned = learned(&widths);
        if learned > MAX_PARAMETERS {
            let message = format!(
                "found {widths:?}, which makes {} million parameters; allowed are {} million",
                learned / 1_000_000,
                MAX_PARAMETERS / 1_000_000
            );
            return Err(table.error("widths", message, None));
        }
        return Ok(widths);
    }
    let message =
        format!("found {widths:?}, expected 1 to {MAX_BLOCKS} numbers of channels of 1 to {MAX_SIZE}");
    Err(table.error("widths", message, None))
}

/// The weights of all blocks' convolutions: 3×3, 3×3 again, and the shortcut's 1×1. At most 12 · 19 · 8192² for sound widths.
fn learned(widths: &[usize]) -> usize {
    let before = std::iter::once(&3).chain(widths);
    let blocks = before.zip(widths);
    blocks.map(|(from, to)| 10 * from * to + 9 * to * to).sum()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::recipe::Document;

    fn read(text: &str) -> Result<NetworkSection, String> {
        let document = Document::of(Path::new("r.toml"), &format!("[network]\n{text}"));
        super::read(&document.root().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn resnet_crnn_at_has_the_papers_sizes_unless_told_otherwise() {
        let paper = NetworkSection::ResnetCrnnAt {
            widths: WIDTHS.to_vec(),
            attentive: Attentive::default(),
            dropout: 0.3,
        };
        assert_eq!(read("kind = \"resnet-crnn-at\""), Ok(paper));
        let own = NetworkSection::ResnetCrnnAt {
            widths: vec![8, 12],
            attentive: Attentive {
                heads: 3,
                feed_forward: 20,
                encoder_dropout: 0.2,
            },
            dropout: 0.4,
        };
        let text = "kind = \"resnet-crnn-at\"\nwidths = [8, 12]\nheads = 3\nfeed_forward = 20\n\
                    encoder_dropout = 0.2\ndropout = 0.4";
        assert_eq!(read(text), Ok(own));
    }

    #[test]
    fn bimer_has_the_speech_branch_that_it_is_told() {
        let branch = |text: &str| match read(&format!("kind = \"bimer\"\n{text}")) {
            Ok(NetworkSection::Bimer { speech, .. }) => speech,
            other => panic!("{other:?}"),
        };
        assert_eq!(branch(""), Speech::ResnetCnn);
        assert_eq!(branch("speech = \"resnet-cnn\""), Speech::ResnetCnn);
        let recurrent = branch("speech = \"resnet-crnn-at\"\nheads = 4");
        let expected = Attentive {
            heads: 4,
            ..Attentive::default()
        };
        assert_eq!(recurrent, Speech::ResnetCrnnAt(expected));
    }

    #[test]
    fn keys_and_sizes_that_do_not_fit_are_refused_at_their_place() {
        for (text, place, part) in [
            (
                "kind = \"resnet-cnn\"\nheads = 2",
                "3: [network] heads",
                "resnet-cnn has no such key",
            ),
            (
                "kind = \"bimer\"\nfeed_forward = 2",
                "3: [network] feed_forward",
                "speech = \"resnet-cnn\"",
            ),
            (
                "kind = \"resnet-crnn-at\"\nspeech = \"resnet-cnn\"",
                "3: [network] speech",
                "no such key",
            ),
            (
                "kind = \"resnet-crnn-at\"\nheads = 3",
                "3: [network] heads",
                "3 heads for 512 channels",
            ),
            (
                "kind = \"resnet-crnn-at\"\nheads = 0",
                "3: [network] heads",
                "allowed are 1",
            ),
            (
                "kind = \"resnet-crnn-at\"\nwidths = [9]\nheads = 9",
                "[network] heads",
                "an even number",
            ),
            (
                "kind = \"resnet-crnn-at\"\nwidths = [4]",
                "3: [network] widths",
                "8 heads for 4 channels",
            ),
            (
                "kind = \"resnet-crnn-at\"\nencoder_dropout = 1.0",
                "3: [network] encoder_dropout",
                "0 to below 1",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with("r.toml:") && error.contains(place), "{error}");
            assert!(error.contains(part), "{error}");
        }
    }
}
