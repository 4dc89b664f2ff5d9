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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_fill_what_exists() {
        let full = MelSpectrogram {
            n_mels: 3,
            frames: 4,
            data: vec![1.0; 12],
        };
        let masked = |change: &dyn Fn(&mut MelSpectrogram)| {
            let mut mel = full.clone();
            change(&mut mel);
            mel.data
        };
        assert_eq!(
            masked(&|m| mask_rows(m, 1..2, 0.0)),
            [1., 1., 1., 1., 0., 0., 0., 0., 1., 1., 1., 1.]
        );
        assert_eq!(
            masked(&|m| mask_rows(m, 2..9, 0.0)),
            [1., 1., 1., 1., 1., 1., 1., 1., 0., 0., 0., 0.]
        );
        assert_eq!(masked(&|m| mask_rows(m, 7..9, 0.0)), full.data);
        assert_eq!(
            masked(&|m| mask_columns(m, 1..3, 0.0)),
            [1., 0., 0., 1., 1., 0., 0., 1., 1., 0., 0., 1.]
        );
        assert_eq!(
            masked(&|m| mask_columns(m, 3..9, 0.0)),
            [1., 1., 1., 0., 1., 1., 1., 0., 1., 1., 1., 0.]
        );
        assert_eq!(masked(&|m| mask_columns(m, 4..9, 0.0)), full.data);
        let mut empty = MelSpectrogram::default();
        mask_rows(&mut empty, 0..5, 0.0);
        mask_columns(&mut empty, 0..5, 0.0);
        assert_eq!(empty, MelSpectrogram::default());
    }
}
