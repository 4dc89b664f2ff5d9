//! From a recipe to all that a training needs, checked: rows, labels, the network's sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::data::{Dataset, Example, Kind};
use super::encoder::FoundEncoder;
use super::{TrainJobError, init};
use crate::audio::preparation::Preparation;
use crate::corpus::Split;
use crate::dataset::verify;
use crate::draw::rank;
use crate::job::model::ModelDir;
use crate::onnx::pooling::Pooling;
use crate::recipe::{NetworkSection, TrainRecipe};
use crate::train::networks::{
    Architecture, BertText, Bimer, EncoderFile, Pooled, ResnetCnn, ResnetCrnnAt, TextHead,
};
use crate::train::schedule::Schedule;

/// A training that could begin.
#[derive(Debug)]
pub struct TrainJob {
    /// What was asked for.
    pub recipe: TrainRecipe,
    /// The classes, sorted.
    pub labels: Vec<String>,
    /// Rows that are trained on.
    pub train: Vec<Example>,
    /// Held-out rows that decide on the best epoch.
    pub held: Vec<Example>,
    /// For each training row, new sentences that may stand in for its transcript.
    pub sentences: Vec<Vec<Example>>,
    /// How the images were made, for a network that takes them.
    pub preparation: Option<Preparation>,
    /// The encoder, for a network that reads texts.
    pub encoder: Option<FoundEncoder>,
    /// The model whose parameters it begins with.
    pub init: Option<ModelDir>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// Leaks that are shown.
const SHOWN: usize = 5;
/// Classes, at least.
const LEAST_CLASSES: usize = 2;
/// Classes, at most: their confusion matrix has to fit into a picture.
const MOST_CLASSES: usize = 500;

impl TrainJob {
    /// Reads the datasets and checks them; nothing is computed.
    ///
    /// # Errors
    /// [`TrainJobError`].
    pub fn load(recipe: TrainRecipe) -> Result<Self, TrainJobError> {
        let mut notes = Vec::new();
        let (data, reads_images) = (&recipe.data, recipe.network.reads_images());
        // The rows come from the speech for images, and from the sentences where there are any for texts, unless those stand in
        // for transcripts.
        let augmented = data.augmented_text > 0.0;
        let (rows_of, others) = match (reads_images, &data.audio, &data.text) {
            (true, Some(audio), text) => (audio, text.as_ref()),
            (false, Some(audio), Some(text)) if augmented => (audio, Some(text)),
            (false, audio, Some(text)) => (text, audio.as_ref()),
            (false, Some(audio), None) => (audio, None),
            (true, None, _) => {
                let message = format!("{} reads mel images", recipe.network.name());
                let hint = "[data] audio = \"...\", a dataset of `augment audio`; or --data DIR".to_owned();
                return Err(recipe
                    .error(
                        "data",
                        "",
                        format!("{message}, so it needs a dataset of speech"),
                        Some(hint),
                    )
                    .into());
            }
            (false, None, None) => {
                let hint = "[data] text = \"...\", a dataset of `augment text`, or audio = \"...\", whose transcripts are read; or --data DIR";
                let message = "there is no dataset".to_owned();
                return Err(recipe.error("data", "", message, Some(hint.to_owned())).into());
            }
        };
        if let Some(unused) = others.filter(|_| !augmented) {
            notes.push(format!(
                "{} is not used: {}",
                unused.display(),
                unused_reason(reads_images)
            ));
        }
        refuse_leaks(rows_of, others.filter(|_| augmented))?;
        let dataset = expect(rows_of, if reads_images { Some(Kind::Audio) } else { None })?;
        let used = [Split::Train, Split::Validation];
        if reads_images {
            dataset.check_images(&used)?;
        }
        if recipe.network.reads_text() {
            dataset.check_texts(&used)?;
        }
        let labels = labels(&dataset)?;
        let preparation = match reads_images {
            true => Some(dataset.preparation()?.clone()),
            false => None,
        };
        let encoder = match &recipe.encoder {
            None => None,
            Some(section) => Some(FoundEncoder::find(
                &section.model,
                &recipe.base(),
                section.precision,
                section.pooling,
                section.cache_limit,
            )?),
        };
        let (mut train, mut held) = (Vec::new(), Vec::new());
        for row in dataset.rows {
            match row.split {
                Split::Train => train.push(row),
                Split::Validation => held.push(row),
                Split::Test => {}
            }
        }
        if held.is_empty() {
            refuse_unmeasured(&recipe)?;
            notes.push(
                "there is no validation split: nothing is measured, and the last weights are kept".to_owned(),
            );
        }
        let sentences = match others.filter(|_| augmented) {
            None => Vec::new(),
            Some(text) => sentences(&expect(text, Some(Kind::Text))?, &train, &mut notes)?,
        };
        let (train, sentences) = match recipe.train.oversample {
            true => oversampled(recipe.seed, train, sentences),
            false => (train, sentences),
        };
        let init = match &recipe.init {
            None => None,
            Some(path) => {
                let model = init::open(&recipe.base(), path)?;
                let held = held.iter().map(|row| &row.source);
                let leaks = init::leaks(&model, held)?;
                refuse(&model.path.display().to_string(), leaks, INIT_HINT)?;
                Some(model)
            }
        };
        Ok(TrainJob {
            recipe,
            labels,
            train,
            held,
            sentences,
            preparation,
            encoder,
            init,
            notes,
        })
    }

