//! `[network]`: what is trained.

mod blocks;
mod read;
#[cfg(test)]
mod tests;

pub(super) use read::read;

use crate::onnx::graph::network::Tuned;
use crate::train::networks::Attentive;

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
    /// The paper's network for mel images behind a ResNet-50.
    Resnet50CrnnAt {
        /// All but the head.
        speech: MapSection,
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
        /// The encoder.
        text: ReaderSection,
        /// Dropped share.
        dropout: f64,
    },
    /// Speech and text, fused.
    Bimer {
        /// The speech branch.
        speech: SpeechSection,
        /// The text branch.
        words: WordsSection,
        /// Size of what the text branch gives.
        text_features: usize,
        /// Dropped share.
        dropout: f64,
    },
}

/// `resnet50-crnn-at` without its head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapSection {
    /// Which weights of the image encoder are trained.
    pub train: Tuned,
    /// Channels behind the convolution.
    pub channels: usize,
    /// Its window.
    pub kernel: usize,
    /// The encoder layer.
    pub attentive: Attentive,
}

/// An encoder of texts within a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReaderSection {
    /// Which of the encoder's weights are trained.
    pub train: Tuned,
    /// Most tokens of a row.
    pub max_tokens: usize,
}

/// The speech branch of `bimer`.
#[derive(Debug, Clone, PartialEq)]
pub enum SpeechSection {
    /// `resnet-cnn`.
    ResnetCnn {
        /// Channels behind each block.
        widths: Vec<usize>,
    },
    /// `resnet-crnn-at`.
    ResnetCrnnAt {
        /// Channels behind each block.
        widths: Vec<usize>,
        /// What stands behind the blocks.
        attentive: Attentive,
    },
    /// `resnet50-crnn-at`.
    Resnet50CrnnAt(MapSection),
}

/// The text branch of `bimer`.
#[derive(Debug, Clone, PartialEq)]
pub enum WordsSection {
    /// Features of a frozen encoder.
    Features,
    /// The encoder of `bert-text`.
    BertText(ReaderSection),
}

impl NetworkSection {
    /// Its name, as recipes have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            NetworkSection::ResnetCnn { .. } => "resnet-cnn",
            NetworkSection::ResnetCrnnAt { .. } => "resnet-crnn-at",
            NetworkSection::Resnet50CrnnAt { .. } => "resnet50-crnn-at",
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
        matches!(
            self,
            NetworkSection::TextHead { .. } | NetworkSection::BertText { .. } | NetworkSection::Bimer { .. }
        )
    }

    /// What stands behind an image encoder, if it has one: that of `[backbone]`.
    #[must_use]
    pub fn map(&self) -> Option<&MapSection> {
        match self {
            NetworkSection::Resnet50CrnnAt { speech, .. }
            | NetworkSection::Bimer {
                speech: SpeechSection::Resnet50CrnnAt(speech),
                ..
            } => Some(speech),
            _ => None,
        }
    }

    /// The encoder of texts that is within it, if one is: that of `[encoder]`.
    #[must_use]
    pub fn reader(&self) -> Option<&ReaderSection> {
        match self {
            NetworkSection::BertText { text, .. }
            | NetworkSection::Bimer {
                words: WordsSection::BertText(text),
                ..
            } => Some(text),
            _ => None,
        }
    }
}
