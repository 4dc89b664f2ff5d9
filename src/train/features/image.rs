//! Features of images: a map that a frozen backbone gives, as it gives it.

use std::borrow::Cow;

use half::f16;
use ort::session::SessionInputValue;
use ort::value::{TensorElementType, TensorRef};

use super::encoder::{Encoder, EncoderId, Input, Kind, checked, key};
use super::{FeatureError, Key};
use crate::onnx::encoder::floats;
use crate::onnx::engine::Engine;
use crate::onnx::error::ModelError;
use crate::onnx::session::{Session, SessionError};
use crate::run::interrupt::Interrupt;

/// Named whenever the same model gives other features than before.
const VERSION: &str = "augment features of an image encoder, version 1";

/// The longest feature that is taken, in numbers: 32 MiB. The last map of a ResNet-50 has 2,048 × 12 × 16 = 393,216 at
/// 369 × 496 pixels.
pub const LONGEST: usize = 1 << 24;

/// Numbers of the largest image: three colours of 4,096 × 4,096 pixels.
const LARGEST: usize = 3 << 24;

/// An image in a file that is opened when it is needed.
pub trait ImageFile {
    /// What errors call it.
    fn name(&self) -> String;

    /// The file's bytes.
    ///
    /// # Errors
    /// In words, naming the file.
    fn bytes(&self) -> Result<Vec<u8>, String>;

    /// Decodes the file's bytes into numbers from −1 to 1: one colour after another, line by line.
    ///
    /// # Errors
    /// In words, naming the file; also when it has another size than `into`.
    fn numbers(&self, bytes: &[u8], into: &mut [f32]) -> Result<(), String>;
}

impl<I: ImageFile + ?Sized> Input for I {
    const KIND: Kind = Kind::Image;

    fn content(&self) -> Result<Cow<'_, [u8]>, String> {
        self.bytes().map(Cow::Owned)
    }

    fn cost(&self) -> usize {
        1
    }
}

/// A frozen encoder of images.
#[derive(Debug)]
pub struct ImageEncoder {
    session: Session,
    input: String,
    output: String,
    picture: [usize; 3],
    size: usize,
    id: EncoderId,
    /// Room for the image at hand.
    numbers: Vec<f32>,
}

impl ImageEncoder {
    /// Loads an ONNX model; `name` stands for it in errors. Its only input, `input`, takes 32-bit floats of
    /// `[batch, 3, height, width]`, of which `picture` is all but the batch; its `output` gives `size` numbers an image,
    /// floats of 32 or 16 bits, in whatever shape. Both may leave dimensions open.
    ///
    /// # Errors
    /// [`FeatureError::Model`] when it does not load or is no such model, [`FeatureError::Size`].
    pub fn new(
        engine: &Engine,
        name: &str,
        model: &[u8],
        input: &str,
        output: &str,
        picture: [usize; 3],
        size: usize,
    ) -> Result<Self, FeatureError> {
        checked(size, LONGEST)?;
        let [channels, height, width] = picture;
        let session = engine.session_of(name, model).map_err(ModelError::from)?;
        let numbers = picture
            .iter()
            .try_fold(1, |all: usize, &size| all.checked_mul(size));
        let fits = numbers.is_some_and(|numbers| numbers <= LARGEST)
            && session.inputs().len() == 1
            && session.input(input).is_some_and(|port| {
                port.element == Some(TensorElementType::Float32)
                    && port.shape.len() == 4
                    && (port.shape.iter().zip([1, channels, height, width]))
                        .all(|(&found, size)| is(found, size))
            })
            && session.output(output).is_some_and(|port| {
                // Nothing is known of a shape without dimensions.
                let rest = port.shape.get(1..).unwrap_or(&[-1]);
                rest.iter().any(|&size| size < 0)
                    || is(rest.iter().fold(1, |all, &size| all.saturating_mul(size)), size)
            });
        if !fits {
            let expected = format!(
                "the input {input} of 32-bit floats [batch, {channels}, {height}, {width}] and the output {output} of \
                 {size} numbers an image"
            );
            return Err(ModelError::from(session.unfit(expected)).into());
        }
        let shape = picture.map(|size| size.to_string()).join("×");
        let hash = blake3::hash(model).to_hex();
        let id = EncoderId::new(
            engine,
            &[VERSION, &hash, input, output, &shape, &size.to_string()],
        );
        Ok(ImageEncoder {
            session,
            input: input.to_owned(),
            output: output.to_owned(),
            picture,
            size,
            id,
            numbers: Vec::new(),
        })
    }

