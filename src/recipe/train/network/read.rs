//! Reading `[network]`.

use serde::Deserialize;

use super::blocks::{MAX_SIZE, fits, widths};
use super::{MapSection, NetworkSection, ReaderSection, SpeechSection, WordsSection};
use crate::onnx::graph::network::Tuned;
use crate::recipe::text_section::within;
use crate::recipe::{RecipeError, Table};
use crate::train::networks::Attentive;

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    ResnetCnn,
    ResnetCrnnAt,
    #[serde(rename = "resnet50-crnn-at")]
    Resnet50CrnnAt,
    TextHead,
    Bimer,
    BertText,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Speech {
    ResnetCnn,
    ResnetCrnnAt,
    #[serde(rename = "resnet50-crnn-at")]
    Resnet50CrnnAt,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Words {
    Features,
    BertText,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(
    untagged,
    expecting = "expected \"head\", \"all\", { last = 2 }, or for bimer { speech = ..., text = ... } with those"
)]
enum Train {
    One(Tuned),
    Each(Each),
}

/// One for each branch of `bimer`.
#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
struct Each {
    speech: Option<Tuned>,
    text: Option<Tuned>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: Kind,
    speech: Option<Speech>,
    text: Option<Words>,
    widths: Option<Vec<usize>>,
    channels: Option<usize>,
    kernel: Option<usize>,
    heads: Option<usize>,
    feed_forward: Option<usize>,
    encoder_dropout: Option<f64>,
    hidden: Option<usize>,
    text_features: Option<usize>,
    dropout: Option<f64>,
    train: Option<Train>,
    max_tokens: Option<usize>,
}

/// Keys of parts of networks.
const BLOCKS: &[&str] = &["widths"];
const ATTENTIVE: &[&str] = &["heads", "feed_forward", "encoder_dropout"];
const MAP: &[&str] = &["channels", "kernel"];
const TRAIN: &[&str] = &["train"];
const READER: &[&str] = &["max_tokens"];
const HIDDEN: &[&str] = &["hidden"];
const BRANCHES: &[&str] = &["speech", "text", "text_features"];
/// All of them; `kind` and `dropout` are every network's.
const PARTS: [&[&str]; 7] = [BLOCKS, ATTENTIVE, MAP, TRAIN, READER, HIDDEN, BRANCHES];

/// What BERT's own classifiers drop of the first token's vector.
const BERT_DROPOUT: f64 = 0.1;
/// The largest window of the convolution behind a map.
const MAX_KERNEL: usize = 15;

pub(in crate::recipe::train) fn read(root: &Table<'_>) -> Result<NetworkSection, RecipeError> {
    let Some(table) = root.table("network")? else {
        let hint = "write [network] with kind = \"resnet-cnn\", \"resnet-crnn-at\", \"resnet50-crnn-at\", \"text-head\", \
                    \"bert-text\" or \"bimer\"";
        return Err(root.error("", "the table [network] is missing", Some(hint.to_owned())));
    };
    let raw = table.read::<Raw>(&[])?;
    let own = Own { table, raw };
    match own.raw.kind {
        Kind::ResnetCnn => {
            own.only("resnet-cnn", &[BLOCKS])?;
            Ok(NetworkSection::ResnetCnn {
                widths: own.widths()?,
                dropout: own.dropout(0.5)?,
            })
        }
        Kind::ResnetCrnnAt => {
            own.only("resnet-crnn-at", &[BLOCKS, ATTENTIVE])?;
            let widths = own.widths()?;
            Ok(NetworkSection::ResnetCrnnAt {
                attentive: own.attentive_behind(&widths)?,
                widths,
                dropout: own.dropout(0.3)?,
            })
        }
        Kind::Resnet50CrnnAt => {
            own.only("resnet50-crnn-at", &[MAP, ATTENTIVE, TRAIN])?;
            Ok(NetworkSection::Resnet50CrnnAt {
                speech: own.map(own.train("resnet50-crnn-at")?)?,
                dropout: own.dropout(0.0)?,
            })
        }
        Kind::TextHead => {
            own.only("text-head", &[HIDDEN])?;
            let hidden = own.raw.hidden.map(|hidden| own.size("hidden", Some(hidden), 0));
            Ok(NetworkSection::TextHead {
                hidden: hidden.transpose()?,
                dropout: own.dropout(0.5)?,
            })
        }
        Kind::BertText => {
            own.only("bert-text", &[TRAIN, READER])?;
            Ok(NetworkSection::BertText {
                text: own.reader(own.train("bert-text")?)?,
                dropout: own.dropout(BERT_DROPOUT)?,
            })
        }
        Kind::Bimer => own.bimer(),
    }
}

/// The section's keys and where they are.
struct Own<'a> {
    table: Table<'a>,
    raw: Raw,
}

