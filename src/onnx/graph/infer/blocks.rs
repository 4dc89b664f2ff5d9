//! Pixels moved to channels and back.

use super::{Call, Fault, Typed, expected, one, size};
use crate::onnx::graph::shape::Dim;

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "DepthToSpace" => depth_to_space(call),
        "SpaceToDepth" => space_to_depth(call),
        _ => return None,
    })
}

fn image<'a>(call: &Call<'a>) -> Result<([&'a Dim; 4], usize), Fault> {
    let x = call.input(0)?;
    let block = usize::try_from(call.int("blocksize", 0))
        .unwrap_or(0)
        .min(1 << 16);
    match x.shape.dims() {
        [n, c, h, w] if block > 0 => Ok(([n, c, h, w], block)),
        _ => expected("[N, C, H, W] and a blocksize from 1"),
    }
}

fn depth_to_space(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let ([n, _, _, _], block) = image(call)?;
    let x = call.input(0)?;
    let sizes = [1, 2, 3].map(|at| size(&x.shape, at, "to move depth to space"));
    let [c, h, w] = sizes;
    let (c, h, w) = (c?, h?, w?);
    if c % (block * block) != 0 {
        return expected(format!("channels that {} divides", block * block));
    }
    one(
        x.element,
        vec![
            n.clone(),
            (c / block / block).into(),
            h.saturating_mul(block).into(),
            w.saturating_mul(block).into(),
        ],
    )
}

fn space_to_depth(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let ([n, _, _, _], block) = image(call)?;
    let x = call.input(0)?;
    let sizes = [1, 2, 3].map(|at| size(&x.shape, at, "to move space to depth"));
    let [c, h, w] = sizes;
    let (c, h, w) = (c?, h?, w?);
    if h % block != 0 || w % block != 0 {
        return expected(format!("a height and a width that {block} divides"));
    }
    one(
        x.element,
        vec![
            n.clone(),
            c.saturating_mul(block * block).into(),
            (h / block).into(),
            (w / block).into(),
        ],
    )
}
