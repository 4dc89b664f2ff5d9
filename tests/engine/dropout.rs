//! Dropout's masks: as many as asked for, even over the batch, independent of their neighbours, of other steps, layers and
//! seeds, and the same wherever they are made.

use std::borrow::Cow;

use augment::onnx::graph::network::{Net, Network, Port};
use augment::onnx::graph::train::{LOGITS, Optimizer, Settings, Trainer, TrainingStep};
use augment::onnx::graph::{GraphError, Value};
use ort::value::Tensor as OrtTensor;

use crate::support;

const ROWS: usize = 64;
const COLUMNS: usize = 512;

/// A network whose logits are its masked input, so that its logits show the mask.
struct Masked {
    layer: &'static str,
    rate: f64,
    columns: usize,
}

impl Network for Masked {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("x", &[self.columns])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        let one = augment::onnx::graph::network::Init::Constant(1.0);
        let scale = net.parameter("scale", &[1], one, augment::onnx::graph::network::Role::Offset)?;
        let x = net.dropout(self.layer, inputs[0], self.rate)?;
        net.graph().mul(x, scale)
    }
}

/// Which elements stay, in each of the steps.
fn masks(network: &Masked, seed: u64, steps: &[u64], threads: usize) -> Vec<Vec<bool>> {
    let settings = Settings {
        batch: ROWS,
        seed,
        optimizer: Optimizer::adam(0.0),
        clip: None,
        class_weights: None,
    };
    let step = TrainingStep::new(network, &settings).unwrap();
    let state = step.first_state().unwrap();
    let mut trainer = Trainer::new(&support::engine(threads), &step, &state).unwrap();
    let count = ROWS * network.columns;
    let kept = (1.0 / (1.0 - network.rate)) as f32;
    steps
        .iter()
        .map(|&number| {
            let outcome = trainer
                .step(&[&vec![1.0; count]], &vec![1.0; count], number, 0.0)
                .unwrap();
            let stays = outcome.logits.iter().map(|&x| {
                assert!(x == 0.0 || (x - kept).abs() < 1e-6, "{x}");
                x != 0.0
            });
            stays.collect()
        })
        .collect()
}

fn layer(rate: f64) -> Masked {
    Masked {
        layer: "dropout",
        rate,
        columns: COLUMNS,
    }
}

/// How far a count is from what is expected of so many trials, in standard deviations.
fn deviation(count: usize, trials: usize, share: f64) -> f64 {
    let trials = trials as f64;
    (count as f64 - trials * share) / (trials * share * (1.0 - share)).sqrt()
}

/// Both or neither stay, as often as chance has it.
fn agreement(a: impl Iterator<Item = bool>, b: impl Iterator<Item = bool>, stays: f64) -> f64 {
    let pairs: Vec<bool> = a.zip(b).map(|(a, b)| a == b).collect();
    let same = pairs.iter().filter(|same| **same).count();
    deviation(same, pairs.len(), stays * stays + (1.0 - stays) * (1.0 - stays))
}

/// In standard deviations. The masks are fixed by their keys, so a test passes always or never.
const BOUND: f64 = 5.0;

#[test]
fn as_many_stay_as_asked_for_in_every_row_and_column() {
    for rate in [0.1, 0.3, 0.5, 0.9] {
        let stays = 1.0 - rate;
        for mask in masks(&layer(rate), 1, &[1, 2, 1000], 1) {
            let count = |part: &mut dyn Iterator<Item = bool>| part.filter(|stays| *stays).count();
            let all = deviation(count(&mut mask.iter().copied()), mask.len(), stays);
            assert!(all.abs() < BOUND, "rate {rate}: {all}");
            let rows = (0..ROWS).map(|row| {
                let mut part = mask[row * COLUMNS..(row + 1) * COLUMNS].iter().copied();
                deviation(count(&mut part), COLUMNS, stays)
            });
            even(&format!("rows at rate {rate}"), rows);
            let columns = (0..COLUMNS).map(|column| {
                let mut part = mask.iter().skip(column).step_by(COLUMNS).copied();
                deviation(count(&mut part), ROWS, stays)
            });
            even(&format!("columns at rate {rate}"), columns);
        }
    }
}

/// The squares of deviations add up to as many as there are (χ²): more would be lumps, fewer a pattern.
#[track_caller]
fn even(what: &str, deviations: impl Iterator<Item = f64>) {
    let squares: Vec<f64> = deviations.map(|off| off * off).collect();
    let (sum, count) = (squares.iter().sum::<f64>(), squares.len() as f64);
    let off = (sum - count) / (2.0 * count).sqrt();
    assert!(
        off.abs() < BOUND,
        "{what}: {sum} for {count}, {off} standard deviations"
    );
}

