//! The time of a training step of a network on data of given sizes.
//!
//!     cargo run --release --example train_step -- LIBRARY [NETWORK] [BATCH] [STEPS] [A] [B] [FILE]
//!
//! LIBRARY is ONNX Runtime's. NETWORK is `resnet-cnn` (the default) or `resnet-crnn-at` with the paper's widths, on images of A × B,
//! 369 × 496 unless told otherwise; `resnet50-crnn-at=MODEL.onnx` with that image encoder trained, or `maps=MODEL.onnx` with it frozen and
//! its maps given; or a part of a network over A steps (50) of B numbers each (64): `bigru`, a bidirectional GRU with B numbers
//! a direction, or `encoder`, soft attention and a Transformer's layer of 8 heads. The mean over the steps goes into a linear layer.
//! Milliseconds of processor time and of the clock for each step go to stdout,
//! as JSON. With FILE the step is also written as an ONNX file. `scripts/bench/train_step.py` runs this beside PyTorch.

mod timing;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use augment::onnx::device::Device;
use augment::onnx::engine::{Engine, Options};
use augment::onnx::graph::network::{Encoder, Net, Network, Port, Tuned};
use augment::onnx::graph::train::{Optimizer, Settings, Trainer, TrainingStep};
use augment::onnx::graph::{GraphError, Value};
use augment::train::networks::{
    Attentive, Backbone, Fed, IMAGENET_MEAN, IMAGENET_STD, ImageFile, MapBranch, Resnet50CrnnAt, ResnetCnn,
    ResnetCrnnAt, WIDTHS,
};

const CLASSES: usize = 4;

/// A part of a network over steps: what it takes is made by a linear layer, as in a network, where its gradient is asked for.
struct Part {
    steps: usize,
    size: usize,
    /// GRU, or attention.
    recurrent: bool,
}

impl Network for Part {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("x", &[self.steps, self.size])]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        let [x] = inputs else {
            return Err(GraphError::Name("x".to_owned()));
        };
        let y = if self.recurrent {
            let x = net.linear("before", *x, 2 * self.size)?;
            net.gru("gru", x, self.size, true)?
        } else {
            let x = net.linear("before", *x, self.size)?;
            let x = net.soft_attention("attention", x)?;
            let encoder = Encoder {
                heads: 8,
                feed_forward: 2048,
                dropout: 0.1,
            };
            net.transformer_encoder("encoder", x, encoder)?
        };
        let mean = net.mean_of_steps(y)?;
        net.linear("head", mean, CLASSES)
    }
}

/// `resnet50-crnn-at` with the paper's sizes.
fn behind(model: &str, picture: (usize, usize), fed: Fed) -> Result<Box<dyn Network>> {
    let backbone = Backbone {
        file: ImageFile::open(Path::new(model), "encoder", "", picture, None)?,
        train: match fed {
            Fed::Images => Tuned::All,
            Fed::Maps => Tuned::Head,
        },
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        fed,
    };
    Ok(Box::new(Resnet50CrnnAt {
        height: picture.0,
        width: picture.1,
        speech: MapBranch {
            backbone,
            channels: 256,
            kernel: 1,
            attentive: Attentive::default(),
        },
        dropout: 0.0,
        classes: CLASSES,
    }))
}

fn network(name: &str, a: Option<usize>, b: Option<usize>) -> Result<Box<dyn Network>> {
    let (height, width) = (a.unwrap_or(369), b.unwrap_or(496));
    match name.split_once('=') {
        Some(("resnet50-crnn-at", model)) => return behind(model, (height, width), Fed::Images),
        Some(("maps", model)) => return behind(model, (height, width), Fed::Maps),
        _ => {}
    }
    let widths = WIDTHS.to_vec();
    Ok(match name {
        "resnet-cnn" => Box::new(ResnetCnn {
            height,
            width,
            widths,
            dropout: 0.5,
            classes: CLASSES,
        }),
        "resnet-crnn-at" => Box::new(ResnetCrnnAt {
            height,
            width,
            widths,
            attentive: Attentive::default(),
            dropout: 0.3,
            classes: CLASSES,
        }),
        "bigru" | "encoder" => Box::new(Part {
            steps: a.unwrap_or(50),
            size: b.unwrap_or(64),
            recurrent: name == "bigru",
        }),
        other => bail!(
            "found the network {other}, expected resnet-cnn, resnet-crnn-at, resnet50-crnn-at=MODEL.onnx, maps=MODEL.onnx, \
             bigru or encoder"
        ),
    })
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| match arguments.get(at) {
        Some(text) => text
            .parse()
            .map(Some)
            .with_context(|| format!("{text} is no number")),
        None => Ok(None),
    };
    let Some(library) = arguments.first() else {
        bail!("expected the path of ONNX Runtime's library");
    };
    let name = arguments.get(1).map_or("resnet-cnn", String::as_str);
    let (batch, steps) = (number(2)?.unwrap_or(16), number(3)?.unwrap_or(8));
    let settings = Settings {
        batch,
        seed: 1,
        optimizer: Optimizer::adam_w(1e-3),
        clip: None,
        class_weights: None,
    };
    let network = network(name, number(4)?, number(5)?)?;
    let step = TrainingStep::new(network.as_ref(), &settings)?;
    if let Some(file) = arguments.get(6) {
        std::fs::write(file, &step.model)?;
    }
    let engine = Engine::start(&Options {
        library: Some(PathBuf::from(library)),
        device: Device::Cpu,
        threads: 1,
    })?;
    let mut trainer = Trainer::new(&engine, &step, &step.first_state()?)?;
    let data: Vec<Vec<f32>> = step
        .inputs
        .iter()
        .map(|port| {
            let count = batch * port.dims.iter().product::<usize>();
            (0..count)
                .map(|at| (at * 7919 % 2049) as f32 / 1024.0 - 1.0)
                .collect()
        })
        .collect();
    let data: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
    let targets = timing::targets(batch, CLASSES);
    timing::report(&step, steps, |at| Ok(trainer.step(&data, &targets, at, 1e-5)?))
}
