//! Sequence-to-sequence models: translation.