#[test]
fn elements_do_not_depend_on_their_neighbours_or_other_rows() {
    for rate in [0.2, 0.5] {
        for mask in masks(&layer(rate), 3, &[1, 77], 1) {
            for apart in [
                1,
                2,
                3,
                4,
                5,
                7,
                8,
                16,
                64,
                COLUMNS,
                2 * COLUMNS,
                3 * COLUMNS + 1,
                8 * COLUMNS,
            ] {
                let off = agreement(mask.iter().copied(), mask.iter().skip(apart).copied(), 1.0 - rate);
                assert!(off.abs() < BOUND, "rate {rate}, {apart} apart: {off}");
            }
        }
    }
}

/// The numbers of runs of each length: a mask of a polynomial of low degree would fail here.
#[test]
fn runs_are_as_long_as_by_chance() {
    for mask in masks(&layer(0.5), 4, &[1, 2, 3], 1) {
        // Patterns of eight in a row, none of which overlap.
        let mut counts = [0_usize; 256];
        for eight in mask.chunks_exact(8) {
            counts[eight
                .iter()
                .fold(0, |pattern, &stays| pattern * 2 + usize::from(stays))] += 1;
        }
        let expected = (mask.len() / 8) as f64 / 256.0;
        let chi: f64 = counts
            .iter()
            .map(|&count| (count as f64 - expected).powi(2) / expected)
            .sum();
        // 255 degrees of freedom: mean 255, standard deviation 22.6.
        assert!((255.0 - 5.0 * 22.6..255.0 + 5.0 * 22.6).contains(&chi), "{chi}");
    }
}

#[test]
fn steps_layers_and_seeds_have_masks_of_their_own() {
    let base = masks(&layer(0.5), 1, &[1], 1).remove(0);
    let steps = masks(&layer(0.5), 1, &[2, 3, 4, 1_000_000, (1 << 30) - 35 + 2], 1);
    let other = Masked {
        layer: "another",
        ..layer(0.5)
    };
    let layers = masks(&other, 1, &[1], 1);
    let seeds = masks(&layer(0.5), 2, &[1], 1);
    for (at, mask) in steps.iter().chain(&layers).chain(&seeds).enumerate() {
        for shift in [0, 1, 2, COLUMNS] {
            let off = agreement(base.iter().copied(), mask.iter().skip(shift).copied(), 0.5);
            assert!(off.abs() < BOUND, "mask {at}, {shift} apart: {off}");
        }
    }
}

#[test]
fn a_mask_is_the_same_wherever_it_is_made() {
    let network = layer(0.5);
    let [alone, again] = &masks(&network, 9, &[5, 5], 1)[..] else {
        panic!()
    };
    assert!(alone == again);
    assert!(masks(&network, 9, &[4, 5, 6], 2)[1] == *alone);
    // Frozen by its first elements: a change would change every training.
    let first: String = alone[..48]
        .iter()
        .map(|&stays| if stays { '1' } else { '0' })
        .collect();
    assert_eq!(first, "010010101110011111010011111100101001101010001000");
    // An element's number in the tensor decides, not the tensor's shape.
    let narrow = Masked {
        columns: COLUMNS / 2,
        ..layer(0.5)
    };
    assert!(masks(&narrow, 9, &[5], 1)[0] == alone[..ROWS * COLUMNS / 2]);
}

#[test]
fn nothing_is_dropped_in_use() {
    let network = layer(0.5);
    let state = [(
        "scale".to_owned(),
        augment::onnx::graph::Tensor::f32(&[1], &[1.0]).unwrap(),
    )]
    .into();
    let model = augment::onnx::graph::train::inference_model(&network, &state, &[]).unwrap();
    let mut session = support::engine(1).session_of("used", &model).unwrap();
    let x: Vec<f32> = (0..2 * COLUMNS).map(|at| at as f32).collect();
    let value = OrtTensor::from_array((vec![2, COLUMNS], x.clone())).unwrap();
    let outputs = session.run(vec![(Cow::from("x"), value.into())]).unwrap();
    assert_eq!(outputs[LOGITS].try_extract_tensor::<f32>().unwrap().1, &x[..]);
}

#[test]
fn a_rate_that_leaves_nothing_is_refused() {
    for rate in [1.0, -0.1, f64::NAN] {
        let settings = Settings {
            batch: 2,
            seed: 1,
            optimizer: Optimizer::adam(0.0),
            clip: None,
            class_weights: None,
        };
        let error = TrainingStep::new(&layer(rate), &settings)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("dropout (dropout): found a rate of") && error.contains("below 1"),
            "{error}"
        );
    }
}
