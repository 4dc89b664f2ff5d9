//! Mel images as palette PNGs.
