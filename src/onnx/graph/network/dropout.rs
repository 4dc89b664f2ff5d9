//! Dropout, with masks that the graph makes itself.
//!
//! Whether an element stays depends on (seed, layer, step, its number in the tensor, the tensor's size) alone. A tensor's elements
//! are the places (i, j) of a grid about as wide as high; row i has a vector aᵢ, column j a vector bⱼ, of four numbers from
//! −2¹⁰ to below 2¹⁰ each. An element's number is ⟨aᵢ, bⱼ⟩ mod 2¹¹, and it stays where that is below its column's threshold.
//!
//! **Even and independent.** Over a field, evenly drawn vectors would make every number even, and columns (or rows) whose vectors are
//! linearly independent independent of one another: all pairs but one in the field's size cubed, and most sets of four. So are
//! the corners of rectangles, which hashes that add a row's part to a column's get wrong. Modulo 2¹¹ the same holds, except that
//! vectors alike modulo 2ᵐ, one pair in 2⁴ᵐ, give numbers alike modulo 2ᵐ; that moves the share in which both stay by at most
//! 2ᵐ⁻¹¹. A threshold is the share that stays, rounded up or down to 2⁻¹¹ by a number of the column's own, so that the share is
//! right over the columns.
//!
//! **The vectors** come from a keyed permutation of the numbers below a prime p. One round is x → (x + kᵣ)⁵ mod p, as in the block
//! cipher MiMC (Albrecht et al. 2016); 5 does not divide p − 1, so it is a permutation. The round's key kᵣ is made of the step by
//! the same rounds with the layer's keys, which are drawn from the seed and the layer's name.
//!
//! **Exact**, so the same on every device: no product of a round leaves 63 bits, and no sum of four products of vectors leaves 2²²,
//! so that 32-bit floats hold it in whatever order it is summed; the vectors' numbers fit into the 11 bits that a GPU's
//! TensorFloat-32 keeps of them, too. What is left, a floor and a difference, rounds nothing.

use super::{Net, Phase};
use crate::draw::Draw;
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::tensor::Tensor;

/// The largest prime below 2³⁰. Twice as much, squared, is below 2⁶².
const PRIME: i64 = (1 << 30) - 35;
/// The vectors' numbers are polynomials of degree 5³ of one another's place.
const ROUNDS: usize = 3;
/// Numbers of a vector.
const LENGTH: usize = 4;
/// Numbers are told apart so far: 2¹¹.
const LEVELS: i64 = 1 << 11;

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
        let size = sizes.iter().try_fold(1_usize, |all, &size| all.checked_mul(size));
        let size = size.filter(|&size| i64::try_from(size).is_ok_and(|size| size < PRIME));
        let (Some(size), true) = (size, (0.0..1.0).contains(&rate)) else {
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
            let grid = Grid::of(size);
            let numbers = numbers(net.graph, seed, &path, step, grid.numbers())?;
            let stays = grid.stays(net.graph, numbers, 1.0 - rate)?;
            let stays = match grid.places() == size {
                true => stays,
                false => {
                    let line = net.graph.reshape(stays, &[-1])?;
                    net.graph.slice(line, &[Cut::run(0, 0, size)])?
                }
            };
            let stays = net.graph.shaped(stays, &sizes.into())?;
            let mask = net.graph.cast(stays, element)?;
            let mask = net.graph.mul_number(mask, 1.0 / (1.0 - rate))?;
            net.graph.mul(x, mask)
        })
    }
}

/// Rows and columns into which a tensor's elements are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grid {
    rows: usize,
    columns: usize,
}

impl Grid {
    /// About as wide as high, without places too many where a width up to four times the height allows.
    fn of(size: usize) -> Self {
        let root = size.isqrt().max(1);
        let columns = (root..=4 * root)
            .find(|&columns| size.is_multiple_of(columns))
            .unwrap_or(root);
        Grid {
            rows: size.div_ceil(columns),
            columns,
        }
    }

    fn places(self) -> usize {
        self.rows * self.columns
    }

    /// How many numbers [`Grid::stays`] takes: those of the vectors, and one for each column's threshold.
    fn numbers(self) -> usize {
        (self.rows + self.columns) * LENGTH + self.columns
    }

    /// Which elements stay, [rows, columns].
    fn stays(self, graph: &mut Graph, numbers: Value, share: f64) -> Result<Value, GraphError> {
        let Grid { rows, columns } = self;
        let levels = LEVELS as f64;
        let count = graph.constant(Tensor::i64(&[], &[LEVELS])?)?;
        let numbers = graph.node("Mod", &[numbers, count], Attributes::none())?;
        let numbers = graph.cast(numbers, Element::F32)?;
        let mut from = 0;
        let mut part = |graph: &mut Graph, rows: usize, columns: usize| {
            let part = graph.slice(numbers, &[Cut::run(0, from, rows * columns)])?;
            from += rows * columns;
            graph.shaped(part, &[rows, columns].into())
        };
        let a = part(graph, rows, LENGTH)?;
        let b = part(graph, LENGTH, columns)?;
        let fraction = part(graph, 1, columns)?;
        // In units of the modulus, so that a floor takes whole ones away.
        let a = graph.add_number(a, -levels / 2.0)?;
        let a = graph.mul_number(a, 1.0 / levels)?;
        let b = graph.add_number(b, -levels / 2.0)?;
        let product = graph.matmul(a, b)?;
        let whole = graph.unary("Floor", product)?;
        let left = graph.sub(product, whole)?;
        // All of 22 bits.
        let fraction = graph.mul_number(fraction, 1.0 / levels)?;
        let threshold = graph.add_number(fraction, (share * levels * levels).round() / levels)?;
        let threshold = graph.unary("Floor", threshold)?;
        let threshold = graph.mul_number(threshold, 1.0 / levels)?;
        graph.node("Less", &[left, threshold], Attributes::none())
    }
}

/// `count` numbers below the prime, even and each for itself, for a layer and a step.
fn numbers(
    graph: &mut Graph,
    seed: u64,
    layer: &str,
    step: Value,
    count: usize,
) -> Result<Value, GraphError> {
    let count = i64::try_from(count).unwrap_or(PRIME);
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
