//! Arrays in numpy's .npy format.
