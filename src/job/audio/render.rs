//! Making one item: from the prepared source to the bytes of its files.

use serde_json::{Map, Value};

use super::AudioJob;
use crate::audio::decode::Recording;
use crate::audio::mel::{MelSpectrogram, mask_columns, mask_rows};
use crate::audio::preparation::{PaintError, Painter};
use crate::audio::take::{MaskAxis, MaskFill, MelMask, Take};
use crate::audio::transform::{Step, StepError};
use crate::audio::{decibel, level, npy, wave};
use crate::corpus::index;
use crate::dataset::layout;
use crate::dataset::row::{Row, sha256};
use crate::plan::{PlanItem, item_seed};
use crate::recipe::Kinds;

/// One thread's means of making the items of one job.
#[derive(Default)]
pub struct Renderer {
    /// Made with the first source, when the settings are known.
    painter: Option<Painter>,
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

impl Renderer {
    /// Nothing planned yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn painter(&mut self, job: &AudioJob) -> Result<&mut Painter, String> {
        Ok(match &mut self.painter {
            Some(painter) => painter,
            unset => {
                unset.insert(Painter::new(&job.recipe.preparation()).map_err(|error| error.to_string())?)
            }
        })
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
        self.painter(job)?.prepared(&recording)
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
        let painter = self.painter(job).map_err(StepError::Failed)?;
        if let Some(step) = &step {
            step.apply(&mut take, &mut painter.bench)?;
        }
        let gain = painter.write(&take.samples).map_err(|error| match error {
            PaintError::Unsound => StepError::Refused(error.to_string()),
            _ => failed(error),
        })?;
        measure(painter, &mut take, gain);
        let files = files(painter, job.kinds(item), &take)?;
        let row = row(job, item, id, fingerprint, step.as_deref(), take.measured, &files);
        Ok(Rendered { row, files })
    }
}

fn failed(error: impl std::fmt::Display) -> StepError {
    StepError::Failed(error.to_string())
}

/// Measures what is written.
fn measure(painter: &Painter, take: &mut Take, gain: f32) {
    let seconds = painter.written.len() as f64 / f64::from(take.rate);
    take.note("duration_s", seconds, 6);
    take.note("peak", f64::from(level::peak(&painter.floats)), 6);
    if let Some(active) = level::active_level_dbfs(&painter.floats, take.rate) {
        take.note("active_dbfs", active, 2);
    }
    // An item that was scaled down has its peak at full scale, and nothing of it was cut off.
    let clipped = if gain < 1.0 {
        0
    } else {
        wave::at_full_scale(&painter.written)
    };
    take.measured.insert("clipped".to_owned(), Value::from(clipped));
    // What the item was scaled down by so as not to exceed full scale.
    take.note("scaled_db", decibel::of_amplitude(f64::from(gain)), 3);
}

fn files(painter: &mut Painter, kinds: Kinds, take: &Take) -> Result<Files, StepError> {
    let audio = (kinds.audio && take.audible).then(|| wave::encode(&painter.written, take.rate));
    let mut files = Files {
        audio,
        ..Files::default()
    };
    if !(kinds.images || kinds.arrays) {
        return Ok(files);
    }
    // A mask is shown on the picture of its source, on its source's scale.
    if let Some(picture) = &take.picture {
        wave::to_float(&picture.source, &mut painter.floats);
    }
    let levels = painter.analyse().map_err(failed)?;
    for mask in take.picture.iter().flat_map(|picture| &picture.masks) {
        mask_picture(&mut painter.spectrum, mask, levels.floor);
    }
    if kinds.arrays {
        let spectrum = &painter.spectrum;
        let shape = [spectrum.n_mels, spectrum.frames];
        files.array = Some(npy::encode_f32(&shape, &spectrum.data).map_err(failed)?);
    }
    if kinds.images {
        files.image = Some(painter.draw(levels).map_err(failed)?);
    }
    Ok(files)
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
