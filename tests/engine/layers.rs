//! Layers over steps: their gradients against central differences, and a small network of them on a task of a few lines.

use std::collections::BTreeSet;

use augment::onnx::graph::network::{Encoder, Net, Network, Port};
use augment::onnx::graph::train::{Optimizer, Settings, State, Trainer, TrainingStep, inference_model};
use augment::onnx::graph::{Attribute, Graph, GraphError, Tensor, Value};
use augment::train::networks::{Attentive, ResnetCrnnAt};

use crate::differences::Numbers;
use crate::nets::{batch, targets};
use crate::support;

/// Layers behind a linear one; each of their numbers is a logit, so that none has the gradient of another.
struct Layers<F> {
    steps: usize,
    features: usize,
    build: F,
}

impl<F: Fn(&mut Net<'_>, Value) -> Result<Value, GraphError>> Network for Layers<F> {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("x", &[self.steps, 3])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        let x = net.linear("before", inputs[0], self.features)?;
        let y = (self.build)(net, x)?;
        let sizes = net.graph().known_sizes(y)?;
        let each: usize = sizes[1..].iter().product();
        net.graph().reshape(y, &[0, each as i64])
    }
}

/// How far to each side, and the largest difference, relative to the largest gradient of the parameter or a tenth of all: as for
/// operators in 32-bit numbers.
const STEP: f32 = 1e-2;
const BOUND: f64 = 3e-3;

fn loss(logits: &[f32], targets: &[f32], classes: usize) -> f64 {
    let rows = logits
        .chunks(classes)
        .zip(targets.chunks(classes))
        .map(|(logits, targets)| {
            let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
            logits
                .iter()
                .zip(targets)
                .map(|(&logit, &target)| f64::from(target) * (sum.ln() - f64::from(logit)))
                .sum::<f64>()
        });
    rows.sum::<f64>() / (logits.len() / classes) as f64
}

/// The gradients of all parameters, moved away from where they begin, so that no bias is 0.
fn check(
    name: &str,
    steps: usize,
    features: usize,
    build: impl Fn(&mut Net<'_>, Value) -> Result<Value, GraphError>,
) {
    const ROWS: usize = 3;
    let network = Layers {
        steps,
        features,
        build,
    };
    let settings = Settings {
        batch: ROWS,
        seed: 5,
        optimizer: Optimizer::adam_w(0.0),
        clip: None,
        class_weights: None,
    };
    let step = TrainingStep::new(&network, &settings).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut first = step.first_state().unwrap();
    let mut numbers = Numbers::new(3);
    let mut moved = |tensor: &mut Tensor| {
        let values = tensor.to_f32().unwrap();
        let values: Vec<f32> = values.iter().map(|v| v + 0.5 * numbers.unit() as f32).collect();
        *tensor = Tensor::f32(tensor.dims(), &values).unwrap();
    };
    let parameters: Vec<String> = first
        .keys()
        .filter(|name| !name.starts_with("adam."))
        .cloned()
        .collect();
    for name in &parameters {
        moved(first.get_mut(name).unwrap());
    }
    let data = Numbers::new(8).list(ROWS * steps * 3);
    let data: Vec<f32> = data.into_iter().map(|v| v as f32).collect();
    let weights = Numbers::new(9).list(ROWS * step.classes);
    let mut targets: Vec<f32> = weights.iter().map(|w| w.abs() as f32).collect();
    for row in targets.chunks_mut(step.classes) {
        let sum: f32 = row.iter().sum();
        row.iter_mut().for_each(|target| *target /= sum);
    }
    let mut trainer = Trainer::new(&support::engine(1), &step, &first).unwrap();
    let mut run = |state: &State| {
        trainer.load(state).unwrap();
        let outcome = trainer.step(&[&data], &targets, 1, 0.0).unwrap();
        (
            loss(&outcome.logits, &targets, step.classes),
            trainer.state().unwrap(),
        )
    };
    let (_, behind) = run(&first);
    let gradients: Vec<Vec<f32>> = parameters
        .iter()
        .map(|name| behind[&format!("adam.m/{name}")].to_f32().unwrap())
        .collect();
    let largest = |values: &[f32]| values.iter().fold(0.0_f64, |max, &v| max.max(f64::from(v).abs()));
    let overall = gradients.iter().map(|values| largest(values)).fold(0.0, f64::max);
    for (parameter, gradient) in parameters.iter().zip(&gradients) {
        let values = first[parameter].to_f32().unwrap();
        for element in (0..values.len()).step_by(values.len().div_ceil(25) | 1) {
            let mut side = |sign: f32| {
                let mut moved = values.clone();
                moved[element] += sign * STEP;
                let mut state = first.clone();
                state.insert(
                    parameter.clone(),
                    Tensor::f32(first[parameter].dims(), &moved).unwrap(),
                );
                run(&state).0
            };
            let expected = (side(1.0) - side(-1.0)) / (2.0 * f64::from(STEP));
            let found = f64::from(gradient[element]);
            let scale = largest(gradient).max(overall / 10.0);
            assert!(
                (found - expected).abs() <= BOUND * scale,
                "{name}: {parameter}, {element}: found {found}, expected {expected} (largest {scale})"
            );
        }
    }
}

#[test]
fn gradients_of_layers_over_steps() {
    for steps in [1, 5] {
        check("linear", steps, 4, |net, x| net.linear("layer", x, 3));
        check("layer norm", steps, 5, |net, x| net.layer_norm("layer", x));
        check("GRU", steps, 3, |net, x| net.gru("layer", x, 2, false));
        check("GRU both ways", steps, 3, |net, x| net.gru("layer", x, 3, true));
        check("self-attention", steps, 6, |net, x| {
            net.self_attention("layer", x, 3, 0.0)
        });
        check("encoder", steps, 4, |net, x| {
            let encoder = Encoder {
                heads: 2,
                feed_forward: 7,
                dropout: 0.0,
            };
            net.transformer_encoder("layer", x, encoder)
        });
    }
    check("soft attention", 5, 3, |net, x| net.soft_attention("layer", x));
}

#[test]
fn names_and_shapes_are_those_of_pytorch() {
    let network = Layers {
        steps: 4,
        features: 6,
        build: |net: &mut Net<'_>, x: Value| {
            let x = net.gru("gru", x, 3, true)?;
            let encoder = Encoder {
                heads: 3,
                feed_forward: 5,
                dropout: 0.1,
            };
            net.transformer_encoder("encoder", x, encoder)
        },
    };
    let settings = Settings {
        batch: 2,
        seed: 1,
        optimizer: Optimizer::adam_w(0.0),
        clip: None,
        class_weights: None,
    };
    let state = TrainingStep::new(&network, &settings)
        .unwrap()
        .first_state()
        .unwrap();
    let found: Vec<(&str, &[usize])> = state
        .iter()
        .filter(|(name, _)| !name.starts_with("adam.") && !name.starts_with("before."))
        .map(|(name, tensor)| (name.as_str(), tensor.dims()))
        .collect();
    let expected: [(&str, &[usize]); 20] = [
        ("encoder.linear1.bias", &[5]),
        ("encoder.linear1.weight", &[5, 6]),
        ("encoder.linear2.bias", &[6]),
        ("encoder.linear2.weight", &[6, 5]),
        ("encoder.norm1.bias", &[6]),
        ("encoder.norm1.weight", &[6]),
        ("encoder.norm2.bias", &[6]),
        ("encoder.norm2.weight", &[6]),
        ("encoder.self_attn.in_proj_bias", &[18]),
        ("encoder.self_attn.in_proj_weight", &[18, 6]),
        ("encoder.self_attn.out_proj.bias", &[6]),
        ("encoder.self_attn.out_proj.weight", &[6, 6]),
        ("gru.bias_hh_l0", &[9]),
        ("gru.bias_hh_l0_reverse", &[9]),
        ("gru.bias_ih_l0", &[9]),
        ("gru.bias_ih_l0_reverse", &[9]),
        ("gru.weight_hh_l0", &[9, 3]),
        ("gru.weight_hh_l0_reverse", &[9, 3]),
        ("gru.weight_ih_l0", &[9, 6]),
        ("gru.weight_ih_l0_reverse", &[9, 6]),
    ];
    assert_eq!(found, expected);
}

