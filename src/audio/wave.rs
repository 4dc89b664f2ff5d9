//! 16-bit WAV files.
