//! The models of a calibration, found and loaded.

use crate::job::text::models::{ModelsError, reference, vocabulary};
use crate::onnx::engine::Engine;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::hub::catalogue::Role;
use crate::onnx::hub::environment::Environment;
use crate::onnx::hub::installed::resolve;
use crate::onnx::masked::MaskedLm;
use crate::recipe::{TextRecipe, TextSection};
use crate::text::fill::Vocabulary;

/// Where the models of a calibration are.
#[derive(Debug)]
pub struct CalibrationPlaces {
    pub(super) encoder: ModelFolder,
    fill: Result<ModelFolder, String>,
}

/// Finds the models.
///
/// # Errors
/// [`ModelsError`] if the encoder is not there, with its size and the command that gets it. A missing model for fills
/// is no error: that part is left out.
pub fn find_for_calibration(recipe: &TextRecipe) -> Result<CalibrationPlaces, ModelsError> {
    let environment = Environment::of_process()?;
    let folder = |name: &str, role: Role, precision: Precision| -> Result<ModelFolder, ModelsError> {
        let reference = reference(name, &recipe.base())?;
        Ok(resolve(&reference, Some(role), precision, &environment)?.folder)
    };
    let TextSection { gate, fill, .. } = &recipe.text;
    Ok(CalibrationPlaces {
        encoder: folder(&gate.model, Role::SentenceEncoder, gate.precision)?,
        fill: match recipe.text.p_backtranslate < 1.0 {
            true => folder(&fill.model, Role::MaskedLm, fill.precision).map_err(|error| error.to_string()),
            false => Err("the recipe makes no fills (p_backtranslate = 1)".to_owned()),
        },
    })
}

/// The model for fills with the words of its vocabulary, or why there is none.
pub(super) type Filler = Result<(MaskedLm, Vocabulary), String>;

/// Loads the model for fills.
pub(super) fn filler(places: &CalibrationPlaces, text: &TextSection, engine: &Engine) -> Filler {
    let folder = places.fill.as_ref().map_err(Clone::clone)?;
    let model = MaskedLm::open(engine, folder, text.fill.precision).map_err(|error| error.to_string())?;
    let vocabulary = vocabulary(&model, text);
    Ok((model, vocabulary))
}
