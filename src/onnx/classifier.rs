//! Text classifiers: a text, or a pair of texts, to the probabilities of a model's labels (sequence classification).
//!
//! Texts are run one by one. A classifier's head multiplies one vector a text, and how such a product adds up depends
//! on how many rows there are; alone, a text's numbers depend on nothing else.

use serde_json::Value;

use super::encoder::Encoder;
use super::engine::Engine;
use super::error::ModelError;
use super::folder::{ModelFolder, Precision};
use super::tokens::Tokens;
use crate::run::interrupt::Interrupt;

/// A loaded text classifier.
#[derive(Debug)]
pub struct TextClassifier {
    encoder: Encoder,
    tokens: Tokens,
    labels: Vec<String>,
    /// Whether labels are independent of each other, as `problem_type` says.
    independent: bool,
    hash: String,
}

/// Which labels of a model for natural language inference say what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inference {
    /// The second text follows from the first.
    pub entailment: usize,
    /// Both can't be true.
    pub contradiction: usize,
}

impl TextClassifier {
    /// Loads the classifier of a folder; its labels come from `id2label` (or `label2id`) of config.json.
    ///
    /// # Errors
    /// [`ModelError`]; also for graphs that give numbers for each token, and configurations without labels.
    pub fn open(engine: &Engine, folder: &ModelFolder, precision: Precision) -> Result<Self, ModelError> {
        let graph = folder.graph("model", precision)?;
        let encoder = Encoder::open(engine, &graph)?;
        let unsupported = |reason: String| ModelError::Unsupported {
            model: folder.path().display().to_string(),
            reason,
        };
        let config = folder.json("config.json")?;
        let labels = labels(&config).ok_or_else(|| {
            unsupported(
                "found no labels in config.json, expected id2label or label2id with the numbers from 0 on"
                    .to_owned(),
            )
        })?;
        let session = encoder.session();
        let expected = "an output logits with one number a label for each text";
        let Some(&[_, count]) = session.output("logits").map(|port| port.shape.as_slice()) else {
            return Err(session.unfit(expected).into());
        };
        // −1 is a number that the graph leaves open; it shows when the graph runs.
        if usize::try_from(count).is_ok_and(|count| count != labels.len()) {
            return Err(unsupported(format!(
                "found {} labels in config.json, expected {count}, as many as the graph gives",
                labels.len()
            )));
        }
        // What the labels are called decides as much as the graph does.
        let files = ["config.json", "tokenizer.json"].map(|name| folder.file(name));
        let [config_file, tokenizer] = files;
        let hash = folder.hash(&[graph, tokenizer?, config_file?])?;
        Ok(TextClassifier {
            tokens: Tokens::open(folder)?,
            independent: config["problem_type"] == "multi_label_classification",
            encoder,
            labels,
            hash,
        })
    }

    /// The labels, in the order of the probabilities.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// A hash of the graph, the tokenizer and the configuration. 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether this is a model for natural language inference: its labels tell entailment from contradiction.
    #[must_use]
    pub fn inference(&self) -> Option<Inference> {
        let find = |name: &str| {
            let mut labels = self.labels.iter();
            labels.position(|label| label.eq_ignore_ascii_case(name))
        };
        Some(Inference {
            entailment: find("entailment")?,
            contradiction: find("contradiction")?,
        })
    }

