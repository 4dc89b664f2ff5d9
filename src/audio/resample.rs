//! Band-limited resampling.