    /// What names its features: the model's bytes, the names of input and output, the sizes; and runtime, device and
    /// numerics class, whose last bits differ.
    #[must_use]
    pub fn id(&self) -> EncoderId {
        self.id
    }

    /// The length of a feature.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The feature of an image that was read already: what the model gives of its `numbers`, which are those of
    /// [`ImageFile::numbers`], rounded to 16 bits. `name` is what errors call it.
    ///
    /// # Errors
    /// [`FeatureError::OutOfRange`], [`FeatureError::Model`].
    pub fn map(&mut self, name: &str, numbers: &[f32]) -> Result<Vec<f16>, FeatureError> {
        let [channels, height, width] = self.picture;
        let path = self.session.path().to_owned();
        let fail = |reason: String| {
            let path = path.clone();
            ModelError::from(SessionError::Run { path, reason })
        };
        let value = TensorRef::from_array_view(([1, channels, height, width], numbers))
            .map_err(|error| fail(error.to_string()))?;
        let values = vec![(Cow::Borrowed(self.input.as_str()), SessionInputValue::from(value))];
        let outputs = self.session.run(values).map_err(ModelError::from)?;
        let value = outputs
            .get(&self.output)
            .ok_or_else(|| fail(format!("it gave no {}", self.output)))?;
        let feature = floats(value, |output| match output.data.len() == self.size {
            true => Ok(rounded(output.data)),
            false => Err(format!(
                "it gave {} numbers for an image, expected {}",
                output.data.len(),
                self.size
            )),
        });
        let feature = feature.and_then(|found| found).map_err(fail)?;
        feature.map_err(|value| FeatureError::OutOfRange {
            image: name.to_owned(),
            value,
        })
    }

    /// The feature of an image whose file is the one of this key.
    fn of_file(&mut self, named: Key, image: &(impl ImageFile + ?Sized)) -> Result<Vec<f16>, FeatureError> {
        let bytes = image.bytes().map_err(FeatureError::Input)?;
        if key(Kind::Image, &bytes) != named {
            return Err(FeatureError::Changed { image: image.name() });
        }
        let mut numbers = std::mem::take(&mut self.numbers);
        numbers.resize(self.picture.iter().product(), 0.0);
        let feature = match image.numbers(&bytes, &mut numbers) {
            Ok(()) => self.map(&image.name(), &numbers),
            Err(reason) => Err(FeatureError::Input(reason)),
        };
        self.numbers = numbers;
        feature
    }
}

impl<I: ImageFile + ?Sized> Encoder<I> for ImageEncoder {
    // A large model takes long enough for one image that a signal should not wait for more.
    const AT_ONCE: usize = 1;

    fn id(&self) -> EncoderId {
        self.id
    }

    fn size(&self) -> Option<usize> {
        Some(self.size)
    }

    fn measure(&mut self, _: &Interrupt) -> Result<usize, FeatureError> {
        Ok(self.size)
    }

    /// Images are run one by one, so that a feature does not depend on its neighbours.
    fn encode(&mut self, inputs: &[(Key, &I)], interrupt: &Interrupt) -> Result<Vec<Vec<f16>>, FeatureError> {
        let features = inputs.iter().map(|&(key, image)| {
            if interrupt.stopped() {
                return Err(FeatureError::Interrupted);
            }
            self.of_file(key, image)
        });
        features.collect()
    }
}

/// Whether a graph's dimension, negative if open, can have a size.
fn is(found: i64, size: usize) -> bool {
    found < 0 || usize::try_from(found) == Ok(size)
}

/// In 16 bits; the first number that they do not hold in its place.
fn rounded(numbers: &[f32]) -> Result<Vec<f16>, f32> {
    let numbers = numbers.iter().map(|&number| {
        let short = f16::from_f32(number);
        if short.is_finite() { Ok(short) } else { Err(number) }
    });
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_16_bits_are_told() {
        let edges = [0.0, -0.0, 65504.0, -65519.0, 6e-8, 1e-20];
        let found: Vec<f32> = rounded(&edges)
            .unwrap()
            .iter()
            .map(|number| number.to_f32())
            .collect();
        assert_eq!(found, [0.0, 0.0, 65504.0, -65504.0, 5.960_464_5e-8, 0.0]);
        for bad in [65520.0, -1e5, f32::INFINITY, f32::NAN] {
            let told = rounded(&[1.0, bad, f32::NEG_INFINITY]).unwrap_err();
            assert_eq!(told.to_bits(), bad.to_bits());
        }
    }
}
