//! Writes the recordings of `noise/`: `cargo run --release --example make_noise -- noise`.
//!
//! Everything is synthesized from keyed draws, so running it again gives the same files. What was written is
//! printed as the rows of the table in `noise/README.md`.

mod bank;
mod table;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .context("no folder given\nhint: make_noise -- noise")?
        .into();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: bank::RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut out = std::io::stdout().lock();
    for recording in &bank::RECORDINGS {
        let samples = recording.samples();
        let path = folder.join(format!("{}.wav", recording.name));
        let written = || -> Result<(), hound::Error> {
            let mut writer = hound::WavWriter::create(&path, spec)?;
            for &sample in &samples {
                writer.write_sample(sample)?;
            }
            writer.finalize()
        };
        written().with_context(|| format!("cannot write {}", path.display()))?;
        writeln!(out, "{}", table::row(recording, &samples))?;
    }
    Ok(())
}
