//! Shapes of values: dimensions that are known, or named, such as a batch whose size is given when the graph runs.

use std::fmt;
use std::sync::Arc;

/// One dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dim {
    /// A size.
    Known(usize),
    /// A size that is given when the graph runs; equal names are equal sizes.
    Named(Arc<str>),
}

impl Dim {
    /// A named dimension.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Dim::Named(name.into())
    }

    /// The size, if it is known.
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        match self {
            Dim::Known(size) => Some(*size),
            Dim::Named(_) => None,
        }
    }

    /// Whether it is known to be one.
    #[must_use]
    pub fn is_one(&self) -> bool {
        *self == Dim::Known(1)
    }
}

impl From<usize> for Dim {
    fn from(size: usize) -> Self {
        Dim::Known(size)
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dim::Known(size) => write!(f, "{size}"),
            Dim::Named(name) => f.write_str(name),
        }
    }
}

/// The dimensions of a value, outermost first; none for a scalar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape(Vec<Dim>);

impl Shape {
    /// A scalar.
    #[must_use]
    pub fn scalar() -> Self {
        Shape::default()
    }

    /// The dimensions.
    #[must_use]
    pub fn dims(&self) -> &[Dim] {
        &self.0
    }

    /// How many dimensions there are.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The sizes, if all are known.
    #[must_use]
    pub fn sizes(&self) -> Option<Vec<usize>> {
        self.0.iter().map(Dim::size).collect()
    }

    /// The number of elements, if all sizes are known and the product is a number of this machine.
    #[must_use]
    pub fn elements(&self) -> Option<usize> {
        self.sizes()?.into_iter().try_fold(1_usize, usize::checked_mul)
    }

    /// The shape after numpy's broadcasting of two; none if they don't fit.
    #[must_use]
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let rank = self.rank().max(other.rank());
        let at = |shape: &Shape, axis: usize| {
            (axis + shape.rank())
                .checked_sub(rank)
                .and_then(|axis| shape.0.get(axis).cloned())
                .unwrap_or(Dim::Known(1))
        };
        let dims = (0..rank).map(|axis| match (at(self, axis), at(other, axis)) {
            (a, b) if a == b => Some(a),
            (a, b) if a.is_one() => Some(b),
            (a, b) if b.is_one() => Some(a),
            _ => None,
        });
        dims.collect::<Option<Vec<Dim>>>().map(Shape)
    }
}

impl From<Vec<Dim>> for Shape {
    fn from(dims: Vec<Dim>) -> Self {
        Shape(dims)
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Self {
        Shape(sizes.iter().copied().map(Dim::Known).collect())
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Self {
        Shape::from(&sizes[..])
    }
}

impl From<Vec<usize>> for Shape {
    fn from(sizes: Vec<usize>) -> Self {
        Shape::from(&sizes[..])
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "[{}]", dims.join(", "))
    }
}
