//! What takes energy from sound: surfaces and air, each by octave band.

pub mod air;
pub mod bands;
pub mod materials;
