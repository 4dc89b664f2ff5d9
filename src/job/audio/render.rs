//! Making one item: from the prepared source to the bytes of its files.

use serde_json::{Map, Value};

use super::AudioJob;
use crate::audio::bench::Bench;
use crate::audio::decode::Recording;
use crate::audio::image::MelImage;
use crate::audio::mel::{MelSpectrogram, mask_columns, mask_rows, to_db};
use crate::audio::take::{MaskAxis, MaskFill, MelMask, Take};
use crate::audio::transform::{Step, StepError};
use crate::audio::{decibel, level, npy, wave};
use crate::corpus::index;
use crate::dataset::layout;
use crate::dataset::row::{Row, sha256};
use crate::plan::{PlanItem, item_seed};

/// One thread's means of making items.
pub struct Renderer {
    bench: Bench,
    picture: Option<MelImage>,
    spectrum: MelSpectrogram,
    samples: Vec<i16>,
    floats: Vec<f32>,
}

/// The bytes of an item's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// WAV.
    pub audio: Option<Vec<u8>>,
    /// PNG.
    pub image: Option<Vec<u8>>,
    /// NPY.
    pub array: Option<Vec<u8>>,
}

/// A finished item.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// Its row.
    pub row: Row,
    /// Its files.
    pub files: Files,
}

impl Default for Renderer {
    fn default() -> Self {
        Self::new()
    }
}

impl Renderer {
    /// Nothing planned yet.
    #[must_use]
    pub fn new() -> Self {
        Renderer {
            bench: Bench::new(),
            picture: None,
            spectrum: MelSpectrogram::default(),
            samples: Vec::new(),
            floats: Vec::new(),
        }
    }

    /// Reads and prepares a source.
    ///
    /// # Errors
    /// In words: the file can't be read any more, or is not the one that was indexed.
    pub fn source(&mut self, job: &AudioJob, source: usize) -> Result<Vec<f32>, String> {
        let (utterance, facts) = (&job.utterances[source], &job.index[source]);
        let prepare = &job.recipe.prepare;
        let (hash, recording) = index::read(&utterance.audio, prepare.channels, prepare.max_seconds)?;
        if hash != facts.file {
            return Err("changed since it was indexed; run again".to_owned());
        }
        let recording: Recording = recording?;
        prepare.prepare(&recording, &mut self.bench)
    }

    /// Makes an item of a prepared source.
    ///
    /// # Errors
    /// [`StepError`].
    pub fn item(&mut self, job: &AudioJob, item: &PlanItem, source: &[f32]) -> Result<Rendered, StepError> {
        let id = job.id(item);
        let step = job.step(item).map_err(StepError::Refused)?;
        let fingerprint = job.fingerprint(item, &id, step.as_deref());
        let mut take = Take::new(
            source.to_vec(),
            job.recipe.prepare.sample_rate,
            job.recipe.mel.clone(),
        );
        if let Some(step) = &step {
            step.apply(&mut take, &mut self.bench)?;
        }
        if take.samples.is_empty() || !level::is_finite(&take.samples) {
            return Err(StepError::Refused("the result is empty or not finite".to_owned()));
        }
        let gain = wave::quantize(&take.samples, &mut self.samples);
        self.measure(&mut take, gain);
        let files = self.files(job, item, &take)?;
        let row = row(job, item, id, fingerprint, step.as_deref(), take.measured, &files);
        Ok(Rendered { row, files })
    }

    fn measure(&mut self, take: &mut Take, gain: f32) {
        wave::to_float(&self.samples, &mut self.floats);
        let seconds = self.samples.len() as f64 / f64::from(take.rate);
        take.note("duration_s", seconds, 6);
        take.note("peak", f64::from(level::peak(&self.floats)), 6);
        if let Some(active) = level::active_level_dbfs(&self.floats, take.rate) {
            take.note("active_dbfs", active, 2);
        }
        // An item that was scaled down has its peak at full scale, and nothing of it was cut off.
        let clipped = if gain < 1.0 {
            0
        } else {
            wave::at_full_scale(&self.samples)
        };
        take.measured.insert("clipped".to_owned(), Value::from(clipped));
        // What the item was scaled down by so as not to exceed full scale.
        take.note("scaled_db", decibel::of_amplitude(f64::from(gain)), 3);
    }

