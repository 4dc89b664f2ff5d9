//! Rows of tensors: picked, repeated and put in another order.

use std::fmt::Debug;

use half::f16;
use ort::value::{DynValue, PrimitiveTensorElementType, Tensor};

/// A tensor whose first dimension is made of these rows of another one, in this order.
pub fn picked(value: &DynValue, rows: &[usize]) -> Result<DynValue, String> {
    if let Ok((shape, data)) = value.try_extract_tensor::<f32>() {
        return gather(shape, data, rows);
    }
    if let Ok((shape, data)) = value.try_extract_tensor::<f16>() {
        return gather(shape, data, rows);
    }
    if let Ok((shape, data)) = value.try_extract_tensor::<i64>() {
        return gather(shape, data, rows);
    }
    let (shape, data) = value
        .try_extract_tensor::<i32>()
        .map_err(|error| format!("a value cannot be read: {error}"))?;
    gather(shape, data, rows)
}

fn gather<T>(shape: &[i64], data: &[T], rows: &[usize]) -> Result<DynValue, String>
where
    T: PrimitiveTensorElementType + Debug + Copy + 'static,
{
    let mut sizes: Vec<usize> = shape
        .iter()
        .map(|&size| usize::try_from(size).unwrap_or(0))
        .collect();
    let (count, inner) = sizes.split_first_mut().ok_or("a value has no rows")?;
    let stride: usize = inner.iter().product();
    let mut out = Vec::with_capacity(rows.len() * stride);
    for &row in rows {
        let part = data.get(row * stride..(row + 1) * stride);
        out.extend_from_slice(part.ok_or_else(|| format!("a value has {count} rows, too few"))?);
    }
    *count = rows.len();
    Tensor::from_array((sizes, out))
        .map(Tensor::into_dyn)
        .map_err(|error| error.to_string())
}