    /// The network with all its sizes; `text_size` is that of the encoder's features, `within` the encoder that is trained itself,
    /// with the tokens of a row.
    ///
    /// # Errors
    /// [`TrainJobError::Other`] for a network without the encoder that it needs.
    pub fn network(
        &self,
        text_size: usize,
        within: Option<(EncoderFile, usize)>,
    ) -> Result<Architecture, TrainJobError> {
        let classes = self.labels.len();
        let image = self.preparation.as_ref().map(|preparation| &preparation.image);
        let (height, width) = image.map_or((0, 0), |image| (image.height as usize, image.width as usize));
        Ok(match self.recipe.network.clone() {
            NetworkSection::BertText { train, dropout, .. } => {
                let Some((encoder, tokens)) = within else {
                    return Err(TrainJobError::Other("bert-text: there is no encoder".to_owned()));
                };
                let pooling = match &self.encoder {
                    Some(found) if found.pooling == Pooling::Mean => Pooled::Mean,
                    _ => Pooled::First,
                };
                Architecture::BertText(BertText {
                    encoder,
                    train,
                    pooling,
                    tokens,
                    dropout,
                    classes,
                })
            }
            NetworkSection::ResnetCnn { widths, dropout } => Architecture::ResnetCnn(ResnetCnn {
                height,
                width,
                widths,
                dropout,
                classes,
            }),
            NetworkSection::ResnetCrnnAt {
                widths,
                attentive,
                dropout,
            } => Architecture::ResnetCrnnAt(ResnetCrnnAt {
                height,
                width,
                widths,
                attentive,
                dropout,
                classes,
            }),
            NetworkSection::TextHead { hidden, dropout } => Architecture::TextHead(TextHead {
                text_size,
                hidden,
                dropout,
                classes,
            }),
            NetworkSection::Bimer {
                speech,
                widths,
                text_features,
                dropout,
            } => Architecture::Bimer(Bimer {
                height,
                width,
                speech,
                widths,
                text_size,
                text_features,
                dropout,
                classes,
            }),
        })
    }

    /// The class of a label that [`TrainJob::load`] has seen.
    #[must_use]
    pub fn class(&self, label: &str) -> usize {
        self.labels
            .binary_search_by(|known| known.as_str().cmp(label))
            .unwrap_or(0)
    }

