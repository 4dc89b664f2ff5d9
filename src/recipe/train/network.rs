//! `[network]`: what is trained.

use serde::Deserialize;

use crate::recipe::text_section::within;
use crate::recipe::{RecipeError, Table};
use crate::train::networks::WIDTHS;

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
    /// A head over a frozen encoder of texts.
    TextHead {
        /// Size of the hidden layer.
        hidden: Option<usize>,
        /// Dropped share.
        dropout: f64,
    },
    /// Both, fused.
    Bimer {
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
            NetworkSection::TextHead { .. } => "text-head",
            NetworkSection::Bimer { .. } => "bimer",
        }
    }

    /// Whether it takes mel images.
    #[must_use]
    pub fn reads_images(&self) -> bool {
        !matches!(self, NetworkSection::TextHead { .. })
    }

    /// Whether it takes texts.
    #[must_use]
    pub fn reads_text(&self) -> bool {
        !matches!(self, NetworkSection::ResnetCnn { .. })
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
    TextHead,
    Bimer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: Kind,
    widths: Option<Vec<usize>>,
    hidden: Option<usize>,
    text_features: Option<usize>,
    dropout: Option<f64>,
}

/// The largest layer, and the most blocks: each halves the picture.
const MAX_SIZE: usize = 8192;
const MAX_BLOCKS: usize = 12;
/// The most numbers that all blocks learn: a model's file can't exceed 2 GB, and training holds four times as much.
const MAX_PARAMETERS: usize = 400_000_000;

pub(super) fn read(root: &Table<'_>) -> Result<NetworkSection, RecipeError> {
    let Some(table) = root.table("network")? else {
        let hint = "write [network] with kind = \"resnet-cnn\", \"text-head\" or \"bimer\"";
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
    let dropout = raw.dropout.unwrap_or(0.5);
    if !(0.0..1.0).contains(&dropout) {
        let message = format!("found {dropout}, allowed are 0 to below 1");
        return Err(table.error("dropout", message, None));
    }
    match raw.kind {
        Kind::ResnetCnn => {
            has_none(&["hidden", "text_features"], "resnet-cnn")?;
            let widths = widths(&table, raw.widths)?;
            Ok(NetworkSection::ResnetCnn { widths, dropout })
        }
        Kind::TextHead => {
            has_none(&["widths", "text_features"], "text-head")?;
            let hidden = raw.hidden.map(|hidden| size("hidden", Some(hidden), 0));
            Ok(NetworkSection::TextHead {
                hidden: hidden.transpose()?,
                dropout,
            })
        }
        Kind::Bimer => {
            has_none(&["hidden"], "bimer")?;
            Ok(NetworkSection::Bimer {
                widths: widths(&table, raw.widths)?,
                text_features: size("text_features", raw.text_features, 256)?,
                dropout,
            })
        }
    }
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
