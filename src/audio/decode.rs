//! Decoding audio files of every common kind into mono samples.
