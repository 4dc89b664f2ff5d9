//! Operators that work on each element by itself.

use super::{Call, Fault, Typed, expected, one};
use crate::onnx::graph::element::Element;
use crate::onnx::graph::shape::Shape;

const UNARY: &[&str] = &[
    "Abs",
    "Ceil",
    "Clip",
    "Elu",
    "Erf",
    "Exp",
    "Floor",
    "Gelu",
    "HardSigmoid",
    "LeakyRelu",
    "Log",
    "Neg",
    "Reciprocal",
    "Relu",
    "Round",
    "Sigmoid",
    "Sign",
    "Softplus",
    "Sqrt",
    "Tanh",
];
const SAME: &[&str] = &["Add", "Div", "Mod", "Mul", "Sub"];
const MANY: &[&str] = &["Max", "Mean", "Min", "Sum"];
const COMPARE: &[&str] = &["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"];
const LOGIC: &[&str] = &["And", "Or", "Xor"];

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    let is = |list: &[&str]| list.contains(&call.operator);
    Some(match call.operator {
        _ if is(UNARY) => unary(call),
        _ if is(SAME) || is(MANY) => same(call),
        _ if is(COMPARE) => compare(call),
        _ if is(LOGIC) => logic(call),
        "Identity" => call.input(0).map(|x| {
            vec![Typed {
                known: x.known.clone(),
                ..Typed::new(x.element, x.shape.clone())
            }]
        }),
        "Not" => logic(call),
        "Pow" => pow(call),
        "PRelu" => prelu(call),
        "Where" => choice(call),
        "Cast" => cast(call),
        "Dropout" => dropout(call),
        _ => return None,
    })
}

fn unary(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let plain = matches!(call.operator, "Abs" | "Clip" | "Neg" | "Sign" | "Relu");
    let fits = x.element.is_float() || plain && x.element != Element::Bool;
    if !fits {
        return expected("a tensor of floating-point numbers");
    }
    one(x.element, x.shape.clone())
}

fn same(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (element, shape) = broadcast(call)?;
    if element == Element::Bool {
        return expected("numbers");
    }
    let mut typed = Typed::new(element, shape);
    typed.known = integers(call);
    Ok(vec![typed])
}

/// The shape that all inputs are broadcast to; their elements have to be of one type.
fn broadcast(call: &Call<'_>) -> Result<(Element, Shape), Fault> {
    let first = call.input(0)?;
    let mut shape = first.shape.clone();
    let pair = !matches!(call.operator, "Max" | "Mean" | "Min" | "Sum");
    if pair && call.inputs.len() != 2 {
        return expected("two inputs");
    }
    for at in 1..call.inputs.len() {
        let other = call.input(at)?;
        if other.element != first.element {
            return expected("inputs of one type");
        }
        shape = match shape.broadcast(&other.shape) {
            Some(shape) => shape,
            None => return expected("shapes that can be broadcast to one another"),
        };
    }
    Ok((first.element, shape))
}

/// What is computed of shapes within the graph.
fn integers(call: &Call<'_>) -> Option<Vec<i64>> {
    let of: fn(i64, i64) -> Option<i64> = match call.operator {
        "Add" => i64::checked_add,
        "Div" => i64::checked_div,
        "Equal" => |a, b| Some(i64::from(a == b)),
        "Mul" => i64::checked_mul,
        "Sub" => i64::checked_sub,
        _ => return None,
    };
    let [a, b] = followed(call)?;
    a.into_iter().zip(b).map(|(a, b)| of(a, b)).collect()
}

/// The contents of the inputs, repeated to the longest; none if those of one are not known.
fn followed<const N: usize>(call: &Call<'_>) -> Option<[Vec<i64>; N]> {
    let mut lists = [const { Vec::new() }; N];
    for (at, list) in lists.iter_mut().enumerate() {
        let info = call.optional(at).filter(|info| info.shape.rank() <= 1)?;
        list.clone_from(info.known.as_ref()?);
    }
    let longest = lists.iter().map(Vec::len).max()?;
    for list in &mut lists {
        match list[..] {
            [one] => *list = vec![one; longest],
            _ if list.len() == longest => {}
            _ => return None,
        }
    }
    Some(lists)
}

fn compare(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (_, shape) = broadcast(call)?;
    let mut typed = Typed::new(Element::Bool, shape);
    typed.known = integers(call);
    Ok(vec![typed])
}

fn logic(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    if x.element != Element::Bool {
        return expected("truth values");
    }
    if call.operator == "Not" {
        return one(Element::Bool, x.shape.clone());
    }
    compare(call)
}

fn pow(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (x, power) = (call.input(0)?, call.input(1)?);
    match x.shape.broadcast(&power.shape) {
        Some(shape) => one(x.element, shape),
        None => expected("shapes that can be broadcast to one another"),
    }
}

fn prelu(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (x, slope) = (call.input(0)?, call.input(1)?);
    if x.shape.broadcast(&slope.shape).as_ref() != Some(&x.shape) || x.element != slope.element {
        return expected("a slope that can be broadcast to the input");
    }
    one(x.element, x.shape.clone())
}

fn choice(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (which, a, b) = (call.input(0)?, call.input(1)?, call.input(2)?);
    if which.element != Element::Bool || a.element != b.element {
        return expected("truth values and two inputs of one type");
    }
    let shape = a
        .shape
        .broadcast(&b.shape)
        .and_then(|shape| shape.broadcast(&which.shape));
    match shape {
        Some(shape) => {
            let mut typed = Typed::new(a.element, shape);
            typed.known = followed(call).map(|[which, a, b]| {
                let pairs = a.into_iter().zip(b).zip(which);
                pairs
                    .map(|((a, b), which)| if which != 0 { a } else { b })
                    .collect()
            });
            Ok(vec![typed])
        }
        None => expected("shapes that can be broadcast to one another"),
    }
}

fn cast(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let code = call.int("to", 0);
    let element = i32::try_from(code).ok().and_then(Element::of_code);
    let Some(element) = element else {
        return expected(format!("a type that is known here, not number {code}"));
    };
    let mut typed = Typed::new(element, x.shape.clone());
    typed.known = match element {
        Element::I64 => x.known.clone(),
        Element::Bool => x
            .known
            .as_ref()
            .map(|known| known.iter().map(|&n| i64::from(n != 0)).collect()),
        _ => None,
    };
    Ok(vec![typed])
}

fn dropout(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    Ok(vec![
        Typed::new(x.element, x.shape.clone()),
        Typed::new(Element::Bool, x.shape.clone()),
    ])
}
