//! What features are made by and of: a frozen encoder, and its inputs.

use std::borrow::Cow;
use std::fmt;

use half::f16;

use super::{FeatureError, Key};
use crate::onnx::device::Taken;
use crate::onnx::engine::Engine;
use crate::run::interrupt::Interrupt;
use crate::run::numerics;

/// A model that training does not change, so that its answer to an input is always the same.
pub trait Encoder<I: Input + ?Sized> {
    /// Inputs that are given to it at once; a signal loses no more than these.
    const AT_ONCE: usize;

    /// Names all that decides the bits of its features.
    fn id(&self) -> EncoderId;

    /// The length of a feature, if it is known before the first run.
    fn size(&self) -> Option<usize>;

    /// The length of a feature, from 1; found out if need be.
    ///
    /// # Errors
    /// [`FeatureError::Size`], [`FeatureError::Model`] or [`FeatureError::Interrupted`].
    fn measure(&mut self, interrupt: &Interrupt) -> Result<usize, FeatureError>;

    /// The features of inputs, in their order, each as long as was measured. A feature does not depend on the other
    /// inputs. Each input comes with the key that it is kept by.
    ///
    /// # Errors
    /// [`FeatureError`], but for those of memory, disk and limit.
    fn encode(&mut self, inputs: &[(Key, &I)], interrupt: &Interrupt) -> Result<Vec<Vec<f16>>, FeatureError>;
}

/// What an encoder takes.
pub trait Input {
    /// What it is.
    const KIND: Kind;

    /// The bytes that it is named by in the cache.
    ///
    /// # Errors
    /// In words, naming the file, when it can't be read.
    fn content(&self) -> Result<Cow<'_, [u8]>, String>;

    /// Inputs of like cost are encoded together.
    fn cost(&self) -> usize;
}

impl Input for str {
    const KIND: Kind = Kind::Text;

    fn content(&self) -> Result<Cow<'_, [u8]>, String> {
        Ok(Cow::Borrowed(self.as_bytes()))
    }

    fn cost(&self) -> usize {
        self.len()
    }
}

/// What inputs are. Shown in the plural.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Texts, named by themselves.
    Text,
    /// Images, named by the bytes of their files.
    Image,
}

impl Kind {
    /// As keys have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Image => "image",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.name())
    }
}

/// Names an input by its kind and bytes.
pub(super) fn key(kind: Kind, bytes: &[u8]) -> Key {
    let kind = kind.name();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(kind.len() as u64).to_le_bytes());
    hasher.update(kind.as_bytes());
    hasher.update(bytes);
    *hasher.finalize().as_bytes()
}

/// Names all that decides the bits of an encoder's features.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EncoderId(pub(super) Key);

impl EncoderId {
    /// Of an encoder's own `parts`; and of runtime, device and numerics class, whose last bits differ.
    pub(super) fn new(engine: &Engine, parts: &[&str]) -> Self {
        let device = match engine.taken() {
            Taken::Cpu(_) => "cpu",
            Taken::Cuda(gpu) => gpu.name.as_str(),
        };
        let machine = [
            engine.runtime().library.version.as_str(),
            device,
            &numerics::class(),
        ];
        let mut hasher = blake3::Hasher::new();
        for part in parts.iter().chain(&machine) {
            // Framed by lengths, so that no two lists of parts read alike.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        EncoderId(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for EncoderId {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for EncoderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncoderId({self})")
    }
}

/// A length that features of `kind` may have.
pub(super) fn checked(size: usize, limit: usize) -> Result<usize, FeatureError> {
    if (1..=limit).contains(&size) {
        return Ok(size);
    }
    Err(FeatureError::Size { found: size, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_do_not_meet() {
        assert_ne!(key(Kind::Text, b"a"), key(Kind::Image, b"a"));
        // As it was since the first version, so that what is kept is found.
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[4, 0, 0, 0, 0, 0, 0, 0]);
        hasher.update(b"texta");
        assert_eq!(key(Kind::Text, b"a"), *hasher.finalize().as_bytes());
    }

    #[test]
    fn sizes_have_bounds() {
        assert!(checked(1, 7).is_ok() && checked(7, 7).is_ok());
        for size in [0, 8] {
            let error = checked(size, 7).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("found an encoder with vectors of {size} numbers, expected 1 to 7")
            );
        }
    }
}
