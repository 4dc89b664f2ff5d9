//! Whether the gate's classifier knows the labels of the corpus.

use super::load::TextJob;
use crate::recipe::RecipeError;
use crate::text::label_gate::LabelGate;

impl TextJob {
    /// Checks a classifier against the classes of the plan.
    ///
    /// # Errors
    /// [`RecipeError`] at `[text.gate] classifier`, with the labels of both.
    pub fn check_labels(&self, classifier: &LabelGate) -> Result<(), RecipeError> {
        let classes: Vec<&str> = self
            .plan
            .classes
            .iter()
            .map(|class| class.name.as_str())
            .collect();
        classifier.check(&classes).map_err(|error| {
            self.recipe
                .error("text", "gate.classifier", error.message, Some(error.hint))
        })
    }
}
