//! Operators on each element.

use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::shape::Shape;
use crate::onnx::graph::tensor::Tensor;

type Made = Result<Value, GraphError>;

/// Each adds one node; errors are those of [`Graph::node`].
#[allow(missing_docs, reason = "the operator's name says it all")]
impl Graph {
    pub fn add(&mut self, a: Value, b: Value) -> Made {
        self.node("Add", &[a, b], Attributes::none())
    }

    pub fn sub(&mut self, a: Value, b: Value) -> Made {
        self.node("Sub", &[a, b], Attributes::none())
    }

    pub fn mul(&mut self, a: Value, b: Value) -> Made {
        self.node("Mul", &[a, b], Attributes::none())
    }

    pub fn div(&mut self, a: Value, b: Value) -> Made {
        self.node("Div", &[a, b], Attributes::none())
    }

    /// The sum with a number.
    pub fn add_number(&mut self, a: Value, number: f64) -> Made {
        let number = self.number_beside(a, number)?;
        self.add(a, number)
    }

    /// The product with a number.
    pub fn mul_number(&mut self, a: Value, number: f64) -> Made {
        let number = self.number_beside(a, number)?;
        self.mul(a, number)
    }

    /// A number in the shape in which [`Graph::beside`] gives scalars.
    fn number_beside(&mut self, like: Value, number: f64) -> Made {
        let info = self.info(like)?;
        let tensor = Tensor::filled(info.element, &ones_beside(&info.shape), number);
        self.constant(tensor)
    }

    /// A scalar in the shape in which the runtime repeats it fastest over a value. Where the value's last dimension is 1, a
    /// scalar without dimensions is repeated element by element (measured on weights of a 1×1 convolution: a hundred times slower),
    /// one with as many dimensions is not.
    pub fn beside(&mut self, scalar: Value, like: Value) -> Made {
        let ones = ones_beside(&self.info(like)?.shape);
        self.shaped(scalar, &ones.into())
    }

    /// An operator with one input and no settings, such as `Exp`.
    pub fn unary(&mut self, operator: &str, x: Value) -> Made {
        self.node(operator, &[x], Attributes::none())
    }

    pub fn relu(&mut self, x: Value) -> Made {
        self.unary("Relu", x)
    }

    /// x where it is positive, `slope` · x elsewhere.
    pub fn leaky_relu(&mut self, x: Value, slope: f32) -> Made {
        self.node("LeakyRelu", &[x], Attributes::none().float("alpha", slope))
    }

    pub fn cast(&mut self, x: Value, to: Element) -> Made {
        if self.info(x)?.element == to {
            return Ok(x);
        }
        self.node("Cast", &[x], Attributes::none().int("to", i64::from(to.code())))
    }

    /// 1 where x is above 0, else 0, as numbers of x's type.
    pub fn positive(&mut self, x: Value) -> Made {
        let element = self.info(x)?.element;
        let zero = self.scalar_like(x, 0.0)?;
        let above = self.node("Greater", &[x, zero], Attributes::none())?;
        self.cast(above, element)
    }
}

/// As many ones as a value has dimensions, if its last is 1; else none.
fn ones_beside(shape: &Shape) -> Vec<usize> {
    match shape.dims().last() {
        Some(last) if last.is_one() => vec![1; shape.rank()],
        _ => Vec::new(),
    }
}