    fn files(&mut self, job: &AudioJob, item: &PlanItem, take: &Take) -> Result<Files, StepError> {
        let kinds = job.kinds(item);
        let failed = |error: String| StepError::Failed(error);
        let audio = (kinds.audio && take.audible).then(|| wave::encode(&self.samples, take.rate));
        let mut files = Files {
            audio,
            ..Files::default()
        };
        if !(kinds.images || kinds.arrays) {
            return Ok(files);
        }
        // A mask is shown on the picture of its source, on its source's scale.
        if let Some(picture) = &take.picture {
            wave::to_float(&picture.source, &mut self.floats);
        }
        let mel = self
            .bench
            .mel(&take.mel, take.rate)
            .map_err(|error| failed(error.to_string()))?;
        mel.power(&self.floats, &mut self.spectrum);
        let levels = to_db(&mut self.spectrum, take.mel.top_db as f32);
        for mask in take.picture.iter().flat_map(|picture| &picture.masks) {
            mask_picture(&mut self.spectrum, mask, levels.floor);
        }
        if kinds.arrays {
            let shape = [self.spectrum.n_mels, self.spectrum.frames];
            files.array = Some(
                npy::encode_f32(&shape, &self.spectrum.data).map_err(|error| failed(error.to_string()))?,
            );
        }
        if kinds.images {
            let picture = match &mut self.picture {
                Some(picture) => picture,
                None => {
                    let new = MelImage::new(&job.recipe.image, &take.mel, take.rate);
                    self.picture
                        .insert(new.map_err(|error| failed(error.to_string()))?)
                }
            };
            let png = picture.png(&self.spectrum, levels.lowest, levels.highest);
            files.image = Some(png.map_err(|error| failed(error.to_string()))?);
        }
        Ok(files)
    }
}

fn mask_picture(spectrum: &mut MelSpectrogram, mask: &MelMask, floor: f32) {
    let value = match mask.fill {
        MaskFill::Floor => floor,
        MaskFill::Zero => 0.0,
    };
    let range = mask.start..mask.start + mask.width;
    match mask.axis {
        MaskAxis::Frequency => mask_rows(spectrum, range, value),
        MaskAxis::Time => mask_columns(spectrum, range, value),
    }
}

fn row(
    job: &AudioJob,
    item: &PlanItem,
    id: String,
    fingerprint: String,
    step: Option<&dyn Step>,
    measured: Map<String, Value>,
    files: &Files,
) -> Row {
    let utterance = &job.utterances[item.source as usize];
    let path = |bytes: &Option<Vec<u8>>, extension: &str| match bytes {
        Some(_) => layout::item(item.split, &utterance.label, &id, extension),
        None => String::new(),
    };
    Row {
        file: path(&files.audio, "wav"),
        split: item.split,
        label: utterance.label.clone(),
        text: utterance.text.clone(),
        source_id: utterance.id.clone(),
        speaker: utterance.speaker.clone(),
        group: job.plan.groups[item.source as usize].clone(),
        transform: job.transform_name(item).to_owned(),
        copy: item.copy,
        parameters: step.map(Step::parameters).unwrap_or_default(),
        measured,
        seed: item_seed(job.recipe.seed, &id),
        fingerprint,
        sha256: hash(&files.audio),
        mel_path: path(&files.image, "png"),
        mel_sha256: hash(&files.image),
        array_path: path(&files.array, "npy"),
        array_sha256: hash(&files.array),
        rank: None,
        scores: None,
        attempts: None,
        hops: None,
        id,
    }
}

fn hash(bytes: &Option<Vec<u8>>) -> String {
    bytes.as_ref().map(|bytes| sha256(bytes)).unwrap_or_default()
}
