//! An encoder from an ONNX file as a layer, fine-tuned as PyTorch does it (`scripts/models/goldens_bert.py`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use augment::onnx::graph::network::{Network, Tuned};
use augment::onnx::graph::train::{
    LOGITS, Numbers, Optimizer, Settings, State, TrainError, Trainer, TrainingStep, inference_model,
};
use augment::onnx::graph::{Import, Tensor};
use augment::train::networks::{BertText, EncoderFile, Pooled, TextBranch};
use ort::value::Tensor as OrtTensor;
use serde::Deserialize;

use crate::goldens::near;
use crate::nets::{numbers, targets};
use crate::support;

const ROWS: usize = 4;
pub const TOKENS: usize = 8;
const CLASSES: usize = 4;
const RATE: f32 = 1e-3;

/// A file of the small model: `model` by PyTorch's exporter of TorchScript, `dynamo` by that of torch.export.
pub fn bytes(file: &str) -> Vec<u8> {
    let path = format!("tests/models/bert-random/{file}.onnx");
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn network(train: Tuned, pooling: Pooled, dropout: f64) -> BertText {
    of_file("model", train, pooling, dropout)
}

fn of_file(file: &str, train: Tuned, pooling: Pooled, dropout: f64) -> BertText {
    BertText {
        text: branch(file, train, pooling),
        dropout,
        classes: CLASSES,
    }
}

/// All but the head, of a file.
pub fn branch(file: &str, train: Tuned, pooling: Pooled) -> TextBranch {
    let import = Import::parse(&bytes(file)).unwrap();
    TextBranch {
        encoder: EncoderFile::of(import, "bert-random", "0", TOKENS).unwrap(),
        train,
        pooling,
        tokens: TOKENS,
    }
}

/// The script's batches: numbers of tokens, mask, types.
fn batch(step: usize) -> [Vec<i64>; 3] {
    batch_of(step, ROWS)
}

pub fn batch_of(step: usize, rows: usize) -> [Vec<i64>; 3] {
    let places = || (0..rows).flat_map(|row| (0..TOKENS).map(move |at| (row, at)));
    let there = |row: usize, at: usize| i64::from(at < TOKENS - row % 3);
    let ids = |(row, at): (usize, usize)| {
        (1 + (row * 7 + at * 5 + step * 3 + at * row) % 23) as i64 * there(row, at)
    };
    [
        places().map(ids).collect(),
        places().map(|(row, at)| there(row, at)).collect(),
        places()
            .map(|(row, at)| i64::from(at >= 4) * there(row, at))
            .collect(),
    ]
}

fn settings() -> Settings {
    Settings {
        batch: ROWS,
        seed: 1,
        optimizer: Optimizer::adam_w(0.1),
        clip: None,
        class_weights: None,
    }
}

type Values = BTreeMap<String, Vec<f32>>;

#[derive(Deserialize)]
struct Run {
    losses: Vec<f32>,
    norms: Vec<f32>,
    logits: Vec<f32>,
    gradients: Values,
    last: Values,
    used: Vec<f32>,
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |max, value| value.abs().max(max))
}

fn logits_of(model: &[u8], network: &dyn Network, rows: usize) -> Vec<f32> {
    let mut session = support::engine(1).session_of("used", model).unwrap();
    let inputs = network.inputs().into_iter().zip(batch(0)).map(|(port, data)| {
        let part = data[..rows * TOKENS].to_vec();
        let tensor = OrtTensor::from_array((vec![rows, TOKENS], part)).unwrap();
        (Cow::from(port.name), tensor.into())
    });
    let outputs = session.run(inputs.collect()).unwrap();
    outputs[LOGITS].try_extract_tensor::<f32>().unwrap().1.to_vec()
}

fn golden(which: &str) -> Run {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/goldens/bert-random.json");
    let mut goldens: BTreeMap<String, Run> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    goldens.remove(which).unwrap()
}

/// The script's first numbers of the head.
fn begin_head(state: &mut State) {
    for (key, name) in ["head.weight", "head.bias"].into_iter().enumerate() {
        let dims = state[name].dims().to_vec();
        let values = numbers(dims.iter().product(), 1000 + key);
        let halves: Vec<f32> = values.iter().map(|number| number / 2.0).collect();
        state.insert(name.to_owned(), Tensor::f32(&dims, &halves).unwrap());
    }
}

