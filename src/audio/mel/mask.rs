//! Masking bands of a spectrogram (SpecAugment, Park et al. 2019).

use std::ops::Range;

use super::MelSpectrogram;

/// Sets the filters `rows` to `value` in all frames; rows that do not exist are ignored.
pub fn mask_rows(mel: &mut MelSpectrogram, rows: Range<usize>, value: f32) {
    let first = rows.start.min(mel.n_mels) * mel.frames;
    let end = rows.end.min(mel.n_mels) * mel.frames;
    if let Some(band) = mel.data.get_mut(first..end) {
        band.fill(value);
    }
}

/// Sets the frames `columns` to `value` in all filters; frames that do not exist are ignored.
pub fn mask_columns(mel: &mut MelSpectrogram, columns: Range<usize>, value: f32) {
    let columns = columns.start..columns.end.min(mel.frames);
    for row in mel.data.chunks_exact_mut(mel.frames.max(1)) {
        if let Some(band) = row.get_mut(columns.clone()) {
            band.fill(value);
        }
    }
}