fn small(widths: &[usize], heads: usize) -> ResnetCrnnAt {
    ResnetCrnnAt {
        height: 12,
        width: 17,
        widths: widths.to_vec(),
        attentive: Attentive {
            heads,
            feed_forward: 12,
            encoder_dropout: 0.1,
        },
        dropout: 0.3,
        classes: 3,
    }
}

#[test]
fn sizes_that_do_not_divide_are_refused() {
    let settings = Settings {
        batch: 2,
        seed: 1,
        optimizer: Optimizer::adam_w(0.0),
        clip: None,
        class_weights: None,
    };
    for (widths, heads, part) in [
        (&[4, 7][..], 7, "even number"),
        (&[4, 6], 4, "4 heads for 6 features"),
        (&[4, 6], 0, "0 heads"),
        (&[], 1, "even number"),
    ] {
        let error = TrainingStep::new(&small(widths, heads), &settings).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_small_resnet_crnn_at_learns_and_its_file_holds_the_native_operator() {
    let network = small(&[4, 6], 3);
    let settings = Settings {
        batch: 6,
        seed: 2,
        optimizer: Optimizer::adam_w(0.01),
        clip: Some(1.0),
        class_weights: None,
    };
    let step = TrainingStep::new(&network, &settings).unwrap();
    let mut trainer = Trainer::new(&support::engine(1), &step, &step.first_state().unwrap()).unwrap();
    let data = batch(&network, 6, 0);
    let targets = targets(6, 3, 0, false);
    let mut losses = Vec::new();
    for number in 1..=60 {
        let outcome = trainer.step(&[&data[0]], &targets, number, 1e-2).unwrap();
        losses.push(outcome.loss);
    }
    let mean = |losses: &[f32]| losses.iter().sum::<f32>() / losses.len() as f32;
    let (start, end) = (mean(&losses[..5]), mean(&losses[55..]));
    assert!(end < 0.3 * start, "from {start} to {end}");

    let model = inference_model(&network, &trainer.state().unwrap(), &[]).unwrap();
    let graph = Graph::from_model(&model, &[]).unwrap();
    let count = |operator: &str| {
        graph
            .nodes()
            .iter()
            .filter(|node| node.operator == operator)
            .count()
    };
    assert_eq!((count("GRU"), count("Scan")), (1, 0));
}

/// Nothing is computed that nobody reads.
#[test]
fn every_node_of_a_step_over_steps_is_used() {
    let settings = Settings {
        batch: 2,
        seed: 1,
        optimizer: Optimizer::adam_w(0.0),
        clip: None,
        class_weights: None,
    };
    let step = TrainingStep::new(&small(&[4, 6], 2), &settings).unwrap();
    let graph = Graph::from_model(&step.model, &[]).unwrap();
    let mut used: BTreeSet<Value> = graph.outputs().iter().copied().collect();
    for node in graph.nodes().iter().rev() {
        assert!(
            node.outputs.iter().flatten().any(|value| used.contains(value)),
            "{} is not used",
            node.name
        );
        used.extend(node.inputs.iter().flatten());
        if let Some(Attribute::Graph(body)) = node.attributes.get("body") {
            used.extend(body.values().filter_map(|(_, info)| graph.find(&info.name)));
        }
    }
}
