//! The time of a step of fine-tuning an encoder of texts as `bert-text`.
//!
//!     cargo run --release --example fine_tune_step -- LIBRARY MODEL.onnx [BATCH] [TOKENS] [STEPS] [LAST] [FILE]
//!
//! LIBRARY is ONNX Runtime's. All layers are trained, or the last so many. Milliseconds of processor time and of the clock for each
//! step go to stdout, as JSON. With FILE the step is also written as an ONNX file. `scripts/bench/fine_tune_step.py` runs this
//! beside PyTorch.

mod timing;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use augment::onnx::device::Device;
use augment::onnx::engine::{Engine, Options};
use augment::onnx::graph::network::{Network as _, Tuned};
use augment::onnx::graph::train::{Numbers, Optimizer, Settings, Trainer, TrainingStep};
use augment::train::networks::{BertText, EncoderFile, IDS, MASK, Pooled, TextBranch};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, otherwise: usize| match arguments.get(at) {
        Some(text) => text.parse().with_context(|| format!("{text} is no number")),
        None => Ok(otherwise),
    };
    let [library, model, ..] = &arguments[..] else {
        bail!("expected the path of ONNX Runtime's library and that of an encoder's graph");
    };
    let (batch, tokens, steps) = (number(2, 16)?, number(3, 64)?, number(4, 6)?);
    let settings = Settings {
        batch,
        seed: 1,
        optimizer: Optimizer::adam_w(1e-2),
        clip: None,
        class_weights: None,
    };
    let network = BertText {
        text: TextBranch {
            encoder: EncoderFile::open(Path::new(model), "encoder", "", tokens)?,
            train: match number(5, 0)? {
                0 => Tuned::All,
                last => Tuned::Last(last),
            },
            pooling: Pooled::First,
            tokens,
        },
        dropout: 0.1,
        classes: 4,
    };
    let step = TrainingStep::new(&network, &settings)?;
    if let Some(file) = arguments.get(6) {
        std::fs::write(file, &step.model)?;
    }
    let engine = Engine::start(&Options {
        library: Some(PathBuf::from(library)),
        device: Device::Cpu,
        threads: 1,
    })?;
    let mut trainer = Trainer::new(&engine, &step, &step.first_state()?)?;
    let data: Vec<Vec<i64>> = network
        .inputs()
        .iter()
        .map(|port| {
            let number = |at: usize| match port.name.as_str() {
                IDS => (at * 7919 % 20_011) as i64 + 1000,
                MASK => 1,
                _ => 0,
            };
            (0..batch * tokens).map(number).collect()
        })
        .collect();
    let data: Vec<Numbers<'_>> = data.iter().map(|numbers| Numbers::I64(numbers)).collect();
    let targets = timing::targets(batch, 4);
    timing::report(&step, steps, |at| Ok(trainer.step_of(&data, &targets, at, 2e-5)?))
}
