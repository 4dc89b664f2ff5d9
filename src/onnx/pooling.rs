//! How the vectors of a text's tokens become one, and which output of a graph they are.

use std::fmt;
use std::str::FromStr;

use super::encoder::Output;
use super::error::ModelError;
use super::folder::ModelFolder;
use super::session::Session;

/// Which vector of a text a caller wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pooling {
    /// What the folder says: see [`SentenceEncoder::open`](super::sentence::SentenceEncoder::open).
    #[default]
    Auto,
    /// The mean of the token vectors.
    Mean,
    /// The vector of the first token, `[CLS]` in BERT.
    First,
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pooling::Auto => "auto",
            Pooling::Mean => "mean",
            Pooling::First => "first",
        })
    }
}

impl FromStr for Pooling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Pooling::Auto, Pooling::Mean, Pooling::First]
            .into_iter()
            .find(|pooling| pooling.to_string() == text)
            .ok_or_else(|| format!("found pooling \"{text}\", expected auto, mean or first"))
    }
}

/// How token vectors become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Their mean.
    Mean,
    /// The first one.
    First,
    /// The graph does it.
    Graph,
}

impl Way {
    pub(super) fn name(self) -> &'static str {
        match self {
            Way::Mean => "mean",
            Way::First => "first",
            Way::Graph => "graph",
        }
    }
}

/// Which output is taken, and how it is pooled.
pub(super) fn choose(
    session: &Session,
    folder: &ModelFolder,
    pooling: Pooling,
) -> Result<(&'static str, Way), ModelError> {
    let first = |names: &[&'static str]| names.iter().find(|name| session.output(name).is_some()).copied();
    let of_tokens = first(&["last_hidden_state", "token_embeddings"]);
    let of_texts = first(&["sentence_embedding"]);
    let asked = match pooling {
        Pooling::Auto => None,
        Pooling::Mean => Some(Way::Mean),
        Pooling::First => Some(Way::First),
    };
    Ok(match (asked, of_tokens, of_texts) {
        (Some(way), Some(output), _) => (output, way),
        (Some(_), None, Some(own)) => {
            return Err(ModelError::Unsupported {
                model: folder.path().display().to_string(),
                reason: format!(
                    "found pooling \"{pooling}\" for a graph that gives {own} alone, expected an output \
                     last_hidden_state or token_embeddings\n\
                     hint: pooling \"auto\" takes what the graph gives"
                ),
            });
        }
        (None, Some(output), None) => (output, own_pooling(folder)?),
        (None, Some(output), Some(own)) => match own_pooling(folder) {
            Ok(way) if is_plain(folder)? => (output, way),
            _ => (own, Way::Graph),
        },
        (None, None, Some(own)) => (own, Way::Graph),
        (_, None, None) => {
            let expected = "an output last_hidden_state, token_embeddings or sentence_embedding";
            return Err(session.unfit(expected).into());
        }
    })
}

fn own_pooling(folder: &ModelFolder) -> Result<Way, ModelError> {
    let config = folder.json("1_Pooling/config.json")?;
    let modes = config.as_object().into_iter().flatten();
    let chosen: Vec<&str> = modes
        .filter(|(name, value)| name.starts_with("pooling_mode_") && value.as_bool() == Some(true))
        .map(|(name, _)| name.as_str())
        .collect();
    match chosen.as_slice() {
        [] | ["pooling_mode_mean_tokens"] => Ok(Way::Mean),
        ["pooling_mode_cls_token"] => Ok(Way::First),
        other => Err(ModelError::Unsupported {
            model: folder.path().display().to_string(),
            reason: format!(
                "found {} in 1_Pooling/config.json, expected pooling_mode_mean_tokens or pooling_mode_cls_token",
                other.join(" and ")
            ),
        }),
    }
}

/// Whether nothing but pooling and normalisation comes behind the token vectors.
fn is_plain(folder: &ModelFolder) -> Result<bool, ModelError> {
    let modules = folder.json("modules.json")?;
    let kinds = modules.as_array().into_iter().flatten().map(|module| {
        let kind = module["type"].as_str().unwrap_or_default();
        kind.rsplit('.').next().unwrap_or_default().to_owned()
    });
    Ok(kinds
        .into_iter()
        .all(|kind| ["Transformer", "Pooling", "Normalize"].contains(&kind.as_str())))
}

/// One vector a row; `None` if the output has another shape.
pub(super) fn pool(output: Output<'_>, widths: &[usize], way: Way) -> Option<Vec<Vec<f32>>> {
    let Output { shape, data } = output;
    let (width, size) = match (way, shape) {
        (Way::Graph, &[rows, size]) if rows == widths.len() => (1, size),
        (Way::Mean | Way::First, &[rows, width, size]) if rows == widths.len() => (width, size),
        _ => return None,
    };
    if size == 0 || width == 0 || data.len() != widths.len() * width * size {
        return None;
    }
    let rows = data.chunks_exact(width * size).zip(widths);
    Some(
        rows.map(|(row, &length)| {
            let used = match way {
                Way::Mean => length.min(width),
                Way::First | Way::Graph => 1,
            };
            mean(&row[..used * size], size)
        })
        .collect(),
    )
}

fn mean(vectors: &[f32], size: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f64; size];
    for vector in vectors.chunks_exact(size) {
        for (sum, &value) in sum.iter_mut().zip(vector) {
            *sum += f64::from(value);
        }
    }
    let count = (vectors.len() / size).max(1) as f64;
    sum.into_iter().map(|sum| (sum / count) as f32).collect()
}
