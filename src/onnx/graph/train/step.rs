//! A training step of a network: forward, loss, backward, clipping and the optimizer, in one graph.

use std::collections::BTreeMap;

use super::adam::{self, Common, Optimizer, Trained};
use super::mixed::{self, Precision, Scaler};
use super::{LOGITS, loss};
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::grad::gradients;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::network::{Init, Net, Network, Parameter, Port, Role};
use crate::onnx::graph::shape::{Dim, Shape};
use crate::onnx::graph::tensor::Tensor;

/// The input of targets: [batch, classes], each row a distribution.
pub const TARGETS: &str = "targets";
/// The input of the number of the step, a 64-bit integer from 1.
pub const STEP: &str = "step";
/// The input of the learning rate.
pub const LEARNING_RATE: &str = "learning_rate";
/// The output of the loss before the step.
pub const LOSS: &str = "loss";
/// The output of the gradients' norm before clipping.
pub const NORM: &str = "gradient_norm";
/// The output of the scale that the loss has in the next step, with products in 16 bits.
pub const LOSS_SCALE: &str = "loss_scale";

/// Parameters, moments and running statistics by name.
pub type State = BTreeMap<String, Tensor>;

/// What a training step is like.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Rows of each batch, from 1. Batch normalisation needs more than one number per channel.
    pub batch: usize,
    /// Seed of the first parameters and of dropout.
    pub seed: u64,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// The largest norm of the gradients, above 0; none to leave them as they are.
    pub clip: Option<f64>,
    /// A weight above 0 for each class; none for equal ones.
    pub class_weights: Option<Vec<f32>>,
}

impl Settings {
    /// Refuses numbers with which training could only fail.
    fn check(&self) -> Result<(), GraphError> {
        let wrong = |name, found: String, expected| {
            Err(GraphError::Setting {
                name,
                found,
                expected,
            })
        };
        let adam = &self.optimizer;
        if self.batch == 0 {
            return wrong("batch", "0".to_owned(), "1 or more");
        }
        for (name, beta) in [("beta1", adam.beta1), ("beta2", adam.beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return wrong(name, beta.to_string(), "a number from 0 to below 1");
            }
        }
        if !(adam.epsilon > 0.0 && adam.epsilon.is_finite()) {
            return wrong("epsilon", adam.epsilon.to_string(), "a number above 0");
        }
        if !(adam.weight_decay >= 0.0 && adam.weight_decay.is_finite()) {
            return wrong("weight_decay", adam.weight_decay.to_string(), "a number from 0");
        }
        if let Some(clip) = self.clip.filter(|clip| !(*clip > 0.0 && clip.is_finite())) {
            return wrong("clip", clip.to_string(), "a number above 0");
        }
        let weights = self.class_weights.as_deref().unwrap_or(&[1.0]);
        if !weights.iter().all(|weight| *weight > 0.0 && weight.is_finite()) {
            return wrong("class_weights", format!("{weights:?}"), "numbers above 0");
        }
        Ok(())
    }
}

/// A tensor that goes from step to step.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Its name: a parameter's, or the parameter's behind `adam.m/` or `adam.v/` for its moments over 1 − β, or one that starts with
    /// [`SCALER`](super::SCALER). What it becomes is the graph's output of the name behind `next/`.
    pub name: String,
    /// Its shape.
    pub dims: Vec<usize>,
    /// How it begins.
    pub init: Init,
}

/// Whether a tensor of a state is a parameter or a running statistic, not a moment or part of the loss's scale.
#[must_use]
pub fn is_parameter(name: &str) -> bool {
    !["adam.m/", "adam.v/", mixed::SCALER]
        .iter()
        .any(|start| name.starts_with(start))
}

impl Slot {
    /// The name of the graph's output.
    #[must_use]
    pub fn next(&self) -> String {
        format!("next/{}", self.name)
    }
}

/// A training step as an ONNX graph.
#[derive(Debug, Clone)]
pub struct TrainingStep {
    /// The bytes of its ONNX file.
    pub model: Vec<u8>,
    /// The data it takes, each [batch, ...].
    pub inputs: Vec<Port>,
    /// What goes from step to step.
    pub slots: Vec<Slot>,
    /// Rows of a batch.
    pub batch: usize,
    /// Classes that the network tells apart.
    pub classes: usize,
    /// Numbers that are trained.
    pub trained: usize,
    /// What products are computed in.
    pub precision: Precision,
    seed: u64,
}

