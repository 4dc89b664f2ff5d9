//! From spectrogram cells to pixels: nearest neighbour, and matplotlib's Hann interpolation.

use std::f64::consts::PI;

/// Widest filter on either side when cells are smaller than pixels, as in Agg, which matplotlib draws with.
const MAX_RADIUS: f64 = 200.0;

/// Height in tenths of a pixel that the rows of a spectrogram fill, from the bottom of a picture of `height`.
///
/// The axes of matplotlib's default figure (480 pixels, 0.11 to 0.88 of them) are 369.6 pixels high, of which
/// saving with a tight frame keeps 369: the usual size of these pictures. Any other height is filled exactly.
pub(super) fn extent_tenths(height: usize) -> usize {
    if height == 369 { 3696 } else { 10 * height }
}

/// Which of `cells` lies under the centre of `pixel`, if they fill `extent_tenths` tenths of a pixel:
/// `floor((pixel + 1/2) * cells / extent)`.
pub(super) fn nearest_cell(pixel: usize, cells: usize, extent_tenths: usize) -> usize {
    (((2 * pixel + 1) as u64 * 5 * cells as u64) / (extent_tenths as u64).max(1)) as usize
}

/// Weights of cells for each pixel along one axis: a raised cosine of radius one cell or, where cells are
/// smaller than pixels, one pixel. Beyond the ends the first and the last cell go on.
#[derive(Default)]
pub(super) struct HannAxis {
    /// What the weights are for: cells, pixels, extent.
    key: (usize, usize, usize),
    /// First cell and number of weights of each pixel.
    spans: Vec<(usize, usize)>,
    weights: Vec<f32>,
}

impl HannAxis {
    /// Computes the weights, unless they are there from the last time.
    pub(super) fn fit(&mut self, cells: usize, pixels: usize, extent_tenths: usize) {
        let key = (cells, pixels, extent_tenths);
        if self.key == key || cells == 0 {
            return;
        }
        self.key = key;
        self.spans.clear();
        self.weights.clear();
        let scale = 10.0 * cells as f64 / extent_tenths as f64;
        let radius = scale.clamp(1.0, MAX_RADIUS);
        let last = (cells - 1) as f64;
        for pixel in 0..pixels {
            let centre = (pixel as f64 + 0.5) * scale - 0.5;
            let (from, to) = ((centre - radius).ceil(), (centre + radius).floor());
            let (first, end) = (from.clamp(0.0, last), to.clamp(0.0, last));
            let at = self.weights.len();
            self.weights.resize(at + (end - first) as usize + 1, 0.0);
            let span = self.weights.get_mut(at..).unwrap_or_default();
            let mut sum = 0.0;
            for i in 0..=(to - from) as usize {
                let cell = from + i as f64;
                let weight = 0.5 + 0.5 * (PI * (cell - centre) / radius).cos();
                sum += weight;
                if let Some(total) = span.get_mut((cell.clamp(0.0, last) - first) as usize) {
                    *total += weight as f32;
                }
            }
            for weight in span.iter_mut() {
                *weight /= sum as f32;
            }
            self.spans.push((first as usize, span.len()));
        }
    }

    /// First cell and weights of each pixel.
    pub(super) fn taps(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let mut rest = self.weights.as_slice();
        self.spans.iter().map(move |&(start, length)| {
            let (weights, others) = rest.split_at(length.min(rest.len()));
            rest = others;
            (start, weights)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines of matplotlib's nearest-neighbour picture of 128 rows, 369 pixels high: from the top, each row of
    /// the spectrogram fills three lines but for these, which fill two. Read off a rendered ramp, but row 104,
    /// whose viridis colour is that of 105 in such a ramp: it was read off a rendered spectrogram.
    #[test]
    fn rows_are_matplotlibs() {
        let two_lines = [127, 119, 111, 102, 93, 84, 75, 66, 57, 48, 39, 31, 22, 13, 4];
        let golden: Vec<usize> = (0..128)
            .rev()
            .flat_map(|row| std::iter::repeat_n(row, if two_lines.contains(&row) { 2 } else { 3 }))
            .collect();
        let rows: Vec<usize> = (0..369)
            .rev()
            .map(|from_bottom| nearest_cell(from_bottom, 128, extent_tenths(369)))
            .collect();
        assert_eq!(rows, golden);
    }

    #[test]
    fn columns_are_spread_evenly() {
        let columns: Vec<usize> = (0..496).map(|c| nearest_cell(c, 75, 4960)).collect();
        let golden: Vec<usize> = (0..496)
            .map(|c| ((c as f64 + 0.5) * 75.0 / 496.0).floor() as usize)
            .collect();
        assert_eq!(columns, golden);
    }

    #[test]
    fn cells_of_other_sizes_fill_the_picture() {
        let map = |cells, pixels| -> Vec<usize> {
            (0..pixels)
                .map(|p| nearest_cell(p, cells, extent_tenths(pixels)))
                .collect()
        };
        assert_eq!(map(3, 6), [0, 0, 1, 1, 2, 2]);
        assert_eq!(map(5, 5), [0, 1, 2, 3, 4]);
        assert_eq!(map(6, 2), [1, 4]);
        assert_eq!(map(1, 3), [0, 0, 0]);
    }

    #[test]
    fn hann_weights_are_a_raised_cosine() {
        let mut axis = HannAxis::default();
        axis.fit(2, 8, 80);
        // Centres of the pixels at (p + 1/2) / 4 - 1/2 cells.
        let share = |x: f64| (0.5 + 0.5 * (PI * x).cos()) as f32;
        let expected = [
            1.0,
            1.0,
            share(0.125),
            share(0.375),
            share(0.625),
            share(0.875),
            0.0,
            0.0,
        ];
        for ((start, weights), expected) in axis.taps().zip(expected) {
            let first = if start == 0 { weights[0] } else { 0.0 };
            assert!((first - expected).abs() < 1e-6, "{start} {weights:?} {expected}");
        }
    }

    proptest! {
        #[test]
        fn every_pixel_has_cells_that_exist_and_weights_of_sum_one(
            cells in 1usize..3000, pixels in 1usize..600,
        ) {
            let mut axis = HannAxis::default();
            axis.fit(cells, pixels, extent_tenths(pixels));
            prop_assert_eq!(axis.taps().count(), pixels);
            for (pixel, (start, weights)) in axis.taps().enumerate() {
                prop_assert!(!weights.is_empty() && start + weights.len() <= cells);
                prop_assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-4);
                prop_assert!(nearest_cell(pixel, cells, extent_tenths(pixels)) < cells);
            }
        }
    }
}
