//! Active speech level, peaks and decibels.