impl Own<'_> {
    /// Refuses keys of other parts than these.
    fn only(&self, name: &str, parts: &[&[&str]]) -> Result<(), RecipeError> {
        let mut others = PARTS.into_iter().flatten().filter(|key| {
            let belongs = parts.iter().any(|part| part.contains(key));
            !belongs && self.table.has(key)
        });
        match others.next() {
            None => Ok(()),
            Some(key) => Err(self.table.error(key, format!("{name} has no such key"), None)),
        }
    }

    fn bimer(&self) -> Result<NetworkSection, RecipeError> {
        let (speech, text) = (
            self.raw.speech.unwrap_or(Speech::ResnetCnn),
            self.raw.text.unwrap_or(Words::Features),
        );
        let (name, of_speech): (&str, &[&[&str]]) = match speech {
            Speech::ResnetCnn => ("resnet-cnn", &[BLOCKS]),
            Speech::ResnetCrnnAt => ("resnet-crnn-at", &[BLOCKS, ATTENTIVE]),
            Speech::Resnet50CrnnAt => ("resnet50-crnn-at", &[MAP, ATTENTIVE, TRAIN]),
        };
        let (words, of_text): (&str, &[&[&str]]) = match text {
            Words::Features => ("features", &[]),
            Words::BertText => ("bert-text", &[TRAIN, READER]),
        };
        let parts = [of_speech, of_text, &[BRANCHES]].concat();
        self.only(
            &format!("bimer with speech = \"{name}\" and text = \"{words}\""),
            &parts,
        )?;
        let each = self.train_of_branches(speech, text)?;
        let all = |tuned: Option<Tuned>| tuned.unwrap_or(Tuned::All);
        let speech = match speech {
            Speech::ResnetCnn => SpeechSection::ResnetCnn {
                widths: self.widths()?,
            },
            Speech::ResnetCrnnAt => {
                let widths = self.widths()?;
                SpeechSection::ResnetCrnnAt {
                    attentive: self.attentive_behind(&widths)?,
                    widths,
                }
            }
            Speech::Resnet50CrnnAt => SpeechSection::Resnet50CrnnAt(self.map(all(each.speech))?),
        };
        let words = match text {
            Words::Features => WordsSection::Features,
            Words::BertText => WordsSection::BertText(self.reader(all(each.text))?),
        };
        Ok(NetworkSection::Bimer {
            speech,
            words,
            text_features: self.size("text_features", self.raw.text_features, 256)?,
            dropout: self.dropout(0.5)?,
        })
    }

    /// `train` of a network with one encoder.
    fn train(&self, name: &str) -> Result<Tuned, RecipeError> {
        match self.raw.train {
            None => Ok(Tuned::All),
            Some(Train::One(tuned)) => Ok(tuned),
            Some(Train::Each(_)) => {
                let message = format!("{name} has one encoder, expected \"head\", \"all\" or {{ last = 2 }}");
                Err(self.table.error("train", message, None))
            }
        }
    }

    /// `train` of the branches that have an encoder.
    fn train_of_branches(&self, speech: Speech, text: Words) -> Result<Each, RecipeError> {
        let each = match self.raw.train {
            None => Each {
                speech: None,
                text: None,
            },
            Some(Train::One(tuned)) => {
                return Ok(Each {
                    speech: Some(tuned),
                    text: Some(tuned),
                });
            }
            Some(Train::Each(each)) => each,
        };
        let wrong = |key: &str, what: &str| {
            let message = format!("found {key} = ..., and that branch has no encoder of its own: {what}");
            Err(self.table.error("train", message, None))
        };
        match (speech, text) {
            (Speech::ResnetCnn | Speech::ResnetCrnnAt, _) if each.speech.is_some() => {
                wrong("speech", "it is trained as a whole")
            }
            (_, Words::Features) if each.text.is_some() => wrong(
                "text",
                "features are those of a frozen encoder; text = \"bert-text\" trains it",
            ),
            _ => Ok(each),
        }
    }

    fn map(&self, train: Tuned) -> Result<MapSection, RecipeError> {
        let channels = self.size("channels", self.raw.channels, 256)?;
        let kernel = self.raw.kernel.unwrap_or(1);
        if kernel.is_multiple_of(2) || kernel > MAX_KERNEL {
            let message = format!("found {kernel}, expected an odd number from 1 to {MAX_KERNEL}");
            return Err(self.table.error("kernel", message, None));
        }
        let attentive = self.attentive()?;
        fits(&self.table, "channels", 2 * channels, attentive.heads)?;
        Ok(MapSection {
            train,
            channels,
            kernel,
            attentive,
        })
    }

    fn reader(&self, train: Tuned) -> Result<ReaderSection, RecipeError> {
        let max_tokens = self.raw.max_tokens.unwrap_or(128);
        within(&self.table, "max_tokens", max_tokens as f64, 8.0, MAX_SIZE as f64)?;
        Ok(ReaderSection { train, max_tokens })
    }

    fn attentive_behind(&self, widths: &[usize]) -> Result<Attentive, RecipeError> {
        let attentive = self.attentive()?;
        fits(
            &self.table,
            "widths",
            widths.last().copied().unwrap_or(0),
            attentive.heads,
        )?;
        Ok(attentive)
    }

    fn attentive(&self) -> Result<Attentive, RecipeError> {
        let default = Attentive::default();
        Ok(Attentive {
            heads: self.size("heads", self.raw.heads, default.heads)?,
            feed_forward: self.size("feed_forward", self.raw.feed_forward, default.feed_forward)?,
            encoder_dropout: self.share(
                "encoder_dropout",
                self.raw.encoder_dropout.unwrap_or(default.encoder_dropout),
            )?,
        })
    }

    fn widths(&self) -> Result<Vec<usize>, RecipeError> {
        widths(&self.table, self.raw.widths.clone())
    }

    fn size(&self, key: &str, size: Option<usize>, otherwise: usize) -> Result<usize, RecipeError> {
        let size = size.unwrap_or(otherwise);
        within(&self.table, key, size as f64, 1.0, MAX_SIZE as f64)?;
        Ok(size)
    }

    fn dropout(&self, otherwise: f64) -> Result<f64, RecipeError> {
        self.share("dropout", self.raw.dropout.unwrap_or(otherwise))
    }

    fn share(&self, key: &str, share: f64) -> Result<f64, RecipeError> {
        match (0.0..1.0).contains(&share) {
            true => Ok(share),
            false => {
                let message = format!("found {share}, allowed are 0 to below 1");
                Err(self.table.error(key, message, None))
            }
        }
    }
}
