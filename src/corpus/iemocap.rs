//! Reader for the IEMOCAP corpus.
