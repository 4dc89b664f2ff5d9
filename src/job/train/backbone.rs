//! The image encoder of a network: finding it, and reading its file.

use std::path::Path;

use super::{FoundModel, TrainJobError};
use crate::onnx::error::ModelError;
use crate::onnx::folder::Precision;
use crate::onnx::graph::network::Tuned;
use crate::onnx::hub::catalogue::Role;
use crate::recipe::{BackboneSection, MapSection, TrainRecipe};
use crate::train::networks::{Backbone, Fed, ImageFile, MapBranch};

/// An image encoder that was found, but not read.
#[derive(Debug, Clone)]
pub struct FoundBackbone {
    /// Where it is.
    pub found: FoundModel,
    /// What the recipe says of it.
    pub section: BackboneSection,
}

impl FoundBackbone {
    /// Finds it; the path of a folder is relative to `base`.
    ///
    /// # Errors
    /// [`TrainJobError::Models`], with the command that gets it.
    pub fn find(section: &BackboneSection, base: &Path) -> Result<Self, TrainJobError> {
        Ok(FoundBackbone {
            found: FoundModel::find(&section.model, base, Role::ImageEncoder, Precision::Fp32)?,
            section: section.clone(),
        })
    }

    /// Reads its file, for pictures of a height and width: all of `resnet50-crnn-at` but the head.
    ///
    /// # Errors
    /// [`TrainJobError`]: the file is no image encoder, takes no such pictures, or has not as many layers as are to be trained.
    pub fn branch(
        &self,
        of: &MapSection,
        picture: (usize, usize),
        recipe: &TrainRecipe,
    ) -> Result<MapBranch, TrainJobError> {
        let folder = &self.found.folder;
        let graph = folder.graph("model", Precision::Fp32).map_err(ModelError::from)?;
        let mut files = folder.weights_of(&graph);
        files.push(graph.clone());
        let hash = folder.hash(&files).map_err(ModelError::from)?;
        let output = self.section.output.as_deref();
        let file = ImageFile::open(&graph, &self.found.own_name(), &hash, picture, output)
            .map_err(|error| TrainJobError::Other(format!("{}: {error}", graph.display())))?;
        refuse_missing_layers(of.train, file.layers, &graph, recipe)?;
        let backbone = Backbone {
            file,
            train: of.train,
            mean: self.section.mean,
            std: self.section.std,
            fed: Fed::Images,
        };
        Ok(MapBranch {
            backbone,
            channels: of.channels,
            kernel: of.kernel,
            attentive: of.attentive,
        })
    }
}

/// Whether an encoder has as many layers as are to be trained.
pub(super) fn refuse_missing_layers(
    train: Tuned,
    layers: usize,
    graph: &Path,
    recipe: &TrainRecipe,
) -> Result<(), TrainJobError> {
    let Tuned::Last(last) = train else {
        return Ok(());
    };
    if (1..=layers).contains(&last) {
        return Ok(());
    }
    let (expected, hint) = match layers {
        0 => (
            "\"head\" or \"all\"".to_owned(),
            Some(
                "exporters of PyTorch keep the names, which tell layers, on the route of torch.export (dynamo=True)"
                    .to_owned(),
            ),
        ),
        layers => (format!("1 to {layers}"), None),
    };
    let message = format!(
        "found last = {last}, expected {expected}: the names in {} tell {layers} layers",
        graph.display()
    );
    Err(recipe.error("network", "train", message, hint).into())
}