    /// Rows of each class: for training and held out.
    #[must_use]
    pub fn counts(&self) -> Vec<(usize, usize)> {
        let mut counts = vec![(0, 0); self.labels.len()];
        for row in &self.train {
            if let Some(count) = counts.get_mut(self.class(&row.label)) {
                count.0 += 1;
            }
        }
        for row in &self.held {
            if let Some(count) = counts.get_mut(self.class(&row.label)) {
                count.1 += 1;
            }
        }
        counts
    }
}

const INIT_HINT: &str =
    "the model would be measured on what its first parameters know; train that model on the same split";
const SPLIT_HINT: &str =
    "`augment verify` over the same folders names every case; make the datasets with one split";

fn unused_reason(reads_images: bool) -> &'static str {
    match reads_images {
        true => "set [data] augmented_text to let its sentences stand in for transcripts",
        false => "the sentences are trained on, not the transcripts",
    }
}

fn refuse_leaks(first: &Path, second: Option<&PathBuf>) -> Result<(), TrainJobError> {
    let datasets: Vec<PathBuf> = [first.to_owned()].into_iter().chain(second.cloned()).collect();
    let found = verify::leaks(&datasets)?;
    let names: Vec<String> = datasets.iter().map(|path| path.display().to_string()).collect();
    refuse(&names.join(" and "), found, SPLIT_HINT)
}

fn refuse(dataset: &str, found: Vec<String>, hint: &'static str) -> Result<(), TrainJobError> {
    if found.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = found.iter().take(SHOWN).map(|case| format!("  {case}")).collect();
    Err(TrainJobError::Leak {
        dataset: dataset.to_owned(),
        count: found.len(),
        shown: shown.join("\n"),
        hint,
    })
}

/// Without held-out rows nothing can be measured, so what goes by measures is refused instead of ignored.
fn refuse_unmeasured(recipe: &TrainRecipe) -> Result<(), TrainJobError> {
    let plateau = matches!(recipe.train.schedule, Schedule::Plateau { .. });
    let key = match (plateau, recipe.train.early_stopping) {
        (true, _) => "schedule",
        (false, Some(_)) => "early_stopping",
        (false, None) => return Ok(()),
    };
    let message = "goes by the validation split, and the dataset has none".to_owned();
    let hint = "hold rows out in the dataset's own recipe: [split] validation_per_class = 10".to_owned();
    Err(recipe.error("train", key, message, Some(hint)).into())
}

/// A dataset, of a kind where only one will do.
fn expect(path: &Path, kind: Option<Kind>) -> Result<Dataset, TrainJobError> {
    let dataset = Dataset::read(path)?;
    match kind {
        Some(kind) if dataset.kind != kind => {
            let (found, expected) = match kind {
                Kind::Audio => ("sentences", "speech, made by `augment audio`"),
                Kind::Text => ("speech", "sentences, made by `augment text`"),
            };
            Err(TrainJobError::dataset(
                path,
                format!("found a dataset of {found}, expected one of {expected}"),
            ))
        }
        _ => Ok(dataset),
    }
}

/// The labels of the training rows, sorted; all held-out rows have to have one of them.
fn labels(dataset: &Dataset) -> Result<Vec<String>, TrainJobError> {
    let known = dataset.labels(Split::Train);
    let held = dataset.labels(Split::Validation);
    if let Some(unknown) = held.difference(&known).next() {
        let reason = format!(
            "the validation split has the label {unknown:?}, and no training row has it; those have {}",
            list(&known)
        );
        return Err(TrainJobError::dataset(&dataset.path, reason));
    }
    if known.len() < LEAST_CLASSES {
        let reason = format!(
            "found {} classes in the training split ({}), expected at least {LEAST_CLASSES}",
            known.len(),
            list(&known)
        );
        return Err(TrainJobError::dataset(&dataset.path, reason));
    }
    if known.len() > MOST_CLASSES {
        let reason = format!(
            "found {} classes in the training split, expected at most {MOST_CLASSES}\n\
             hint: [corpus] of its recipe names the column of the labels, and label_map puts classes together",
            known.len()
        );
        return Err(TrainJobError::dataset(&dataset.path, reason));
    }
    Ok(known.into_iter().map(str::to_owned).collect())
}

