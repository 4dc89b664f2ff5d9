//! Signals: reading, preparing, transforming, picturing. Knows no recipe, no corpus and no path.

pub mod band_stop;
pub mod decode;
pub mod image;
pub mod level;
pub mod mel;
pub mod npy;
pub mod resample;
pub mod spectrum;
pub mod stretch;
pub mod trim;
pub mod wave;
