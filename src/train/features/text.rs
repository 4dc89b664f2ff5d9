//! Features of texts: the vectors of a sentence encoder, scaled so that a network finds numbers of the usual size.

use half::f16;

pub use super::encoder::EncoderId;
use super::encoder::{Encoder, checked};
use super::{FeatureError, Key};
use crate::onnx::engine::Engine;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::pooling::Pooling;
use crate::onnx::sentence::SentenceEncoder;
use crate::run::interrupt::Interrupt;

/// Named whenever the same model gives other features than before.
const VERSION: &str = "augment features of a text encoder, version 1";

/// The longest vector that is taken, in numbers. The largest encoders have some thousand.
const LONGEST: usize = 1 << 16;

/// So much of a text is shown in an error, in characters.
const SHOWN: usize = 80;

/// A frozen encoder of texts.
#[derive(Debug)]
pub struct TextEncoder {
    inner: SentenceEncoder,
    id: EncoderId,
}

impl TextEncoder {
    /// Loads the encoder of a folder: any graph of the BERT kind, see [`SentenceEncoder::open`].
    ///
    /// # Errors
    /// [`FeatureError::Model`]; also when the graph does not have what `pooling` asks for.
    pub fn open(
        engine: &Engine,
        folder: &ModelFolder,
        precision: Precision,
        pooling: Pooling,
    ) -> Result<Self, FeatureError> {
        let inner = SentenceEncoder::open_with(engine, folder, precision, pooling)?;
        let id = id(engine, &inner);
        Ok(TextEncoder { inner, id })
    }

    /// What names its features: the model's files, pooling, the longest row of tokens; and runtime, device and numerics
    /// class, whose last bits differ.
    #[must_use]
    pub fn id(&self) -> EncoderId {
        self.id
    }

    /// Hash of the model's files alone: the same wherever it runs. 64 hexadecimal digits.
    #[must_use]
    pub fn model_hash(&self) -> &str {
        self.inner.hash()
    }

    /// How token vectors become one in fact: "mean", "first", or "graph" where the graph does it itself.
    #[must_use]
    pub fn pooled(&self) -> &'static str {
        self.inner.pooled()
    }

    /// The length of a feature, if it is known before the first run: see [`TextEncoder::measure`].
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        self.inner.size()
    }

    /// The length of a feature, 1 to 65,536. One word is encoded if the graph does not state it.
    ///
    /// # Errors
    /// [`FeatureError::Size`], [`FeatureError::Model`] or [`FeatureError::Interrupted`].
    pub fn measure(&mut self, interrupt: &Interrupt) -> Result<usize, FeatureError> {
        let size = match self.inner.size() {
            Some(size) => size,
            None => {
                let vectors = self.inner.directions(&["a"], interrupt)?;
                vectors.first().map_or(0, Vec::len)
            }
        };
        checked(size, LONGEST)
    }

    /// The features of texts, in their order: the encoder's vector scaled to a mean square of 1 (so of length √size)
    /// and rounded to 16 bits; zeros where the encoder gives zeros. A feature does not depend on the other texts.
    ///
    /// # Errors
    /// [`FeatureError`], but for those of memory and limit.
    pub fn encode(&mut self, texts: &[&str], interrupt: &Interrupt) -> Result<Vec<Vec<f16>>, FeatureError> {
        self.measure(interrupt)?;
        // All of the size that was measured: the encoder sees to it.
        let directions = self.inner.directions(texts, interrupt)?;
        let features = directions.iter().zip(texts).map(|(direction, text)| {
            feature(direction).ok_or_else(|| FeatureError::NotFinite {
                text: text.chars().take(SHOWN).collect(),
            })
        });
        features.collect()
    }
}

impl Encoder<str> for TextEncoder {
    const AT_ONCE: usize = 256;

    fn id(&self) -> EncoderId {
        self.id
    }

    fn size(&self) -> Option<usize> {
        self.inner.size()
    }

    fn measure(&mut self, interrupt: &Interrupt) -> Result<usize, FeatureError> {
        TextEncoder::measure(self, interrupt)
    }

    fn encode(
        &mut self,
        inputs: &[(Key, &str)],
        interrupt: &Interrupt,
    ) -> Result<Vec<Vec<f16>>, FeatureError> {
        let texts: Vec<&str> = inputs.iter().map(|&(_, text)| text).collect();
        TextEncoder::encode(self, &texts, interrupt)
    }
}

fn id(engine: &Engine, encoder: &SentenceEncoder) -> EncoderId {
    let tokens = encoder.tokens();
    EncoderId::new(
        engine,
        &[
            VERSION,
            encoder.hash(),
            encoder.pooled(),
            &tokens.limit().to_string(),
            &tokens.pad().to_string(),
        ],
    )
}

/// A vector of a mean square of 1 in 16 bits; `None` for what is no number. Its largest value is at most √size, far
/// within what 16 bits hold.
fn feature(direction: &[f64]) -> Option<Vec<f16>> {
    let square: f64 = direction.iter().map(|value| value * value).sum();
    if !square.is_finite() {
        return None;
    }
    if square == 0.0 {
        return Some(vec![f16::ZERO; direction.len()]);
    }
    let scale = (direction.len() as f64 / square).sqrt();
    Some(
        direction
            .iter()
            .map(|&value| f16::from_f64(value * scale))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_square_of_one_whatever_the_length_was() {
        for factor in [1e-40, 1.0, 1e30] {
            let found = feature(&[3.0 * factor, -4.0 * factor, 0.0, 0.0]).unwrap();
            let numbers: Vec<f32> = found.iter().map(|number| number.to_f32()).collect();
            // (3, −4, 0, 0) has the length 5, and √4 / 5 = 0.4; 1.2 and 1.6 to 11 bits.
            assert_eq!(numbers, [1.200_195_3, -1.599_609_4, 0.0, 0.0], "{factor}");
        }
        let largest = feature(&[vec![1.0], vec![0.0; LONGEST - 1]].concat()).unwrap();
        assert_eq!(largest[0].to_f32(), 256.0);
    }

    #[test]
    fn zeros_stay_and_what_is_no_number_is_told() {
        let zeros = feature(&[0.0, -0.0]).unwrap();
        assert!(zeros.iter().all(|zero| zero.to_bits() == 0));
        assert_eq!(feature(&[1.0, f64::NAN]), None);
        assert_eq!(feature(&[1.0, f64::INFINITY]), None);
    }
}
