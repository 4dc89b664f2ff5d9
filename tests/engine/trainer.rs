//! Training as a whole: it learns, it repeats itself, it goes on from a saved state.

use augment::onnx::graph::network::{Init, Network};
use augment::onnx::graph::train::{Decay, Optimizer, Settings, State, TrainError, Trainer, TrainingStep};
use augment::onnx::graph::{Element, Tensor};

use crate::nets::{Fusion, Resnet, batch, targets};
use crate::support;

fn settings(rows: usize) -> Settings {
    Settings {
        batch: rows,
        seed: 5,
        optimizer: Optimizer::adam_w(1e-3),
        clip: Some(5.0),
        class_weights: None,
    }
}

/// Trains from a state for steps of given numbers, and gives the losses and the state.
fn train(
    threads: usize,
    network: &dyn Network,
    from: &State,
    steps: std::ops::Range<usize>,
) -> (Vec<f32>, State) {
    let step = TrainingStep::new(network, &settings(6)).unwrap();
    let mut trainer = Trainer::new(&support::engine(threads), &step, from).unwrap();
    let losses = steps.map(|at| {
        // Three batches again and again.
        let data = batch(network, 6, at % 3);
        let data: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
        let targets = targets(6, step.classes, at % 3, false);
        trainer.step(&data, &targets, at as u64 + 1, 1e-2).unwrap().loss
    });
    (losses.collect(), trainer.state().unwrap())
}

fn start(network: &dyn Network) -> State {
    TrainingStep::new(network, &settings(6))
        .unwrap()
        .first_state()
        .unwrap()
}

#[test]
fn a_network_learns_its_batches_by_heart() {
    let network = Resnet { dropout: 0.2 };
    let (losses, _) = train(1, &network, &start(&network), 0..150);
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    let (first, last) = (mean(&losses[..6]), mean(&losses[144..]));
    assert!(first > 1.0 && last < first / 3.0, "from {first} to {last}");
}

#[test]
fn the_same_inputs_give_the_same_bits() {
    let network = Resnet { dropout: 0.5 };
    for threads in [1, 2] {
        let from = start(&network);
        assert_eq!(
            train(threads, &network, &from, 0..7),
            train(threads, &network, &from, 0..7)
        );
    }
}

#[test]
fn a_training_goes_on_from_a_saved_state() {
    let network = Resnet { dropout: 0.5 };
    let (all, whole) = train(1, &network, &start(&network), 0..7);
    for cut in [1, 4] {
        let (before, saved) = train(1, &network, &start(&network), 0..cut);
        let (after, resumed) = train(1, &network, &saved, cut..7);
        assert_eq!([before, after].concat(), all, "cut after {cut}");
        assert!(resumed == whole, "cut after {cut}");
    }
}

#[test]
fn a_state_can_be_put_back() {
    let step = TrainingStep::new(&Fusion, &settings(6)).unwrap();
    let first = step.first_state().unwrap();
    let mut trainer = Trainer::new(&support::engine(1), &step, &first).unwrap();
    let data = batch(&Fusion, 6, 0);
    let data: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
    let targets = targets(6, 3, 0, false);
    let mut losses = Vec::new();
    for at in [1, 2, 1, 2] {
        if at == 1 {
            trainer.load(&first).unwrap();
        }
        losses.push(trainer.step(&data, &targets, at, 1e-2).unwrap().loss);
    }
    assert_eq!(losses[..2], losses[2..]);
    assert_ne!(losses[0], losses[1]);
}