    /// The probabilities of the labels for each text, in order: they sum to 1, unless the model's labels are
    /// independent of each other. Of a text longer than the model takes, every window is read, and its probabilities
    /// are their mean, windows weighing as much as they have tokens.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn classify(&mut self, texts: &[&str], interrupt: &Interrupt) -> Result<Vec<Vec<f64>>, ModelError> {
        let mut found = Vec::with_capacity(texts.len());
        for text in texts {
            let rows = self.tokens.encode(text)?;
            let total: usize = rows.iter().map(Vec::len).sum();
            let mut mean = vec![0.0; self.labels.len()];
            for row in rows {
                let share = row.len() as f64 / total.max(1) as f64;
                let probabilities = self.run(&row, row.len(), interrupt)?;
                for (sum, probability) in mean.iter_mut().zip(probabilities) {
                    *sum += share * probability;
                }
            }
            found.push(mean);
        }
        Ok(found)
    }

    /// The probabilities for each pair of texts, in order; `None` for a pair longer than the model takes, of which it
    /// would see a part only.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn classify_pairs(
        &mut self,
        pairs: &[(&str, &str)],
        interrupt: &Interrupt,
    ) -> Result<Vec<Option<Vec<f64>>>, ModelError> {
        let mut found = Vec::with_capacity(pairs.len());
        for (first, second) in pairs {
            found.push(match self.tokens.encode_pair(first, second)? {
                Some((row, begin)) => Some(self.run(&row, begin, interrupt)?),
                None => None,
            });
        }
        Ok(found)
    }

    /// One row of tokens, of which those from `second` on belong to a second text.
    fn run(&mut self, row: &[u32], second: usize, interrupt: &Interrupt) -> Result<Vec<f64>, ModelError> {
        if interrupt.stopped() {
            return Err(ModelError::Interrupted);
        }
        let pad = self.tokens.pad();
        let (count, independent) = (self.labels.len(), self.independent);
        let found = self
            .encoder
            .run_split(&[row], &[second], pad, "logits", |output| {
                let fits = output.shape == [1, count] && output.data.len() == count;
                fits.then(|| probabilities(output.data, independent))
            })?;
        let session = self.encoder.session();
        let found = found.ok_or_else(|| {
            session.failed(format!(
                "logits have another shape than one number for each of the {count} labels of config.json"
            ))
        })?;
        if found.iter().any(|probability| !probability.is_finite()) {
            return Err(session.failed("its logits hold what is no number").into());
        }
        Ok(found)
    }
}

/// Softmax, or for independent labels the logistic function of each.
fn probabilities(logits: &[f32], independent: bool) -> Vec<f64> {
    let logits = logits.iter().map(|&logit| f64::from(logit));
    if independent {
        return logits.map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
    }
    let highest = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.map(|logit| (logit - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The names of the labels by their numbers, if there is one for each number from 0 on.
fn labels(config: &Value) -> Option<Vec<String>> {
    let mut numbered: Vec<(usize, String)> = match (&config["id2label"], &config["label2id"]) {
        (Value::Object(names), _) => names
            .iter()
            .map(|(id, name)| Some((id.parse().ok()?, name.as_str()?.to_owned())))
            .collect::<Option<_>>()?,
        (_, Value::Object(ids)) => ids
            .iter()
            .map(|(name, id)| Some((usize::try_from(id.as_u64()?).ok()?, name.clone())))
            .collect::<Option<_>>()?,
        _ => return None,
    };
    numbered.sort();
    let whole = numbered.iter().enumerate().all(|(place, (id, _))| place == *id);
    (whole && !numbered.is_empty()).then(|| numbered.into_iter().map(|(_, name)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_in_the_order_of_their_numbers() {
        let names = |config: Value| labels(&config);
        let ten: serde_json::Map<String, Value> = (0..11)
            .map(|id| (id.to_string(), format!("l{id}").into()))
            .collect();
        let found = names(json!({ "id2label": ten })).unwrap();
        assert_eq!((found[2].as_str(), found[10].as_str()), ("l2", "l10"));
        let found = names(json!({ "label2id": { "b": 0, "a": 1 } })).unwrap();
        assert_eq!(found, ["b", "a"]);
        for none in [
            json!({}),
            json!({ "id2label": {} }),
            json!({ "id2label": { "0": "a", "2": "b" } }),
            json!({ "id2label": { "x": "a" } }),
            json!({ "label2id": { "a": -1 } }),
        ] {
            assert_eq!(names(none), None);
        }
    }

    #[test]
    fn probabilities_of_logits() {
        let found = probabilities(&[0.0, 0.0, f32::MIN], false);
        assert_eq!(found, [0.5, 0.5, 0.0]);
        let found = probabilities(&[1000.0, 999.0], false);
        assert!((found[0] - 0.731_058_6).abs() < 1e-6 && (found[0] + found[1] - 1.0).abs() < 1e-12);
        assert_eq!(probabilities(&[0.0, 1000.0, -1000.0], true), [0.5, 1.0, 0.0]);
        assert!(probabilities(&[f32::NAN, 0.0], false)[1].is_nan());
    }
}
