//! Pictures of mel spectrograms: 8-bit indices into a palette, low frequencies at the bottom, as PNG.
//!
//! The colour rule is matplotlib's: index `min(255, floor(256 (v - low) / (high - low)))`. Who draws names `low` and
//! `high`, because a masked item is shown on its source's scale.

use super::mel::{MelSettings, MelSpectrogram};
use super::spectrum::{SettingError, frame_count};
use super::wide::wide;
use resample::{HannAxis, extent_tenths, nearest_cell};

mod encode;
mod palette;
mod resample;
mod rgb;
mod settings;
#[cfg(test)]
mod tests;

pub use encode::{ImageError, encode_png};
pub use palette::{Colormap, Palette};
pub use rgb::{RgbImage, read_rgb};
pub use settings::{ImageSettings, Interpolation, Time};

/// Draws mel spectrograms. Keep one per thread: it owns its memory.
pub struct MelImage {
    settings: ImageSettings,
    width: usize,
    height: usize,
    palette: Palette,
    /// Frames that the width stands for, where the time axis is kept.
    shown_frames: Option<usize>,
    indices: Vec<u8>,
    /// One spectrogram row as indices, and stretched to the width.
    narrow: Vec<u8>,
    line: Vec<u8>,
    columns: Vec<usize>,
    across: HannAxis,
    down: HannAxis,
    /// All spectrogram rows stretched to the width, and one line of the picture, as positions in the palette.
    wide: Vec<f32>,
    blend: Vec<f32>,
}

impl MelImage {
    /// For spectrograms made with `mel` settings from signals of `rate` Hz (which matter for a kept time axis).
    ///
    /// # Errors
    /// As [`ImageSettings::check`].
    pub fn new(settings: &ImageSettings, mel: &MelSettings, rate: u32) -> Result<Self, SettingError> {
        settings.check()?;
        let shown_frames = match settings.time {
            Time::Stretch => None,
            // The conversion saturates, and `check` has bounded the seconds.
            Time::Seconds(s) => Some(frame_count((s * f64::from(rate)) as usize, mel.hop_length)),
        };
        Ok(MelImage {
            settings: settings.clone(),
            width: settings.width as usize,
            height: settings.height as usize,
            palette: settings.colormap.palette(),
            shown_frames,
            indices: Vec::new(),
            narrow: Vec::new(),
            line: Vec::new(),
            columns: Vec::new(),
            across: HannAxis::default(),
            down: HannAxis::default(),
            wide: Vec::new(),
            blend: Vec::new(),
        })
    }

    /// The picture of `mel` (in dB, or any other unit) as palette indices, line by line from the top. `low` gets
    /// index 0, `high` index 255; values beyond are drawn like the nearer one, NaN like `low`. If `high` is not
    /// above `low` (a constant spectrogram on its own scale) everything is index 0.
    ///
    /// With a kept time axis, frames beyond the width are cut and missing ones drawn like `low`.
    pub fn draw(&mut self, mel: &MelSpectrogram, low: f32, high: f32) -> &[u8] {
        self.indices.clear();
        self.indices.resize(self.width * self.height, 0);
        // A spectrogram made by hand may disagree with itself: only whole rows are drawn.
        let rows = mel
            .n_mels
            .min(mel.data.len().checked_div(mel.frames).unwrap_or(0));
        let shown = self.shown_frames.unwrap_or(mel.frames);
        let range = Range {
            low,
            span: high - low,
        };
        if rows > 0 && range.span > 0.0 {
            match self.settings.interpolation {
                Interpolation::Nearest => self.draw_nearest(mel, rows, shown, &range),
                Interpolation::Hann => self.draw_hann(mel, rows, shown, &range),
            }
        }
        &self.indices
    }

