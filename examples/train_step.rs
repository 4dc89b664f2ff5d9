//! The time of a training step of `resnet-cnn`: six residual blocks of 16 to 512 channels, on images 3 × 369 × 496 unless told
//! otherwise.
//!
//!     cargo run --release --example train_step -- LIBRARY [BATCH] [STEPS] [HEIGHT] [WIDTH] [FILE]
//!
//! LIBRARY is ONNX Runtime's. Milliseconds of processor time and of the clock for each step go to stdout, as JSON. With FILE the
//! step is also written as an ONNX file. `scripts/bench/train_step.py` runs this beside PyTorch.

#![allow(clippy::print_stdout, reason = "it prints its result")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use augment::onnx::device::Device;
use augment::onnx::engine::{Engine, Options};
use augment::onnx::graph::train::{Optimizer, Settings, Trainer, TrainingStep};
use augment::train::networks::{ResnetCnn, WIDTHS};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, otherwise: usize| match arguments.get(at) {
        Some(text) => text.parse().with_context(|| format!("{text} is no number")),
        None => Ok(otherwise),
    };
    let Some(library) = arguments.first() else {
        bail!("expected the path of ONNX Runtime's library");
    };
    let (batch, steps) = (number(1, 16)?, number(2, 8)?);
    let (height, width) = (number(3, 369)?, number(4, 496)?);
    let settings = Settings {
        batch,
        seed: 1,
        optimizer: Optimizer::adam_w(1e-3),
        clip: None,
        class_weights: None,
    };
    let network = ResnetCnn {
        height,
        width,
        widths: WIDTHS.to_vec(),
        dropout: 0.5,
        classes: 4,
    };
    let step = TrainingStep::new(&network, &settings)?;
    if let Some(file) = arguments.get(5) {
        std::fs::write(file, &step.model)?;
    }
    let engine = Engine::start(&Options {
        library: Some(PathBuf::from(library)),
        device: Device::Cpu,
        threads: 1,
    })?;
    let mut trainer = Trainer::new(&engine, &step, &step.first_state()?)?;
    let image: Vec<f32> = (0..batch * 3 * height * width)
        .map(|at| (at * 7919 % 2049) as f32 / 1024.0 - 1.0)
        .collect();
    let mut targets = vec![0.0; batch * 4];
    for (row, targets) in targets.chunks_mut(4).enumerate() {
        if let Some(target) = targets.get_mut(row % 4) {
            *target = 1.0;
        }
    }
    let (mut clock, mut processor, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    for at in 1..=steps {
        let (start, used) = (Instant::now(), processor_ms()?);
        let outcome = trainer.step(&[&image], &targets, at as u64, 1e-5)?;
        clock.push(start.elapsed().as_secs_f64() * 1000.0);
        processor.push(processor_ms()? - used);
        losses.push(outcome.loss);
    }
    println!(
        "{}",
        serde_json::json!({ "clock_ms": clock, "processor_ms": processor, "losses": losses, "parameters": step.trained })
    );
    Ok(())
}

/// Processor time of the calling thread so far, in milliseconds; the runtime computes on it. Linux only.
fn processor_ms() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text
        .split_whitespace()
        .next()
        .context("no processor time in /proc/thread-self/schedstat")?;
    Ok(first.parse::<f64>()? / 1e6)
}
