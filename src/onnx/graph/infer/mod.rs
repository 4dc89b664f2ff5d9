//! What the operators give: the type and shape of each result from those of the inputs, one file per family.
//!
//! The rules are those of the ONNX operators' specification, versions 16 to 24.

mod blocks;
mod conv;
mod cut;
mod elementwise;
mod gather;
mod layout;
mod linear;
mod norm;
mod recurrent;
mod reduce;
mod scan;
mod source;

pub(super) use cut::range as slice_range;

use super::attribute::Attributes;
use super::element::Element;
use super::graph::Info;
use super::shape::{Dim, Shape};

/// A use of an operator.
pub(super) struct Call<'a> {
    pub operator: &'a str,
    pub inputs: &'a [Option<&'a Info>],
    pub attributes: &'a Attributes,
    pub outputs: usize,
}

/// The type of a result.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Typed {
    pub element: Element,
    pub shape: Shape,
    pub known: Option<Vec<i64>>,
}

impl Typed {
    pub fn new(element: Element, shape: Shape) -> Self {
        Typed {
            element,
            shape,
            known: None,
        }
    }
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum Fault {
    /// No rule for the operator.
    Unknown,
    /// The inputs do not fit; this is what would.
    Expected(String),
}

/// What the operator expects, as an error.
fn expected<T>(what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Expected(what.into()))
}

/// The types of the results. The families answer `None` for what is not theirs.
pub(super) fn infer(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let families = [
        elementwise::infer,
        linear::infer,
        reduce::infer,
        layout::infer,
        cut::infer,
        gather::infer,
        blocks::infer,
        conv::infer,
        norm::infer,
        source::infer,
        scan::infer,
        recurrent::infer,
    ];
    for family in families {
        if let Some(answer) = family(call) {
            return answer;
        }
    }
    Err(Fault::Unknown)
}

impl<'a> Call<'a> {
    /// An input that has to be there.
    fn input(&self, at: usize) -> Result<&'a Info, Fault> {
        match self.optional(at) {
            Some(info) => Ok(info),
            None => expected(format!("at least {} inputs", at + 1)),
        }
    }

    fn optional(&self, at: usize) -> Option<&'a Info> {
        self.inputs.get(at).copied().flatten()
    }

    /// The integers of an input that has to be known when the graph is built.
    fn known(&self, at: usize, what: &str) -> Result<&'a [i64], Fault> {
        match &self.input(at)?.known {
            Some(known) => Ok(known),
            None => expected(format!("{what} that are known when the graph is built")),
        }
    }

    /// Axes from an attribute (older operator versions) or an optional input.
    fn axes(&self, at: usize) -> Result<Option<&'a [i64]>, Fault> {
        match (self.attributes.get_ints("axes"), self.optional(at)) {
            (Some(axes), _) => Ok(Some(axes)),
            (None, Some(_)) => self.known(at, "axes").map(Some),
            (None, None) => Ok(None),
        }
    }

    fn int(&self, name: &str, otherwise: i64) -> i64 {
        self.attributes.get_int(name).unwrap_or(otherwise)
    }
}

/// An axis counted from the front; negative ones count from the end.
fn axis(axis: i64, rank: usize) -> Result<usize, Fault> {
    let size = i64::try_from(rank).unwrap_or(i64::MAX);
    let front = if axis < 0 { axis.saturating_add(size) } else { axis };
    match usize::try_from(front) {
        Ok(front) if front < rank => Ok(front),
        _ => expected(format!("an axis of {rank} dimensions, not {axis}")),
    }
}

/// One answer.
fn one(element: Element, shape: impl Into<Shape>) -> Result<Vec<Typed>, Fault> {
    Ok(vec![Typed::new(element, shape.into())])
}

/// The size of a dimension that has to be known.
fn size(shape: &Shape, axis: usize, what: &str) -> Result<usize, Fault> {
    match shape.dims().get(axis).map(Dim::size) {
        Some(Some(size)) => Ok(size),
        _ => expected(format!("a known size of dimension {axis} ({what})")),
    }
}

/// One answer whose contents may be followed.
fn with_known(element: Element, shape: Vec<Dim>, known: Option<Vec<i64>>) -> Result<Vec<Typed>, Fault> {
    let mut typed = Typed::new(element, shape.into());
    typed.known = known;
    Ok(vec![typed])
}
