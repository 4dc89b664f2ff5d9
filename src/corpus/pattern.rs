//! Reader for corpora whose file names carry the label.