impl TrainingStep {
    /// Makes the step of a network, in 32 bits.
    ///
    /// # Errors
    /// [`GraphError`] when the network's layers do not fit one another, or give no logits [batch, classes].
    pub fn new(network: &dyn Network, settings: &Settings) -> Result<Self, GraphError> {
        Self::with_precision(network, settings, Precision::Fp32)
    }

    /// The same with products in numbers of a kind. Where the gradients' norm is not a finite number with 16 bits, the step leaves
    /// everything as it was but the loss's scale.
    ///
    /// # Errors
    /// As [`TrainingStep::new`].
    pub fn with_precision(
        network: &dyn Network,
        settings: &Settings,
        precision: Precision,
    ) -> Result<Self, GraphError> {
        settings.check()?;
        let mut graph = Graph::new("training step");
        let inputs = network.inputs();
        let mut values = Vec::with_capacity(inputs.len());
        for port in &inputs {
            let shape = port.shape(Dim::Known(settings.batch));
            values.push(graph.input(&port.name, port.element, shape)?);
        }
        let step = graph.input(STEP, Element::I64, Shape::scalar())?;
        let rate = graph.input(LEARNING_RATE, Element::F32, Shape::scalar())?;
        let mut net = Net::training(&mut graph, settings.seed, step);
        let logits = network.logits(&mut net, &values)?;
        let (parameters, updates) = net.parts();
        let classes = classes(&graph, logits, settings.batch)?;
        let targets = graph.input(TARGETS, Element::F32, [settings.batch, classes])?;
        let weights = class_weights(&mut graph, settings, classes)?;
        let loss = graph.scoped("loss", |graph| {
            loss::cross_entropy(graph, logits, targets, weights)
        })?;
        let trained: Vec<&Parameter> = parameters.iter().filter(|p| p.role != Role::Running).collect();
        let of: Vec<Value> = trained.iter().map(|parameter| parameter.value).collect();
        let scaler = match precision {
            Precision::Fp32 => None,
            Precision::Fp16 => Some(Scaler::new(&mut graph)?),
        };
        let mut slopes = match &scaler {
            None => gradients(&mut graph, loss, &of)?,
            Some(scaler) => {
                let scaled = scaler.scaled(&mut graph, loss)?;
                let slopes = gradients(&mut graph, scaled, &of)?;
                scaler.restored(&mut graph, &slopes)?
            }
        };
        let norm = adam::norm(&mut graph, &slopes)?;
        if let Some(limit) = settings.clip {
            slopes = adam::clipped(&mut graph, &slopes, norm, limit)?;
        }
        graph.output(LOSS, loss)?;
        graph.output(LOGITS, logits)?;
        graph.output(NORM, norm)?;
        let mut slots = Vec::new();
        let mut guard = None;
        let mut counted = step;
        if let Some(scaler) = &scaler {
            let good = mixed::is_finite(&mut graph, norm)?;
            counted = scaler.counted(&mut graph, step)?;
            let next = scaler.slots(&mut graph, good)?;
            graph.output(LOSS_SCALE, next[0].2)?;
            for (name, init, next) in next {
                slot(&mut graph, &mut slots, &name, &[], init, next)?;
            }
            guard = Some(good);
        }
        let rule = Rule {
            settings,
            rate,
            step: counted,
            guard,
        };
        rule.optimized(&mut graph, &trained, &slopes, &mut slots)?;
        for (name, value) in updates {
            let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
                continue;
            };
            let value = rule.guarded(&mut graph, value, parameter.value)?;
            slot(
                &mut graph,
                &mut slots,
                &name,
                &parameter.dims,
                parameter.init.clone(),
                value,
            )?;
        }
        if precision == Precision::Fp16 {
            mixed::narrow(&mut graph, step)?;
        }
        Ok(TrainingStep {
            model: graph.to_model(&[])?,
            inputs,
            slots,
            batch: settings.batch,
            classes,
            trained: trained
                .iter()
                .map(|parameter| parameter.dims.iter().product::<usize>())
                .sum(),
            precision,
            seed: settings.seed,
        })
    }

    /// The state before the first step.
    ///
    /// # Errors
    /// None for shapes that memory holds.
    pub fn first_state(&self) -> Result<State, GraphError> {
        let tensors = self.slots.iter().map(|slot| {
            let tensor = slot.init.tensor(self.seed, &slot.name, &slot.dims)?;
            Ok((slot.name.clone(), tensor))
        });
        tensors.collect()
    }
}

