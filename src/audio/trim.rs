//! Trimming silence at both ends.
