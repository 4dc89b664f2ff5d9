//! A graph's gradients against central differences.

use std::borrow::Cow;

use augment::onnx::graph::{Element, Graph, GraphError, Tensor, Value, grad};
use augment::onnx::session::Session;
use ort::session::SessionInputValue;
use ort::value::Tensor as OrtTensor;

use crate::support;

/// A small generator (Knuth's MMIX constants), so that tests draw the same numbers everywhere.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851)
    }

    /// Between −1 and 1.
    pub fn unit(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    pub fn list(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.unit()).collect()
    }
}

/// An input of a check: its shape and its values.
#[derive(Clone)]
pub struct Input {
    pub dims: Vec<usize>,
    pub values: Vec<f64>,
}

/// Numbers between −1 and 1.
pub fn any(dims: &[usize]) -> Input {
    let seed = dims.iter().fold(17, |seed, &dim| seed * 31 + dim as u64);
    let values = Numbers::new(seed).list(dims.iter().product());
    Input {
        dims: dims.to_vec(),
        values,
    }
}

/// Numbers between 0.5 and 1.5.
pub fn positive(dims: &[usize]) -> Input {
    let mut input = any(dims);
    input
        .values
        .iter_mut()
        .for_each(|value| *value = 1.0 + *value / 2.0);
    input
}

/// Numbers of which no two are closer than 0.05, and none is closer than that to 0: for operators with corners.
pub fn apart(dims: &[usize]) -> Input {
    let count: usize = dims.iter().product();
    let mut numbers = Numbers::new(count as u64 + 3);
    let mut order: Vec<(u64, usize)> = (0..count)
        .map(|at| ((numbers.unit().abs() * 1e15) as u64, at))
        .collect();
    order.sort_unstable();
    let mut values = vec![0.0; count];
    for (rank, (_, at)) in order.into_iter().enumerate() {
        values[at] = (rank as f64 - (count / 2) as f64 + 0.5) * 0.1;
    }
    Input {
        dims: dims.to_vec(),
        values,
    }
}

/// How exact a check is.
#[derive(Clone, Copy)]
pub struct Exact {
    element: Element,
    /// How far to go to each side.
    step: f64,
    /// The largest difference, relative to the largest gradient.
    bound: f64,
}

/// For operators whose kernels know 64-bit numbers.
pub const DOUBLE: Exact = Exact {
    element: Element::F64,
    step: 1e-5,
    bound: 1e-7,
};
/// For smooth operators in 32-bit numbers.
pub const SINGLE: Exact = Exact {
    element: Element::F32,
    step: 1e-2,
    bound: 2e-3,
};
/// For operators that are linear in each input, where the step may be any, in 32-bit numbers.
pub const LINEAR: Exact = Exact {
    element: Element::F32,
    step: 0.5,
    bound: 2e-5,
};

/// A graph to run.
pub struct Ready {
    session: Session,
    element: Element,
    dims: Vec<Vec<usize>>,
}

impl Ready {
    /// Loads a graph whose inputs are named `x0`, `x1`, ...
    pub fn new(graph: &Graph, element: Element, inputs: &[Input]) -> Self {
        let model = graph.to_model(&[]).unwrap();
        let session = support::engine(1)
            .session_of("checked", &model)
            .unwrap_or_else(|error| panic!("{error}"));
        Ready {
            session,
            element,
            dims: inputs.iter().map(|input| input.dims.clone()).collect(),
        }
    }

    /// All outputs in their order.
    pub fn run(&mut self, inputs: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let values = inputs
            .iter()
            .zip(&self.dims)
            .enumerate()
            .map(|(at, (values, dims))| {
                let value: SessionInputValue<'_> = match self.element {
                    Element::F64 => OrtTensor::from_array((dims.clone(), values.clone()))
                        .unwrap()
                        .into(),
                    _ => {
                        let narrow: Vec<f32> = values.iter().map(|&value| value as f32).collect();
                        OrtTensor::from_array((dims.clone(), narrow)).unwrap().into()
                    }
                };
                (Cow::Owned(format!("x{at}")), value)
            });
        let values: Vec<_> = values.collect();
        let element = self.element;
        let outputs = self.session.run(values).unwrap_or_else(|error| panic!("{error}"));
        let read = outputs.iter().map(|(_, value)| match element {
            Element::F64 => value.try_extract_tensor::<f64>().unwrap().1.to_vec(),
            _ => {
                let narrow = value.try_extract_tensor::<f32>().unwrap().1;
                narrow.iter().map(|&value| f64::from(value)).collect()
            }
        });
        read.collect()
    }
}

/// Checks the gradients of all inputs of what `build` makes of them. The loss is a weighted sum of the result's elements; the
/// differences are weighted and summed here, in 64 bits, so that nothing is lost in the loss's own digits.
pub fn check(
    name: &str,
    exact: Exact,
    inputs: &[Input],
    build: impl Fn(&mut Graph, &[Value]) -> Result<Value, GraphError>,
) {
    let mut graph = Graph::new(name);
    let values: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(at, input)| {
            graph
                .input(&format!("x{at}"), exact.element, &input.dims[..])
                .unwrap()
        })
        .collect();
    let result = build(&mut graph, &values).unwrap_or_else(|error| panic!("{name}: {error}"));
    let sizes = graph.info(result).unwrap().shape.sizes().unwrap();
    let weights = Numbers::new(99).list(sizes.iter().product());
    let tensor = match exact.element {
        Element::F64 => Tensor::f64(&sizes, &weights),
        _ => Tensor::f32(&sizes, &weights.iter().map(|&w| w as f32).collect::<Vec<_>>()),
    };
    let constant = graph.constant(tensor.unwrap()).unwrap();
    let weighted = graph.mul(result, constant).unwrap();
    let loss = graph.total(weighted).unwrap();
    let gradients =
        grad::gradients(&mut graph, loss, &values).unwrap_or_else(|error| panic!("{name}: {error}"));
    graph.output("y", result).unwrap();
    for (at, gradient) in gradients.into_iter().enumerate() {
        graph.output(&format!("g{at}"), gradient).unwrap();
    }
    let mut ready = Ready::new(&graph, exact.element, inputs);
    let mut at: Vec<Vec<f64>> = inputs.iter().map(|input| input.values.clone()).collect();
    let found = ready.run(&at);
    let largest = found[1..]
        .iter()
        .flatten()
        .fold(0.0_f64, |max, value| max.max(value.abs()));
    assert!(largest > 0.0, "{name}: no gradient at all");
    for (which, input) in inputs.iter().enumerate() {
        assert_eq!(
            found[which + 1].len(),
            input.values.len(),
            "{name}: the gradient's size"
        );
        // All elements of small inputs, some of large ones.
        let stride = input.values.len().div_ceil(60) | 1;
        for element in (0..input.values.len()).step_by(stride) {
            let mut side = |sign: f64| {
                at[which][element] = input.values[element] + sign * exact.step;
                let y = ready.run(&at).swap_remove(0);
                at[which][element] = input.values[element];
                y
            };
            let (up, down) = (side(1.0), side(-1.0));
            let difference: f64 = up
                .iter()
                .zip(&down)
                .zip(&weights)
                .map(|((up, down), w)| (up - down) * w)
                .sum();
            let expected = difference / (2.0 * exact.step);
            let got = found[which + 1][element];
            assert!(
                (got - expected).abs() <= exact.bound * largest,
                "{name}: input {which}, element {element}: found {got}, expected {expected} (largest {largest})"
            );
        }
    }
}
