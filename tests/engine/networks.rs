//! The networks of `augment train` against PyTorch in 64-bit numbers (`scripts/models/goldens_networks.py`), and their sizes.

use std::collections::BTreeMap;
use std::path::Path;

use augment::onnx::graph::Tensor;
use augment::onnx::graph::network::Network;
use augment::onnx::graph::train::{Numbers, Optimizer, Settings, State, Trainer, TrainingStep};
use augment::train::networks::{
    Architecture, Attentive, Bimer, ResnetCnn, ResnetCrnnAt, Speech, TextHead, WIDTHS, Words,
};
use serde::Deserialize;

use crate::goldens::{near, used};
use crate::nets::{Data, floats, numbers, targets};
use crate::support;

const CLASSES: usize = 4;

type Values = BTreeMap<String, Vec<f32>>;

/// Three steps of PyTorch's AdamW.
#[derive(Deserialize)]
struct Run {
    losses: Vec<f32>,
    norms: Vec<f32>,
    /// Of the first batch, before its step.
    logits: Vec<f32>,
    /// Of the first batch, as the optimizer takes them.
    gradients: Values,
    last: Values,
    /// The logits of the first batch after training, in use.
    used: Vec<f32>,
}

#[derive(Deserialize)]
struct Golden {
    /// Plain labels, no clipping.
    plain: Run,
    /// Class weights, smoothed labels, clipped gradients.
    weighted: Run,
}

/// The script's first numbers: by a formula, in the order of the parameters' names; encoders begin as in their files.
fn begin(step: &TrainingStep) -> State {
    let mut state = step.first_state().unwrap();
    let is_of_file = |name: &str| name.contains("backbone.") || name.starts_with("words.encoder.");
    let parameters = state
        .iter_mut()
        .filter(|(name, _)| !name.starts_with("adam.") && !is_of_file(name));
    for (key, (name, tensor)) in parameters.enumerate() {
        let dims = tensor.dims().to_vec();
        let (around, scale) = match dims[..] {
            [_] if name.ends_with("running_var") || name.ends_with("weight") => (1.0, 0.5),
            [_] => (0.0, 0.5),
            _ => {
                let inputs: usize = dims[1..].iter().product();
                (0.0, 0.5_f32.powi(inputs.ilog2() as i32 / 2))
            }
        };
        let drawn = numbers(dims.iter().product(), 1000 + key);
        let values: Vec<f32> = drawn.iter().map(|number| around + scale * number).collect();
        *tensor = Tensor::f32(&dims, &values).unwrap();
    }
    state
}

/// A network and its data, step by step.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    pub network: &'a Architecture,
    pub data: &'a dyn Fn(usize) -> Vec<Data>,
}

/// Compares a network, made with a given dropout, on batches of so many rows.
fn compare(file: &str, rows: usize, make: impl Fn(f64) -> Architecture) {
    // Dropout has no part in the file for use.
    let (network, in_use) = (make(0.0), make(0.5));
    let data = |step| floats(&network, rows, step);
    let case = |network| Case { network, data: &data };
    compare_cases(file, rows, case(&network), case(&in_use));
}

/// Compares a network's training, and the file for use that `in_use` makes of what was trained.
pub fn compare_cases(file: &str, rows: usize, case: Case<'_>, in_use: Case<'_>) {
    let path = format!("tests/models/goldens/network.{file}.json");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let golden: Golden = serde_json::from_str(&text).unwrap();
    let plain = Settings {
        batch: rows,
        seed: 1,
        optimizer: Optimizer::adam_w(0.1),
        clip: None,
        class_weights: None,
    };
    let weighted = Settings {
        clip: Some(0.1),
        class_weights: Some(vec![1.0, 2.0, 0.5, 1.5]),
        ..plain.clone()
    };
    for (run, settings, soft) in [(golden.plain, plain, false), (golden.weighted, weighted, true)] {
        let state = train(case, &run, &settings, soft);
        used(in_use.network, &state, &run.used, rows, &(in_use.data)(0));
    }
}

/// Three steps, compared one by one; gives the state behind them.
fn train(case: Case<'_>, golden: &Run, settings: &Settings, soft: bool) -> State {
    let step = TrainingStep::new(case.network, settings).unwrap();
    let state = begin(&step);
    assert_eq!(state.len(), golden.last.len() + 2 * golden.gradients.len());
    let mut trainer = Trainer::new(&support::engine(1), &step, &state).unwrap();
    for at in 0..3 {
        let data = (case.data)(at);
        let data: Vec<Numbers<'_>> = data.iter().map(Data::numbers).collect();
        let targets = targets(settings.batch, step.classes, at, soft);
        let outcome = trainer.step_of(&data, &targets, at as u64 + 1, 1e-2).unwrap();
        near("loss", &[outcome.loss], &golden.losses[at..=at]);
        near("norm", &[outcome.norm], &golden.norms[at..=at]);
        if at == 0 {
            near("logits", &outcome.logits, &golden.logits);
            // After the first step the first moment, kept without its factor, is what the optimizer took.
            let moments = trainer.state().unwrap();
            for (name, gradient) in &golden.gradients {
                let moment = moments[&format!("adam.m/{name}")].to_f32().unwrap();
                same(&format!("gradient of {name}"), &moment, gradient);
            }
        }
    }
    let state = trainer.state().unwrap();
    for (name, values) in &golden.last {
        same(name, &state[name].to_f32().unwrap(), values);
    }
    state
}

