//! The images of rows, or what a frozen image encoder made of them.

use super::data::Example;
use super::{Pictures, TrainJob, TrainJobError};
use crate::onnx::engine::Engine;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;
use crate::train::features::cache::FeatureCache;
use crate::train::features::image::{ImageEncoder, ImageFile};
use crate::train::features::{Features, Plan, compute, plan};
use crate::train::networks::{Backbone, IMAGE, MAP};

/// What a network sees of rows.
#[derive(Debug)]
pub enum Sight {
    /// Their images.
    Pictures(Pictures),
    /// Maps of their images, in the order of the rows from a first one on.
    Maps {
        /// Maps of these rows and others.
        maps: Features,
        /// The place of the first row's.
        first: usize,
    },
}

/// Of rows that are trained on, and of those that are held out.
pub(super) type Sights = (Option<Sight>, Option<Sight>);

impl Sight {
    /// Writes what is seen of a row.
    ///
    /// # Errors
    /// In words, naming the file.
    pub(super) fn fill(&self, row: usize, into: &mut [f32]) -> Result<(), String> {
        match self {
            Sight::Pictures(pictures) => pictures.fill(row, into),
            Sight::Maps { maps, first } => {
                let copied = maps.copy_to(first + row, into);
                copied.map_err(|error| error.to_string())
            }
        }
    }
}

impl TrainJob {
    /// What the network sees of all rows; maps of a backbone that is not trained are computed.
    pub(super) fn sights(
        &self,
        backbone: Option<&Backbone>,
        engine: &Engine,
        interrupt: &Interrupt,
        progress: &dyn Progress,
        tell: &mut dyn FnMut(&Plan),
    ) -> Result<Sights, TrainJobError> {
        if self.preparation.is_none() {
            return Ok((None, None));
        }
        let (height, width) = self.picture();
        let pictures = |rows: &mut dyn Iterator<Item = &Example>| {
            Pictures::new(height, width, rows.map(|row| row.image.clone()).collect())
        };
        let Some(backbone) = backbone.filter(|backbone| backbone.is_frozen()) else {
            let sight = |rows: &[Example]| Some(Sight::Pictures(pictures(&mut rows.iter())));
            return Ok((sight(&self.train), sight(&self.held)));
        };
        let all = pictures(&mut self.train.iter().chain(&self.held));
        let model = backbone
            .maps(height, width)
            .map_err(|error| TrainJobError::Other(format!("{}: {error}", backbone.file.model)))?;
        let [channels, map_height, map_width] = backbone.file.map;
        let mut encoder = ImageEncoder::new(
            engine,
            &backbone.file.model,
            &model,
            IMAGE,
            MAP,
            [3, height, width],
            channels * map_height * map_width,
        )?;
        let files: Vec<&dyn ImageFile> = all.files().iter().map(|file| file as &dyn ImageFile).collect();
        let limit = self
            .backbone
            .as_ref()
            .map_or(0, |found| found.section.cache_limit);
        let cache = FeatureCache::of_maps(limit);
        tell(&plan(encoder.id(), Some(encoder.size()), &files, &cache)?);
        let maps = compute(&mut encoder, &files, &cache, interrupt, progress)?;
        let sight = |first: usize| {
            Some(Sight::Maps {
                maps: maps.clone(),
                first,
            })
        };
        Ok((sight(0), sight(self.train.len())))
    }
}
