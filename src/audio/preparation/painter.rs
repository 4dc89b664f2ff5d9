//! From a recording to its picture, step by step as for a dataset's items.

use super::{Preparation, PreparationError};
use crate::audio::bench::Bench;
use crate::audio::decode::Recording;
use crate::audio::image::{ImageError, MelImage, RgbImage};
use crate::audio::mel::{Levels, MelSpectrogram};
use crate::audio::spectrum::SettingError;
use crate::audio::{level, wave};

/// One thread's means to turn recordings into pictures: those that a dataset of the same preparation has of its
/// originals, pixel for pixel. Keep one per thread: it owns its plans and memory.
pub struct Painter {
    preparation: Preparation,
    /// Plans and scratch, also for what is done to the samples before they are written.
    pub(crate) bench: Bench,
    image: MelImage,
    /// The samples as written.
    pub(crate) written: Vec<i16>,
    /// The same, or what else a picture is made of, full scale at 1.0.
    pub(crate) floats: Vec<f32>,
    /// In dB.
    pub(crate) spectrum: MelSpectrogram,
}

/// Why samples have no picture.
#[derive(Debug, thiserror::Error)]
pub enum PaintError {
    /// There is nothing to show.
    #[error("the result is empty or not finite")]
    Unsound,
    /// The spectrogram can't be made.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The picture can't be made.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl Painter {
    /// A painter; what is dear to plan is planned with the first recording.
    ///
    /// # Errors
    /// As [`Preparation::check`].
    pub fn new(preparation: &Preparation) -> Result<Self, PreparationError> {
        preparation.check()?;
        let Preparation { prepare, mel, image } = preparation;
        let image =
            MelImage::new(image, mel, prepare.sample_rate).map_err(|fault| PreparationError::Setting {
                table: "image",
                fault,
            })?;
        Ok(Painter {
            preparation: preparation.clone(),
            bench: Bench::new(),
            image,
            written: Vec::new(),
            floats: Vec::new(),
            spectrum: MelSpectrogram::default(),
        })
    }

    /// What it was made for.
    #[must_use]
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// The prepared samples of a decoded recording, at the preparation's rate; at least one. The recording has to be
    /// decoded with the preparation's `channels` and `max_seconds`, as [`Painter::samples`] does.
    ///
    /// # Errors
    /// In words, why the recording can't be used.
    pub fn prepared(&mut self, recording: &Recording) -> Result<Vec<f32>, String> {
        self.preparation.prepare.prepare(recording, &mut self.bench)
    }

    /// The picture of prepared samples.
    ///
    /// # Errors
    /// [`PaintError`]; for what [`Painter::prepared`] gave, only [`PaintError::Unsound`].
    pub fn rgb(&mut self, samples: &[f32]) -> Result<RgbImage, PaintError> {
        self.write(samples)?;
        let levels = self.analyse()?;
        Ok(self.image.rgb(&self.spectrum, levels.lowest, levels.highest))
    }

    /// The same as the bytes of the PNG file that a dataset has.
    ///
    /// # Errors
    /// As [`Painter::rgb`].
    pub fn png(&mut self, samples: &[f32]) -> Result<Vec<u8>, PaintError> {
        self.write(samples)?;
        let levels = self.analyse()?;
        Ok(self.draw(levels)?)
    }

    /// Rounds samples to what is written of them: into `written`, and from there into `floats`. Gives what they were
    /// scaled by, 1.0 unless they exceed full scale.
    pub(crate) fn write(&mut self, samples: &[f32]) -> Result<f32, PaintError> {
        if samples.is_empty() || !level::is_finite(samples) {
            return Err(PaintError::Unsound);
        }
        let gain = wave::quantize(samples, &mut self.written);
        wave::to_float(&self.written, &mut self.floats);
        Ok(gain)
    }

    /// The spectrogram of `floats`, in dB, into `spectrum`.
    pub(crate) fn analyse(&mut self) -> Result<Levels, SettingError> {
        let Preparation { prepare, mel, .. } = &self.preparation;
        let mel = self.bench.mel(mel, prepare.sample_rate)?;
        Ok(mel.db(&self.floats, &mut self.spectrum))
    }

    /// The picture of `spectrum` as a PNG file, its colours spanning the levels.
    pub(crate) fn draw(&mut self, levels: Levels) -> Result<Vec<u8>, ImageError> {
        self.image.png(&self.spectrum, levels.lowest, levels.highest)
    }
}
