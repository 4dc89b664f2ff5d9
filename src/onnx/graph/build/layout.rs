//! Moving elements around.

use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::shape::{Dim, Shape};
use crate::onnx::graph::tensor::Tensor;

type Made = Result<Value, GraphError>;

/// Sizes and positions as ONNX takes them.
pub(in crate::onnx::graph) fn signed(sizes: &[usize]) -> Vec<i64> {
    sizes
        .iter()
        .map(|&size| i64::try_from(size).unwrap_or(i64::MAX))
        .collect()
}

/// Errors are those of [`Graph::node`].
impl Graph {
    /// The same elements in another shape; −1 once for what is left, 0 for the input's size of that dimension.
    pub fn reshape(&mut self, x: Value, sizes: &[i64]) -> Made {
        let sizes = self.integers(sizes)?;
        self.node("Reshape", &[x, sizes], Attributes::none())
    }

    /// The same elements in a shape that may have one named dimension; the same value if it has that shape.
    pub fn shaped(&mut self, x: Value, shape: &Shape) -> Made {
        if self.info(x)?.shape == *shape {
            return Ok(x);
        }
        let sizes: Vec<i64> = shape
            .dims()
            .iter()
            .map(|dim| {
                dim.size()
                    .map_or(-1, |size| i64::try_from(size).unwrap_or(i64::MAX))
            })
            .collect();
        self.reshape(x, &sizes)
    }

    /// The dimensions in another order.
    pub fn transpose(&mut self, x: Value, order: &[usize]) -> Made {
        self.node("Transpose", &[x], Attributes::none().sizes("perm", order))
    }

    /// One behind another along an axis; a single one stays as it is.
    pub fn concat(&mut self, parts: &[Value], axis: usize) -> Made {
        match parts {
            [one] => Ok(*one),
            parts => self.node("Concat", parts, Attributes::none().sizes_int("axis", axis)),
        }
    }

    /// From the first index up to before the second, with a step; per axis.
    pub fn slice(&mut self, x: Value, cuts: &[Cut]) -> Made {
        let column = |of: fn(&Cut) -> i64| cuts.iter().map(of).collect::<Vec<i64>>();
        let starts = self.integers(&column(|cut| cut.from))?;
        let ends = self.integers(&column(|cut| cut.to))?;
        let axes = self.integers(&column(|cut| i64::try_from(cut.axis).unwrap_or(i64::MAX)))?;
        if cuts.iter().all(|cut| cut.step == 1) {
            return self.node("Slice", &[x, starts, ends, axes], Attributes::none());
        }
        let steps = self.integers(&column(|cut| cut.step))?;
        self.node("Slice", &[x, starts, ends, axes, steps], Attributes::none())
    }

    /// With zeros before and behind each dimension; the same value if there are none.
    pub fn pad(&mut self, x: Value, low: &[usize], high: &[usize]) -> Made {
        if low.iter().chain(high).all(|&zeros| zeros == 0) {
            return Ok(x);
        }
        let pads = self.integers(&signed(&[low, high].concat()))?;
        self.node("Pad", &[x, pads], Attributes::none())
    }

    /// Repeated to a shape, by numpy's rules; the same value if it has that shape.
    pub fn expand(&mut self, x: Value, shape: &Shape) -> Made {
        if self.info(x)?.shape == *shape {
            return Ok(x);
        }
        let sizes: Vec<usize> = shape.dims().iter().map(|dim| dim.size().unwrap_or(1)).collect();
        let sizes = self.integers(&signed(&sizes))?;
        self.node("Expand", &[x, sizes], Attributes::none())
    }

    /// Zeros, made when the graph runs, so that the file does not hold them.
    pub fn zeros(&mut self, element: Element, sizes: &[usize]) -> Made {
        let sizes = self.integers(&signed(sizes))?;
        let zero = Tensor::filled(element, &[1], 0.0);
        let value = crate::onnx::graph::attribute::Attribute::Tensor(zero);
        self.node(
            "ConstantOfShape",
            &[sizes],
            Attributes::none().with("value", value),
        )
    }

    /// A shape whose sizes are all known, or an error that says which value has another.
    ///
    /// # Errors
    /// [`GraphError::Misfit`].
    pub fn known_sizes(&self, x: Value) -> Result<Vec<usize>, GraphError> {
        let info = self.info(x)?;
        info.shape.sizes().ok_or_else(|| GraphError::Misfit {
            node: info.name.clone(),
            operator: "a value to differentiate".to_owned(),
            found: format!("{}{}", info.element, info.shape),
            expected: "known sizes: a training graph is made for one size of batch".to_owned(),
        })
    }

    /// The axes of a value's dimensions that are not 1 although another shape has 1 there, or has no dimension there.
    pub(in crate::onnx::graph) fn repeated(from: &Shape, to: &Shape) -> Vec<usize> {
        let extra = to.rank().saturating_sub(from.rank());
        let stretched = |axis: &usize| match axis.checked_sub(extra) {
            None => true,
            Some(at) => {
                from.dims().get(at).is_some_and(Dim::is_one) && !to.dims().get(*axis).is_some_and(Dim::is_one)
            }
        };
        (0..to.rank()).filter(stretched).collect()
    }
}

/// A cut of one axis, as Python's `from:to:step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The axis.
    pub axis: usize,
    /// The first index; negative ones count from the end.
    pub from: i64,
    /// The index to stop before.
    pub to: i64,
    /// From one to the next, not 0.
    pub step: i64,
}

impl Cut {
    /// So many indices in a row.
    #[must_use]
    pub fn run(axis: usize, from: usize, count: usize) -> Self {
        Cut::strided(axis, from, count, 1)
    }

    /// So many indices, one every `step`, from 1.
    #[must_use]
    pub fn strided(axis: usize, from: usize, count: usize, step: usize) -> Self {
        let number = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        Cut {
            axis,
            from: number(from),
            to: number(from + (count.max(1) - 1) * step + 1),
            step: number(step),
        }
    }

    /// All indices backwards.
    #[must_use]
    pub fn backwards(axis: usize) -> Self {
        Cut {
            axis,
            from: -1,
            to: i64::MIN + 1,
            step: -1,
        }
    }
}
