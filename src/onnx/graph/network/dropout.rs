//! Dropout, with masks that the graph makes itself.
//!
//! Whether an element stays depends on (seed, layer, step, its number in the tensor) alone: a keyed permutation of the numbers
//! below a prime p, compared with a threshold. One round is x → (x + kᵣ)⁵ mod p, as in the block cipher MiMC (Albrecht et
//! al. 2016); 5 does not divide p − 1, so it is a permutation, and no product of it leaves 63 bits, so that integer arithmetic
//! is exact and the same on every device. The round's key kᵣ is made of the step by the same rounds with the layer's keys,
//! which are drawn from the seed and the layer's name.

use super::{Net, Phase};
use crate::draw::Draw;
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::tensor::Tensor;

/// The largest prime below 2³⁰. Twice as much, squared, is below 2⁶².
const PRIME: i64 = (1 << 30) - 35;
/// The numbers of neighbours are polynomials of degree 5³ of each other's number.
const ROUNDS: usize = 3;

impl Net<'_> {
    /// In training each element is 0 with the probability `rate`, and else divided by 1 − `rate`; in use nothing happens.
    /// `name` tells the layer from others.
    ///
    /// # Errors
    /// [`GraphError::Misfit`] for a rate outside 0 to below 1, or for more elements than masks have (2³⁰ − 35).
    pub fn dropout(&mut self, name: &str, x: Value, rate: f64) -> Result<Value, GraphError> {
        let Phase::Training { seed, step } = self.phase else {
            return Ok(x);
        };
        let path = self.named(name);
        let sizes = self.graph.known_sizes(x)?;
        let count = sizes.iter().try_fold(1_usize, |all, &size| all.checked_mul(size));
        let count = count
            .and_then(|count| i64::try_from(count).ok())
            .filter(|&count| count < PRIME);
        let (Some(count), true) = (count, (0.0..1.0).contains(&rate)) else {
            return Err(GraphError::Misfit {
                node: path,
                operator: "dropout".to_owned(),
                found: format!("a rate of {rate} over {}", self.graph.shape(x)?),
                expected: format!("a rate from 0 to below 1 over fewer than {PRIME} elements"),
            });
        };
        if rate == 0.0 {
            return Ok(x);
        }
        self.scoped(name, |net| {
            let element = net.graph.info(x)?.element;
            let numbers = numbers(net.graph, seed, &path, step, count)?;
            let threshold = ((1.0 - rate) * PRIME as f64).round();
            let threshold = net.graph.scalar_like(numbers, threshold)?;
            let stays = net
                .graph
                .node("Less", &[numbers, threshold], Attributes::none())?;
            let stays = net.graph.shaped(stays, &sizes.into())?;
            let mask = net.graph.cast(stays, element)?;
            let mask = net.graph.mul_number(mask, 1.0 / (1.0 - rate))?;
            net.graph.mul(x, mask)
        })
    }
}

/// `count` numbers below the prime, even and each for itself, for a layer and a step.
fn numbers(graph: &mut Graph, seed: u64, layer: &str, step: Value, count: i64) -> Result<Value, GraphError> {
    let mut draw = Draw::new(seed, layer, "dropout");
    let integer = |graph: &mut Graph, value: i64| graph.constant(Tensor::i64(&[], &[value])?);
    let prime = integer(graph, PRIME)?;
    let mut key = graph.node("Mod", &[step, prime], Attributes::none())?;
    let (zero, end, one) = (integer(graph, 0)?, integer(graph, count)?, integer(graph, 1)?);
    let mut x = graph.node("Range", &[zero, end, one], Attributes::none())?;
    for _ in 0..ROUNDS {
        // Two rounds between the keys of one step, so that they are no simple function of one another.
        for _ in 0..2 {
            let drawn = integer(graph, i64::try_from(draw.below(PRIME as u64)).unwrap_or(0))?;
            key = round(graph, key, drawn, prime)?;
        }
        x = round(graph, x, key, prime)?;
    }
    Ok(x)
}

/// (x + key)⁵ mod p, for both below p.
fn round(graph: &mut Graph, x: Value, key: Value, prime: Value) -> Result<Value, GraphError> {
    let rest = |graph: &mut Graph, x: Value| graph.node("Mod", &[x, prime], Attributes::none());
    let x = graph.add(x, key)?;
    let square = graph.mul(x, x)?;
    let square = rest(graph, square)?;
    let fourth = graph.mul(square, square)?;
    let fourth = rest(graph, fourth)?;
    let fifth = graph.mul(fourth, x)?;
    debug_assert_eq!(graph.info(fifth)?.element, Element::I64);
    rest(graph, fifth)
}
