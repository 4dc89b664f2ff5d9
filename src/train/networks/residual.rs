//! The residual blocks of the BiMER paper's speech networks (after He et al. 2016).

use crate::onnx::graph::network::{Conv, Net};
use crate::onnx::graph::{GraphError, Value};

/// PyTorch's default slope of LeakyReLU; the paper names none.
const SLOPE: f32 = 0.01;

/// Blocks one behind the other, named `block1`, `block2`, ...: [batch, 3, height, width] → [batch, last of `widths`, ...], each
/// half as high and wide as what it takes.
pub(super) fn blocks(net: &mut Net<'_>, image: Value, widths: &[usize]) -> Result<Value, GraphError> {
    let mut x = image;
    for (index, &features) in widths.iter().enumerate() {
        x = net.scoped(&format!("block{}", index + 1), |net| block(net, x, features))?;
    }
    Ok(x)
}

/// conv 3×3, stride 2 → BatchNorm → LeakyReLU → conv 3×3 → BatchNorm, plus conv 1×1, stride 2 → BatchNorm, then LeakyReLU.
fn block(net: &mut Net<'_>, x: Value, features: usize) -> Result<Value, GraphError> {
    let conv = |kernel: usize, stride: usize| Conv {
        features,
        kernel,
        stride,
        padding: kernel / 2,
        // The normalisation behind it takes any bias away.
        bias: false,
    };
    let y = net.conv("conv1", x, conv(3, 2))?;
    let y = net.batch_norm("norm1", y)?;
    let y = net.leaky_relu(y, SLOPE)?;
    let y = net.conv("conv2", y, conv(3, 1))?;
    let y = net.batch_norm("norm2", y)?;
    let shortcut = net.conv("shortcut", x, conv(1, 2))?;
    let shortcut = net.batch_norm("shortcut_norm", shortcut)?;
    let y = net.add(y, shortcut)?;
    net.leaky_relu(y, SLOPE)
}
