//! Timing training steps: what the examples that do it have in common.

#![allow(clippy::print_stdout, reason = "examples print their result")]

use std::time::Instant;

use anyhow::{Context, Result};
use augment::onnx::graph::train::{Outcome, TrainingStep};

/// Targets of so many rows, the classes in turn.
pub fn targets(rows: usize, classes: usize) -> Vec<f32> {
    let mut targets = vec![0.0; rows * classes];
    for (row, targets) in targets.chunks_mut(classes).enumerate() {
        if let Some(target) = targets.get_mut(row % classes) {
            *target = 1.0;
        }
    }
    targets
}

/// Makes steps 1 to `steps` and prints milliseconds of processor time and of the clock for each, as JSON, and the process's largest
/// resident memory in MiB.
pub fn report(step: &TrainingStep, steps: usize, mut make: impl FnMut(u64) -> Result<Outcome>) -> Result<()> {
    let (mut clock, mut processor, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    for at in 1..=steps {
        let (start, used) = (Instant::now(), processor_ms()?);
        let outcome = make(at as u64)?;
        clock.push(start.elapsed().as_secs_f64() * 1000.0);
        processor.push(processor_ms()? - used);
        losses.push(outcome.loss);
    }
    println!(
        "{}",
        serde_json::json!({
            "clock_ms": clock,
            "processor_ms": processor,
            "losses": losses,
            "parameters": step.trained,
            "peak_mib": peak_mib()?,
        })
    );
    Ok(())
}

/// The largest resident memory of the process so far. Linux only.
fn peak_mib() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.context("no VmHWM in /proc/self/status")?.parse::<f64>()? / 1024.0)
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