/// As [`near`], but for the bias of attention's keys: it moves all scores of a query alike, which changes nothing, so its gradient
/// is what rounding leaves, and AdamW makes steps of any size of that.
#[track_caller]
fn same(what: &str, found: &[f32], expected: &[f32]) {
    let largest = |values: &[f32]| values.iter().fold(0.0_f32, |max, value| max.max(value.abs()));
    let is_gradient = what.starts_with("gradient");
    if what.ends_with("key.bias") {
        // The file of an encoder has it apart from the others.
        assert!(!is_gradient || largest(found) < 1e-6, "{what}: {found:?}");
        return;
    }
    if !what.ends_with("in_proj_bias") {
        return near(what, found, expected);
    }
    let third = expected.len() / 3;
    near(what, &found[..third], &expected[..third]);
    near(what, &found[2 * third..], &expected[2 * third..]);
    assert!(!is_gradient || largest(&found[third..2 * third]) <= 1e-4 * largest(expected));
}

#[test]
fn resnet_cnn_trains_as_in_pytorch() {
    compare("resnet-cnn", 5, |dropout| {
        Architecture::ResnetCnn(ResnetCnn {
            height: 20,
            width: 27,
            widths: vec![4, 6, 8],
            dropout,
            classes: CLASSES,
        })
    });
}

#[test]
fn resnet_crnn_at_trains_as_in_pytorch() {
    compare("resnet-crnn-at", 5, |dropout| {
        Architecture::ResnetCrnnAt(ResnetCrnnAt {
            height: 14,
            width: 11,
            widths: vec![4, 6],
            attentive: Attentive {
                heads: 3,
                feed_forward: 10,
                encoder_dropout: dropout,
            },
            dropout,
            classes: CLASSES,
        })
    });
}

#[test]
fn text_head_trains_as_in_pytorch() {
    for (file, hidden) in [("text-head", None), ("text-head-hidden", Some(9))] {
        compare(file, 7, |dropout| {
            Architecture::TextHead(TextHead {
                text_size: 12,
                hidden,
                dropout,
                classes: CLASSES,
            })
        });
    }
}

#[test]
fn bimer_trains_as_in_pytorch() {
    compare("bimer", 6, |dropout| {
        Architecture::Bimer(Box::new(Bimer {
            height: 21,
            width: 16,
            speech: Speech::ResnetCnn,
            widths: vec![4, 6],
            words: Words::Features,
            text_size: 10,
            text_features: 5,
            dropout,
            classes: CLASSES,
        }))
    });
}

#[test]
fn bimer_with_a_recurrent_speech_branch_trains_as_in_pytorch() {
    compare("bimer-crnn", 6, |dropout| {
        Architecture::Bimer(Box::new(Bimer {
            height: 12,
            width: 9,
            speech: Speech::ResnetCrnnAt(Attentive {
                heads: 2,
                feed_forward: 9,
                encoder_dropout: dropout,
            }),
            widths: vec![4, 6],
            words: Words::Features,
            text_size: 10,
            text_features: 5,
            dropout,
            classes: CLASSES,
        }))
    });
}

// The figures that the documentation gives, for four classes; the script counts the same in PyTorch.
const RESNET_CNN: usize = 4_899_460;
const TEXT_HEAD: usize = 1_540;
const TEXT_HEAD_HIDDEN: usize = 49_796;
const BIMER: usize = 4_999_044;
const RESNET_CRNN_AT: usize = 9_235_076;
const BIMER_CRNN_AT: usize = 9_334_660;

/// Whether the documentation says so many parameters, with a comma behind each three digits.
pub fn documented(count: usize) {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = groups.map(|group| str::from_utf8(group).unwrap()).collect();
    let text = include_str!("../../docs/training.md");
    assert!(text.contains(&groups.join(",")), "{count}");
}

/// Numbers that training changes, running statistics not counted.
fn trained(network: &dyn Network) -> usize {
    let settings = Settings {
        batch: 2,
        seed: 1,
        optimizer: Optimizer::adam_w(1e-2),
        clip: None,
        class_weights: None,
    };
    TrainingStep::new(network, &settings).unwrap().trained
}

#[test]
fn networks_of_full_size_have_the_parameters_that_the_documentation_counts() {
    let all = [
        RESNET_CNN,
        TEXT_HEAD,
        TEXT_HEAD_HIDDEN,
        BIMER,
        RESNET_CRNN_AT,
        BIMER_CRNN_AT,
    ];
    all.into_iter().for_each(documented);
    for (height, width) in [(369, 496), (128, 101)] {
        let speech = ResnetCnn {
            height,
            width,
            widths: WIDTHS.to_vec(),
            dropout: 0.5,
            classes: CLASSES,
        };
        let bimer = Bimer {
            height,
            width,
            speech: Speech::ResnetCnn,
            widths: WIDTHS.to_vec(),
            words: Words::Features,
            text_size: 384,
            text_features: 256,
            dropout: 0.5,
            classes: CLASSES,
        };
        let recurrent = ResnetCrnnAt {
            height,
            width,
            widths: WIDTHS.to_vec(),
            attentive: Attentive::default(),
            dropout: 0.3,
            classes: CLASSES,
        };
        let both = Bimer {
            speech: Speech::ResnetCrnnAt(Attentive::default()),
            ..bimer.clone()
        };
        assert_eq!(trained(&recurrent), RESNET_CRNN_AT);
        assert_eq!(trained(&both), BIMER_CRNN_AT);
        assert_eq!(trained(&speech), RESNET_CNN);
        assert_eq!(trained(&bimer), BIMER);
    }
    for (hidden, count) in [(None, TEXT_HEAD), (Some(128), TEXT_HEAD_HIDDEN)] {
        let head = TextHead {
            text_size: 384,
            hidden,
            dropout: 0.5,
            classes: CLASSES,
        };
        assert_eq!(trained(&head), count);
    }
}