    /// The picture as the bytes of a PNG file; see [`MelImage::draw`].
    ///
    /// # Errors
    /// Passes on what the encoder reports; with the sizes that [`ImageSettings::check`] admits, nothing.
    pub fn png(&mut self, mel: &MelSpectrogram, low: f32, high: f32) -> Result<Vec<u8>, ImageError> {
        self.draw(mel, low, high);
        encode_png(
            &self.indices,
            self.settings.width,
            self.settings.height,
            &self.palette,
        )
    }

    /// The picture in colours; see [`MelImage::draw`]. The pixels are those of [`MelImage::png`].
    pub fn rgb(&mut self, mel: &MelSpectrogram, low: f32, high: f32) -> RgbImage {
        self.draw(mel, low, high);
        let mut pixels = vec![0; 3 * self.indices.len()];
        let (triples, _) = pixels.as_chunks_mut::<3>();
        for (triple, &index) in triples.iter_mut().zip(&self.indices) {
            // A palette has a colour for each of the 256 indices.
            *triple = self.palette[usize::from(index)];
        }
        RgbImage {
            width: self.settings.width,
            height: self.settings.height,
            pixels,
        }
    }

    fn draw_nearest(&mut self, mel: &MelSpectrogram, rows: usize, shown: usize, range: &Range) {
        let extent = extent_tenths(self.height);
        self.columns.clear();
        self.columns
            .extend((0..self.width).map(|column| nearest_cell(column, shown, 10 * self.width)));
        let mut drawn = None;
        for (from_bottom, pixels) in self.indices.chunks_exact_mut(self.width).rev().enumerate() {
            let row = nearest_cell(from_bottom, rows, extent);
            if drawn.replace(row) != Some(row) {
                let values = mel.data.iter().skip(row * mel.frames).take(mel.frames);
                let narrow = &mut self.narrow;
                narrow.clear();
                wide!(narrow.extend(values.map(|&value| range.index(value))));
                self.line.clear();
                self.line.extend(
                    self.columns
                        .iter()
                        .map(|&t| self.narrow.get(t).copied().unwrap_or(0)),
                );
            }
            pixels.copy_from_slice(&self.line);
        }
    }

    fn draw_hann(&mut self, mel: &MelSpectrogram, rows: usize, shown: usize, range: &Range) {
        self.across.fit(shown, self.width, 10 * self.width);
        self.down.fit(rows, self.height, extent_tenths(self.height));
        self.wide.clear();
        for row in mel.data.chunks_exact(mel.frames).take(rows) {
            self.blend.clear();
            self.blend.extend(row.iter().map(|&value| range.position(value)));
            let blend = &self.blend;
            self.wide.extend(self.across.taps().map(|(start, weights)| {
                // Frames that do not exist are at position 0.
                let present = blend.get(start..).unwrap_or(&[]);
                weights
                    .iter()
                    .zip(present)
                    .map(|(weight, position)| weight * position)
                    .sum::<f32>()
            }));
        }
        let lines = self.indices.chunks_exact_mut(self.width).rev();
        for (pixels, (start, weights)) in lines.zip(self.down.taps()) {
            self.blend.clear();
            self.blend.resize(self.width, 0.0);
            for (row, weight) in self.wide.chunks_exact(self.width).skip(start).zip(weights) {
                for (sum, position) in self.blend.iter_mut().zip(row) {
                    *sum += weight * position;
                }
            }
            for (pixel, &position) in pixels.iter_mut().zip(&self.blend) {
                *pixel = position as u8;
            }
        }
    }
}

/// The values that the palette's ends stand for.
struct Range {
    low: f32,
    span: f32,
}

impl Range {
    /// Position in the palette, 0 to 256 within the range. Conversion to u8 makes it an index: it rounds down,
    /// and ends at 0 and 255.
    #[inline(always)]
    fn position(&self, value: f32) -> f32 {
        256.0 * (value - self.low) / self.span
    }

    /// The index at that position; 0 for NaN.
    #[inline(always)]
    fn index(&self, value: f32) -> u8 {
        // By way of 32 bits, which processors convert to several at a time.
        self.position(value).clamp(0.0, 255.0) as i32 as u8
    }
}
