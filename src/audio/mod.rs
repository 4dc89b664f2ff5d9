//! Signals: reading, preparing, transforming, picturing. Knows no recipe, no corpus and no path.

pub mod backdrop;
pub mod band_stop;
pub mod bank;
pub mod bench;
pub mod convolve;
pub mod decibel;
pub mod decode;
pub mod image;
pub mod level;
pub mod mel;
pub mod npy;
pub mod preparation;
pub mod prepare;
pub mod resample;
pub mod response;
pub mod shelf;
pub mod spectrum;
pub mod stretch;
pub mod take;
pub mod transform;
pub mod trim;
pub mod wave;
mod wide;