fn compare(which: &str, train: Tuned, pooling: Pooled) {
    let golden = golden(which);
    let network = network(train, pooling, 0.0);
    let step = TrainingStep::new(&network, &settings()).unwrap();
    let mut state = step.first_state().unwrap();
    let trained: BTreeSet<&String> = golden.gradients.keys().collect();
    let there: BTreeSet<&String> = state.keys().filter(|name| !name.starts_with("adam.")).collect();
    assert_eq!(there, trained);
    begin_head(&mut state);
    let mut trainer = Trainer::new(&support::engine(1), &step, &state).unwrap();
    // The gradient of a key's bias is 0 but for rounding, since softmax does not see it: Adam makes steps of any sign of it.
    let mut flat = BTreeSet::new();
    for at in 0..3 {
        let data = batch(at);
        let data = data.each_ref().map(|numbers| Numbers::I64(numbers));
        let targets = targets(ROWS, CLASSES, at, false);
        let outcome = trainer.step_of(&data, &targets, at as u64 + 1, RATE).unwrap();
        near("loss", &[outcome.loss], &golden.losses[at..=at]);
        near("norm", &[outcome.norm], &golden.norms[at..=at]);
        if at == 0 {
            near("logits", &outcome.logits, &golden.logits);
            let moments = trainer.state().unwrap();
            for (name, gradient) in &golden.gradients {
                let moment = moments[&format!("adam.m/{name}")].to_f32().unwrap();
                if largest(gradient) < 1e-6 * golden.norms[0] {
                    assert!(largest(&moment) < 1e-6 * golden.norms[0], "{name}: {moment:?}");
                    flat.insert(name);
                } else {
                    near(&format!("gradient of {name}"), &moment, gradient);
                }
            }
        }
    }
    assert!(flat.iter().all(|name| name.ends_with("key.bias")), "{flat:?}");
    let state = trainer.state().unwrap();
    for (name, values) in golden.last.iter().filter(|(name, _)| !flat.contains(name)) {
        near(name, &state[name].to_f32().unwrap(), values);
    }
    // The file for use is whole, has no dropout, and takes any number of rows.
    let network = self::network(train, pooling, 0.5);
    let model = inference_model(&network, &state, &[]).unwrap();
    for rows in [ROWS, 1, 2] {
        near(
            "used",
            &logits_of(&model, &network, rows),
            &golden.used[..rows * CLASSES],
        );
    }
}

#[test]
fn a_whole_encoder_trains_as_in_pytorch() {
    compare("all", Tuned::All, Pooled::First);
}

#[test]
fn the_last_layer_of_an_encoder_trains_as_in_pytorch() {
    compare("last", Tuned::Last(1), Pooled::Mean);
}

/// The other exporter writes other operators and other names, and the same model.
#[test]
fn both_exporters_files_train_alike() {
    for (file, which, train, pooling) in [
        ("dynamo", "all", Tuned::All, Pooled::First),
        ("dynamo", "last", Tuned::Last(1), Pooled::Mean),
        ("older", "all", Tuned::All, Pooled::First),
        ("older", "last", Tuned::Last(1), Pooled::Mean),
    ] {
        let (golden, network) = (golden(which), of_file(file, train, pooling, 0.0));
        let step = TrainingStep::new(&network, &settings()).unwrap();
        let mut state = step.first_state().unwrap();
        begin_head(&mut state);
        assert_eq!(
            step.trained,
            golden.gradients.values().map(Vec::len).sum::<usize>()
        );
        let mut trainer = Trainer::new(&support::engine(1), &step, &state).unwrap();
        for at in 0..3 {
            let data = batch(at);
            let data = data.each_ref().map(|numbers| Numbers::I64(numbers));
            let targets = targets(ROWS, CLASSES, at, false);
            let outcome = trainer.step_of(&data, &targets, at as u64 + 1, RATE).unwrap();
            near("loss", &[outcome.loss], &golden.losses[at..=at]);
            near("norm", &[outcome.norm], &golden.norms[at..=at]);
        }
        let model = inference_model(&network, &trainer.state().unwrap(), &[]).unwrap();
        for rows in [ROWS, 1] {
            near(
                "used",
                &logits_of(&model, &network, rows),
                &golden.used[..rows * CLASSES],
            );
        }
    }
}

/// With the encoder frozen, only the head's numbers go from step to step; the file for use is whole all the same.
#[test]
fn a_frozen_encoder_is_part_of_the_files() {
    let network = network(Tuned::Head, Pooled::First, 0.0);
    let step = TrainingStep::new(&network, &settings()).unwrap();
    assert_eq!((step.trained, step.slots.len()), (8 * CLASSES + CLASSES, 6));
    let state = step.first_state().unwrap();
    let model = inference_model(&network, &state, &[]).unwrap();
    let mut trainer = Trainer::new(&support::engine(1), &step, &state).unwrap();
    let data = batch(0);
    let data = data.each_ref().map(|numbers| Numbers::I64(numbers));
    let outcome = trainer.step_of(&data, &[0.25; ROWS * CLASSES], 1, RATE).unwrap();
    near("logits", &outcome.logits, &logits_of(&model, &network, ROWS));
    let wrong = [Numbers::F32(&[0.0; ROWS * TOKENS]), data[1], data[2]];
    let error = trainer
        .step_of(&wrong, &[0.25; ROWS * CLASSES], 2, RATE)
        .unwrap_err();
    assert!(matches!(error, TrainError::Kind { .. }), "{error}");
    assert_eq!(error.to_string(), "input_ids: found f32 numbers, expected i64");
}

/// A description that was written and read has all but the file.
#[test]
fn descriptions_are_small() {
    let network = network(Tuned::Last(2), Pooled::Mean, 0.1);
    let text = serde_json::to_string(&network).unwrap();
    assert!(text.len() < 400, "{text}");
    let read: BertText = serde_json::from_str(&text).unwrap();
    assert_eq!(read, network);
    assert_eq!(read.inputs(), network.inputs());
    let error = TrainingStep::new(&read, &settings()).unwrap_err().to_string();
    assert!(
        error.contains("found the encoder bert-random by its name alone"),
        "{error}"
    );
}
