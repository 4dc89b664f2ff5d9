//! Gradients, parameters after three steps, and the file for use against PyTorch in 64-bit numbers.

use std::collections::BTreeMap;
use std::path::Path;

use augment::onnx::graph::Tensor;
use augment::onnx::graph::network::Network;
use augment::onnx::graph::train::{
    LOGITS, Optimizer, Settings, State, Trainer, TrainingStep, inference_model,
};
use serde::Deserialize;

use crate::nets::{Data, Fusion, Resnet, batch, floats, targets};
use crate::support;

#[derive(Deserialize)]
struct Values {
    dims: Vec<usize>,
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct Golden {
    first: BTreeMap<String, Values>,
    gradients: BTreeMap<String, Values>,
    last: BTreeMap<String, Values>,
    logits: Values,
    used: Values,
    losses: Vec<f32>,
    norms: Vec<f32>,
}

fn golden(name: &str) -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/models/goldens")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Within 10⁻⁴ of the largest.
#[track_caller]
pub fn near(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0_f32, |max, value| max.max(value.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= 1e-4 * largest,
            "{what}, {at}: found {found}, expected {expected} (largest {largest})"
        );
    }
}

/// The golden's parameters with moments of 0.
fn first_state(step: &TrainingStep, golden: &Golden) -> State {
    let mut state = step.first_state().unwrap();
    for (name, values) in &golden.first {
        let tensor = Tensor::f32(&values.dims, &values.values).unwrap();
        let old = state.insert(name.clone(), tensor);
        assert_eq!(old.unwrap().dims(), values.dims, "{name}");
    }
    let moments = state.keys().filter(|name| name.starts_with("adam.")).count();
    let parameters = golden.gradients.len();
    assert_eq!(
        (moments, state.len()),
        (2 * parameters, golden.first.len() + 2 * parameters)
    );
    state
}

fn compare(network: &dyn Network, golden: &Golden, settings: &Settings, soft: bool) {
    let step = TrainingStep::new(network, settings).unwrap();
    let state = first_state(&step, golden);
    let mut trainer = Trainer::new(&support::engine(1), &step, &state).unwrap();
    for at in 0..3 {
        let data = batch(network, settings.batch, at);
        let data: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
        let targets = targets(settings.batch, step.classes, at, soft);
        let outcome = trainer.step(&data, &targets, at as u64 + 1, 1e-2).unwrap();
        near("loss", &[outcome.loss], &golden.losses[at..=at]);
        near("norm", &[outcome.norm], &golden.norms[at..=at]);
        if at == 0 {
            near("logits", &outcome.logits, &golden.logits.values);
            // After the first step the first moment is the gradient itself, as far as it was not clipped and has no penalty: with
            // those it is compared by what it does.
            if settings.clip.is_none() {
                let moments = trainer.state().unwrap();
                for (name, gradient) in &golden.gradients {
                    let moment = moments[&format!("adam.m/{name}")].to_f32().unwrap();
                    near(&format!("gradient of {name}"), &moment, &gradient.values);
                }
            }
        }
    }
    let state = trainer.state().unwrap();
    for (name, values) in &golden.last {
        near(name, &state[name].to_f32().unwrap(), &values.values);
    }
    let data = floats(network, settings.batch, 0);
    used(network, &state, &golden.used.values, settings.batch, &data);
}

/// The file for use gives PyTorch's logits of the first rows of its data, for any number of rows.
pub fn used(network: &dyn Network, state: &State, expected: &[f32], rows: usize, data: &[Data]) {
    let model = inference_model(network, state, &[("labels", "a,b,c")]).unwrap();
    let mut session = support::engine(1).session_of("used", &model).unwrap();
    let classes = expected.len() / rows;
    for count in [rows, 1] {
        let ports = network.inputs();
        let inputs = ports.iter().zip(data).map(|(port, data)| data.rows(port, count));
        let outputs = session.run(inputs.collect()).unwrap();
        let found = outputs[LOGITS].try_extract_tensor::<f32>().unwrap().1;
        near("used", found, &expected[..count * classes]);
    }
}

#[test]
fn a_residual_network_with_adam_w_and_class_weights() {
    let settings = Settings {
        batch: 6,
        seed: 1,
        optimizer: Optimizer::adam_w(0.1),
        clip: None,
        class_weights: Some(vec![1.0, 2.0, 0.5, 1.5]),
    };
    compare(
        &Resnet { dropout: 0.0 },
        &golden("training.resnet.json"),
        &settings,
        false,
    );
}

#[test]
fn two_inputs_with_adam_soft_targets_and_clipping() {
    let settings = Settings {
        batch: 5,
        seed: 1,
        optimizer: Optimizer::adam(0.1),
        clip: Some(0.1),
        class_weights: Some(vec![1.0, 0.5, 2.0]),
    };
    compare(&Fusion, &golden("training.fusion.json"), &settings, true);
}
