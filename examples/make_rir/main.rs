//! Simulates the responses of `rir/`: `cargo run --release --example make_rir -- rir`.
//!
//! Each room becomes a WAV file and a JSON file of the same stem. The simulation is keyed by the rooms' names
//! and seeds, so running it again gives the same files. What was written is printed as the rows of the table
//! in `rir/README.md`.

mod absorption;
mod design;
mod image_source;
mod response;
mod room;
mod schroeder;
mod table;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rayon::prelude::*;

use room::ROOMS;

/// Samples per second of every response.
const RATE: u32 = 16_000;

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .context("no folder given\nhint: make_rir -- rir")?
        .into();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let designed = ROOMS
        .par_iter()
        .map(design::design)
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut out = std::io::stdout().lock();
    for (room, designed) in ROOMS.iter().zip(&designed) {
        let write = |extension: &str, write: &dyn Fn(&Path) -> anyhow::Result<()>| {
            let path = folder.join(format!("{}.{extension}", room.name));
            write(&path).with_context(|| format!("cannot write {}", path.display()))
        };
        write("wav", &|path| Ok(write_wav(path, &designed.samples)?))?;
        write("json", &|path| {
            let text = serde_json::to_string_pretty(&designed.card(room))?;
            Ok(std::fs::write(path, text + "\n")?)
        })?;
        writeln!(out, "{}", table::row(room, &designed.samples))?;
    }
    Ok(())
}

fn write_wav(path: &Path, samples: &[i16]) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for &sample in samples {
        writer.write_sample(sample)?;
    }
    writer.finalize()
}
