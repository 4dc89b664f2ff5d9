//! Products in 16 bits: losses near those in 32, steps that overflow are left out, the scale follows, resuming is exact.
//!
//! On the processor the runtime computes products in 32 bits and takes the casts around them out, so that nothing overflows
//! there before 32 bits do: tests that need it make gradients large.

use augment::onnx::graph::network::{Encoder, Net, Network, Port};
use augment::onnx::graph::train::{
    Optimizer, Outcome, Precision, SCALER, Settings, State, Trainer, TrainingStep,
};
use augment::onnx::graph::{GraphError, Tensor, Value};

use crate::nets::{Resnet, batch, targets};
use crate::support;

const ROWS: usize = 6;

/// A linear layer, a Transformer's layer of two heads, and another linear one.
struct Transformer;

impl Network for Transformer {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("x", &[5, 8])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        let x = net.linear("before", inputs[0], 8)?;
        let encoder = Encoder {
            heads: 2,
            feed_forward: 16,
            dropout: 0.1,
        };
        let y = net.transformer_encoder("encoder", x, encoder)?;
        let mean = net.mean_of_steps(y)?;
        net.linear("head", mean, 3)
    }
}

fn made(network: &dyn Network, precision: Precision) -> TrainingStep {
    let settings = Settings {
        batch: ROWS,
        seed: 5,
        optimizer: Optimizer::adam_w(1e-3),
        clip: Some(5.0),
        class_weights: None,
    };
    TrainingStep::with_precision(network, &settings, precision).unwrap()
}

/// Steps of given numbers from a state.
fn train(
    network: &dyn Network,
    precision: Precision,
    from: &State,
    steps: std::ops::Range<usize>,
) -> (Vec<Outcome>, State) {
    let step = made(network, precision);
    let mut trainer = Trainer::new(&support::engine(1), &step, from).unwrap();
    let outcomes = steps.map(|at| {
        let data = batch(network, ROWS, at % 3);
        let data: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
        let targets = targets(ROWS, step.classes, at % 3, false);
        trainer.step(&data, &targets, at as u64 + 1, 1e-2).unwrap()
    });
    (outcomes.collect(), trainer.state().unwrap())
}

fn start(network: &dyn Network) -> State {
    made(network, Precision::Fp16).first_state().unwrap()
}

fn scaler(state: &State, name: &str) -> f32 {
    state[&format!("{SCALER}{name}")].to_f32().unwrap()[0]
}

fn put(state: &mut State, name: &str, number: f32) {
    state.insert(format!("{SCALER}{name}"), Tensor::f32(&[], &[number]).unwrap());
}

/// A beginning with gradients of about 10¹¹.
fn steep(network: &dyn Network) -> State {
    let mut state = start(network);
    let head = &state["head.weight"];
    let values: Vec<f32> = head.to_f32().unwrap().iter().map(|x| x * 1e12).collect();
    let head = Tensor::f32(head.dims(), &values).unwrap();
    state.insert("head.weight".to_owned(), head);
    state
}

/// Without what the scaler keeps.
fn others(state: &State) -> State {
    let mut others = state.clone();
    others.retain(|name, _| !name.starts_with(SCALER));
    others
}

#[test]
fn losses_are_near_those_in_32_bits() {
    let networks: [&dyn Network; 2] = [&Resnet { dropout: 0.2 }, &Transformer];
    for network in networks {
        let from = start(network);
        let (wide, _) = train(network, Precision::Fp32, &from, 0..20);
        let (narrow, state) = train(network, Precision::Fp16, &from, 0..20);
        for (at, (wide, narrow)) in wide.iter().zip(&narrow).enumerate() {
            let off = (wide.loss - narrow.loss).abs();
            assert!(off < 0.02, "step {at}: {} and {}", wide.loss, narrow.loss);
            assert!(wide.scale.is_none() && narrow.scale.is_some());
        }
        assert!(narrow[19].loss < 0.9 * narrow[0].loss);
        assert_eq!(scaler(&state, "skipped"), 0.0);
        assert_eq!(
            (scaler(&state, "scale"), scaler(&state, "good")),
            (65_536.0, 20.0)
        );
    }
}

#[test]
fn a_step_that_overflows_is_left_out_and_the_scale_halved() {
    let network = Resnet { dropout: 0.0 };
    let mut from = steep(&network);
    let huge = 2.0_f32.powi(110);
    put(&mut from, "scale", huge);
    put(&mut from, "good", 7.0);
    let (outcomes, mut state) = train(&network, Precision::Fp16, &from, 0..1);
    assert!(outcomes[0].loss.is_finite() && !outcomes[0].norm.is_finite());
    assert_eq!(outcomes[0].scale, Some(huge / 2.0));
    // Parameters, moments and running statistics.
    assert_eq!(others(&state), others(&from));
    let kept = ["scale", "good", "skipped"].map(|name| scaler(&state, name));
    assert_eq!(kept, [huge / 2.0, 0.0, 1.0]);
    // The optimizer does not count it: the next step is its first.
    put(&mut state, "scale", 1024.0);
    put(&mut from, "scale", 1024.0);
    let step = made(&network, Precision::Fp16);
    let after = |state: &State, number: u64| {
        let mut trainer = Trainer::new(&support::engine(1), &step, state).unwrap();
        let data = batch(&network, ROWS, 0);
        trainer
            .step(&[&data[0]], &targets(ROWS, 4, 0, false), number, 1e-2)
            .unwrap();
        others(&trainer.state().unwrap())
    };
    assert_eq!(after(&state, 2), after(&from, 1));
}

#[test]
fn the_scale_doubles_after_two_thousand_good_steps() {
    let network = Resnet { dropout: 0.0 };
    let mut from = start(&network);
    put(&mut from, "scale", 64.0);
    put(&mut from, "good", 1998.0);
    let (outcomes, state) = train(&network, Precision::Fp16, &from, 0..3);
    let scales: Vec<Option<f32>> = outcomes.iter().map(|outcome| outcome.scale).collect();
    assert_eq!(scales, [Some(64.0), Some(128.0), Some(128.0)]);
    assert_eq!(scaler(&state, "good"), 1.0);
}

#[test]
fn training_goes_on_from_a_saved_state() {
    let network = Transformer;
    let mut from = steep(&network);
    put(&mut from, "scale", 2.0_f32.powi(100));
    let (all, whole) = train(&network, Precision::Fp16, &from, 0..24);
    let skipped = all.iter().filter(|outcome| !outcome.norm.is_finite()).count();
    assert!((3..20).contains(&skipped), "{skipped}");
    for cut in [2, skipped + 1] {
        let (mut before, saved) = train(&network, Precision::Fp16, &from, 0..cut);
        let (after, resumed) = train(&network, Precision::Fp16, &saved, cut..24);
        before.extend(after);
        let bits = |outcomes: &[Outcome]| -> Vec<[u32; 2]> {
            let pair = |outcome: &Outcome| [outcome.loss.to_bits(), outcome.norm.to_bits()];
            outcomes.iter().map(pair).collect()
        };
        assert_eq!(bits(&before), bits(&all), "cut after {cut}");
        assert!(resumed == whole, "cut after {cut}");
    }
}