fn list(labels: &BTreeSet<&str>) -> String {
    labels.iter().copied().collect::<Vec<_>>().join(", ")
}

/// The rows, those of smaller classes repeated in turn until every class has as many as the largest. A keyed order decides which
/// are repeated once more than others.
fn oversampled(
    seed: u64,
    mut train: Vec<Example>,
    mut sentences: Vec<Vec<Example>>,
) -> (Vec<Example>, Vec<Vec<Example>>) {
    let mut classes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, example) in train.iter().enumerate() {
        classes.entry(example.label.clone()).or_default().push(row);
    }
    let most = classes.values().map(Vec::len).max().unwrap_or(0);
    for mut rows in classes.into_values() {
        let missing = most - rows.len();
        rows.sort_by_key(|&row| {
            train
                .get(row)
                .map(|row| rank(seed, &row.source.id, "oversampling"))
        });
        for row in rows.into_iter().cycle().take(missing) {
            // Without new sentences there are no lists of them.
            train.extend(train.get(row).cloned());
            sentences.extend(sentences.get(row).cloned());
        }
    }
    (train, sentences)
}

/// For each training row, the new sentences of its source, of the same label.
fn sentences(
    text: &Dataset,
    train: &[Example],
    notes: &mut Vec<String>,
) -> Result<Vec<Vec<Example>>, TrainJobError> {
    let mut by_source: BTreeMap<(&str, &str), Vec<&Example>> = BTreeMap::new();
    let new = text
        .rows
        .iter()
        .filter(|row| row.split == Split::Train && !row.original);
    for row in new {
        let key = (row.source.source_id.as_str(), row.label.as_str());
        by_source.entry(key).or_default().push(row);
    }
    let of_row = |row: &Example| -> Vec<Example> {
        let found = by_source.get(&(row.source.source_id.as_str(), row.label.as_str()));
        found.into_iter().flatten().map(|&row| row.clone()).collect()
    };
    let all: Vec<Vec<Example>> = train.iter().map(of_row).collect();
    let with = all.iter().filter(|sentences| !sentences.is_empty()).count();
    if with == 0 {
        let reason = "no new sentence in it has the source of a training row\n\
                      hint: both datasets have to be made of one corpus, so that their source ids agree";
        return Err(TrainJobError::dataset(&text.path, reason));
    }
    notes.push(format!(
        "{with} of {} training rows have new sentences that may stand in for their transcripts",
        train.len()
    ));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::data::Source;
    use super::*;

    fn row(id: &str, label: &str) -> Example {
        Example {
            source: Source {
                dataset: "text".to_owned(),
                id: id.to_owned(),
                source_id: id.to_owned(),
                group: id.to_owned(),
            },
            split: Split::Train,
            label: label.to_owned(),
            original: true,
            image: PathBuf::new(),
            image_hash: String::new(),
            text: id.to_owned(),
        }
    }

    #[test]
    fn oversampling_repeats_all_rows_of_a_class_alike() {
        let mut rows: Vec<Example> = (0..7).map(|at| row(&format!("a{at}"), "a")).collect();
        rows.extend((0..3).map(|at| row(&format!("b{at}"), "b")));
        let new: Vec<Vec<Example>> = rows.iter().map(|one| vec![one.clone()]).collect();
        let (train, sentences) = oversampled(1, rows.clone(), new);
        assert_eq!((train.len(), sentences.len()), (14, 14));
        assert_eq!(train[..10], rows[..]);
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for (one, new) in train.iter().zip(&sentences) {
            assert_eq!(new[..], *std::slice::from_ref(one));
            *uses.entry(&one.source.id).or_default() += 1;
        }
        let of_b: Vec<usize> = ["b0", "b1", "b2"].map(|id| uses[id]).into();
        assert_eq!(of_b.iter().sum::<usize>(), 7);
        assert!(of_b.iter().all(|&uses| uses == 2 || uses == 3), "{of_b:?}");
        // Another seed may choose otherwise; without new sentences there are none to repeat.
        assert!(oversampled(2, rows, Vec::new()).1.is_empty());
    }
}