/// Marks what a slot becomes.
fn slot(
    graph: &mut Graph,
    slots: &mut Vec<Slot>,
    name: &str,
    dims: &[usize],
    init: Init,
    next: Value,
) -> Result<(), GraphError> {
    let slot = Slot {
        name: name.to_owned(),
        dims: dims.to_vec(),
        init,
    };
    graph.output(&slot.next(), next)?;
    slots.push(slot);
    Ok(())
}

/// How the state changes in a step.
struct Rule<'a> {
    settings: &'a Settings,
    rate: Value,
    /// The step's number, from 1, of those that were made.
    step: Value,
    /// Whether it changes at all; none for always.
    guard: Option<Value>,
}

impl Rule<'_> {
    /// What a tensor becomes, unless the step is left out.
    fn guarded(&self, graph: &mut Graph, new: Value, old: Value) -> Result<Value, GraphError> {
        match self.guard {
            None => Ok(new),
            Some(guard) => mixed::choice(graph, guard, new, old),
        }
    }

    fn optimized(
        &self,
        graph: &mut Graph,
        trained: &[&Parameter],
        slopes: &[Value],
        slots: &mut Vec<Slot>,
    ) -> Result<(), GraphError> {
        let adam = &self.settings.optimizer;
        let common = graph.scoped("adam", |graph| Common::new(graph, adam, self.rate, self.step))?;
        for (parameter, &gradient) in trained.iter().zip(slopes) {
            let names = ["adam.m", "adam.v"].map(|moment| format!("{moment}/{}", parameter.name));
            let mut moments = [parameter.value; 2];
            for (name, moment) in names.iter().zip(&mut moments) {
                *moment = graph.input(name, Element::F32, &parameter.dims[..])?;
            }
            let [first, second] = moments;
            let new = graph.scoped("adam", |graph| {
                graph.scoped(&parameter.name, |graph| {
                    let role = parameter.role;
                    let value = parameter.value;
                    let trained = Trained {
                        role,
                        value,
                        gradient,
                        first,
                        second,
                    };
                    adam::updated(graph, adam, &common, &trained)
                })
            })?;
            let [value, first, second] = new;
            let value = self.guarded(graph, value, parameter.value)?;
            let first = self.guarded(graph, first, moments[0])?;
            let second = self.guarded(graph, second, moments[1])?;
            let [name_m, name_v] = &names;
            let zero = Init::Constant(0.0);
            for (name, init, next) in [
                (&parameter.name, parameter.init.clone(), value),
                (name_m, zero.clone(), first),
                (name_v, zero, second),
            ] {
                slot(graph, slots, name, &parameter.dims, init, next)?;
            }
        }
        Ok(())
    }
}

/// How many classes the logits are of.
fn classes(graph: &Graph, logits: Value, batch: usize) -> Result<usize, GraphError> {
    let info = graph.info(logits)?;
    match info.shape.sizes().as_deref() {
        Some([rows, classes]) if *rows == batch && info.element == Element::F32 => Ok(*classes),
        _ => Err(GraphError::Misfit {
            node: info.name.clone(),
            operator: "the network's logits".to_owned(),
            found: format!("{}{}", info.element, info.shape),
            expected: format!("f32[{batch}, classes]"),
        }),
    }
}

fn class_weights(
    graph: &mut Graph,
    settings: &Settings,
    classes: usize,
) -> Result<Option<Value>, GraphError> {
    let Some(weights) = &settings.class_weights else {
        return Ok(None);
    };
    Ok(Some(graph.constant(Tensor::f32(&[classes], weights)?)?))
}
