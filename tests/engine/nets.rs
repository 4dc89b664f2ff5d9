//! The small networks of the goldens, and their batches (`scripts/models/goldens_training.py`).

use std::borrow::Cow;

use augment::onnx::graph::network::{Conv, Net, Network, Port};
use augment::onnx::graph::train::Numbers;
use augment::onnx::graph::{GraphError, Value};
use ort::session::SessionInputValue;
use ort::value::Tensor as OrtTensor;

/// `resnet-cnn` with two blocks of 4 and 8 channels.
pub struct Resnet {
    pub dropout: f64,
}

impl Network for Resnet {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("image", &[3, 24, 32])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        let mut x = inputs[0];
        for (at, features) in [4, 8].into_iter().enumerate() {
            x = net.scoped(&format!("block{}", at + 1), |net| block(net, x, features))?;
        }
        let x = net.global_average(x)?;
        let x = net.dropout("dropout", x, self.dropout)?;
        net.linear("head", x, 4)
    }
}

fn block(net: &mut Net<'_>, x: Value, features: usize) -> Result<Value, GraphError> {
    let conv = |kernel: usize, stride: usize| Conv {
        features,
        kernel,
        stride,
        padding: kernel / 2,
        bias: false,
    };
    let y = net.conv("conv1", x, conv(3, 2))?;
    let y = net.batch_norm("norm1", y)?;
    let y = net.leaky_relu(y, 0.01)?;
    let y = net.conv("conv2", y, conv(3, 1))?;
    let y = net.batch_norm("norm2", y)?;
    let shortcut = net.conv("shortcut", x, conv(1, 2))?;
    let shortcut = net.batch_norm("shortcut_norm", shortcut)?;
    let y = net.add(y, shortcut)?;
    net.leaky_relu(y, 0.01)
}

/// Two inputs, each through a linear layer, joined before the last.
pub struct Fusion;

impl Network for Fusion {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("speech", &[12]), Port::new("text", &[7])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        let speech = net.linear("speech", inputs[0], 8)?;
        let speech = net.relu(speech)?;
        let text = net.linear("text", inputs[1], 4)?;
        let text = net.relu(text)?;
        let joined = net.join(&[speech, text])?;
        net.linear("head", joined, 3)
    }
}

/// Numbers between −1 and 1, as in the script.
pub fn numbers(count: usize, key: usize) -> Vec<f32> {
    let mixed = |at: usize| (at * 7919 + key * 104_729 + (at * at % 1009) * 31) % 2049;
    (0..count)
        .map(|at| (mixed(at) as f32 - 1024.0) / 1024.0)
        .collect()
}

/// The data of a step.
pub fn batch(network: &dyn Network, rows: usize, step: usize) -> Vec<Vec<f32>> {
    let sizes = network
        .inputs()
        .into_iter()
        .map(|port| port.dims.iter().product::<usize>());
    sizes
        .enumerate()
        .map(|(index, size)| numbers(rows * size, 10 * step + index))
        .collect()
}

/// The data of an input for some rows.
pub enum Data {
    F32(Vec<f32>),
    I64(Vec<i64>),
}

impl Data {
    /// As a step takes them.
    pub fn numbers(&self) -> Numbers<'_> {
        match self {
            Data::F32(numbers) => Numbers::F32(numbers),
            Data::I64(numbers) => Numbers::I64(numbers),
        }
    }

    /// The first rows, as the file for use takes them.
    pub fn rows(&self, port: &Port, rows: usize) -> (Cow<'static, str>, SessionInputValue<'static>) {
        let dims: Vec<usize> = [rows].into_iter().chain(port.dims.clone()).collect();
        let count = dims.iter().product();
        let value = match self {
            Data::F32(numbers) => OrtTensor::from_array((dims, numbers[..count].to_vec()))
                .unwrap()
                .into(),
            Data::I64(numbers) => OrtTensor::from_array((dims, numbers[..count].to_vec()))
                .unwrap()
                .into(),
        };
        (Cow::from(port.name.clone()), value)
    }
}

/// [`batch`] of a network that takes floats alone.
pub fn floats(network: &dyn Network, rows: usize, step: usize) -> Vec<Data> {
    batch(network, rows, step).into_iter().map(Data::F32).collect()
}

pub fn targets(rows: usize, classes: usize, step: usize, soft: bool) -> Vec<f32> {
    let (one, rest) = if soft {
        (0.8 + 0.2 / classes as f32, 0.2 / classes as f32)
    } else {
        (1.0, 0.0)
    };
    (0..rows)
        .flat_map(|row| {
            let label = row * (step + 1) % classes;
            (0..classes).map(move |class| if class == label { one } else { rest })
        })
        .collect()
}