#[test]
fn data_of_another_size_is_refused_and_training_goes_on() {
    let step = TrainingStep::new(&Fusion, &settings(6)).unwrap();
    let mut trainer = Trainer::new(&support::engine(1), &step, &step.first_state().unwrap()).unwrap();
    let (speech, text) = (vec![0.5; 72], vec![0.5; 42]);
    let labels = targets(6, 3, 0, false);
    let refused = |error: TrainError| error.to_string();
    let short = trainer.step(&[&speech[1..], &text], &labels, 1, 0.1).unwrap_err();
    assert_eq!(refused(short), "speech: found 71 numbers, expected 72");
    let missing = trainer.step(&[&speech], &labels, 1, 0.1).unwrap_err();
    assert_eq!(refused(missing), "inputs: found 1 numbers, expected 2");
    let wrong = trainer.step(&[&speech, &text], &labels[2..], 1, 0.1).unwrap_err();
    assert_eq!(refused(wrong), "targets: found 16 numbers, expected 18");
    assert!(
        trainer
            .step(&[&speech, &text], &labels, 1, 0.1)
            .unwrap()
            .loss
            .is_finite()
    );
    let mut state = trainer.state().unwrap();
    state.insert("head.bias".to_owned(), Tensor::filled(Element::F64, &[3], 0.0));
    let error = trainer.load(&state).unwrap_err().to_string();
    assert_eq!(
        error,
        "head.bias: found f64[3], expected 32-bit numbers of shape [3]"
    );
    state.remove("head.bias");
    let error = trainer.load(&state).unwrap_err().to_string();
    assert_eq!(
        error,
        "head.bias: found nothing, expected 32-bit numbers of shape [3]"
    );
}

#[test]
fn first_parameters_depend_on_seed_and_name() {
    let of = |seed| {
        let settings = Settings { seed, ..settings(6) };
        TrainingStep::new(&Fusion, &settings)
            .unwrap()
            .first_state()
            .unwrap()
    };
    assert_eq!(of(1), of(1));
    let (one, two) = (of(1), of(2));
    assert_ne!(one["speech.weight"], two["speech.weight"]);
    let weights = one["speech.weight"].to_f32().unwrap();
    let bound = 1.0 / 12.0_f32.sqrt();
    assert!(weights.iter().all(|weight| weight.abs() <= bound));
    assert!(
        weights.iter().any(|weight| *weight < -bound / 2.0)
            && weights.iter().any(|weight| *weight > bound / 2.0)
    );
    // Frozen: a change would change every training.
    let Init::Uniform(bound) = Init::xavier(3, 3) else {
        panic!()
    };
    assert!((bound - 1.0).abs() < 1e-12);
    let drawn = Init::Uniform(1.0)
        .tensor(42, "head.weight", &[4])
        .unwrap()
        .to_f32()
        .unwrap();
    assert_eq!(drawn, FROZEN);
}

const FROZEN: [f32; 4] = [-0.961786, 0.94845945, -0.72276866, 0.32685894];

#[test]
fn decay_can_leave_out_biases() {
    // Without data the gradient is zero but for the head's bias: what else moves, decays.
    let moved = |decay: Decay| -> Vec<String> {
        let optimizer = Optimizer {
            decay,
            ..Optimizer::adam_w(0.5)
        };
        let settings = Settings {
            optimizer,
            ..settings(6)
        };
        let step = TrainingStep::new(&Fusion, &settings).unwrap();
        let mut first = step.first_state().unwrap();
        first.insert("speech.bias".to_owned(), Tensor::f32(&[8], &[-1.0; 8]).unwrap());
        first.insert("text.bias".to_owned(), Tensor::f32(&[4], &[-1.0; 4]).unwrap());
        let mut trainer = Trainer::new(&support::engine(1), &step, &first).unwrap();
        trainer
            .step(&[&[0.0; 72], &[0.0; 42]], &targets(6, 3, 0, false), 1, 0.1)
            .unwrap();
        let last = trainer.state().unwrap();
        let moved = last
            .into_iter()
            .filter(|(name, tensor)| !name.starts_with("adam.") && first[name] != *tensor);
        moved.map(|(name, _)| name).collect()
    };
    let all = [
        "head.bias",
        "head.weight",
        "speech.bias",
        "speech.weight",
        "text.bias",
        "text.weight",
    ];
    assert_eq!(moved(Decay::All), all);
    assert_eq!(
        moved(Decay::Weights),
        ["head.bias", "head.weight", "speech.weight", "text.weight"]
    );
}
