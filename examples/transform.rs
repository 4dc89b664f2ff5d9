//! Applies one transform to one recording and writes what comes out as float samples, before 16-bit rounding:
//! the way to measure a transform from outside.
//!
//!     transform 'kind = "pitch"
//!     semitones = 4' IN.wav OUT.npy [BANK.wav]
//!
//! The settings are those of a `[[transform]]`; each list of choices should hold one value. BANK is the one
//! recording or response of `noise` and `room`. Prints the row's parameters and measured values as JSON.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use augment::audio::bank::{Bank, MemoryBank};
use augment::audio::bench::Bench;
use augment::audio::decode::{Channels, decode_bytes};
use augment::audio::mel::MelSettings;
use augment::audio::npy;
use augment::audio::take::Take;
use augment::audio::transform::{Context, DrawKey, SourceFacts};
use augment::recipe::{Document, read_transforms};
use augment::run::atomic;

fn read(path: &Path) -> anyhow::Result<(Vec<f32>, u32)> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let recording =
        decode_bytes(&bytes, "wav", Channels::Mix, 600.0).with_context(|| path.display().to_string())?;
    Ok((recording.samples, recording.rate))
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [settings, from, to, bank @ ..] = arguments.as_slice() else {
        bail!("expected SETTINGS IN.wav OUT.npy [BANK.wav]");
    };
    let (samples, rate) = read(Path::new(from))?;
    let mel = MelSettings::default();
    let context = Context {
        rate,
        mel: mel.clone(),
    };
    let document = Document::of(Path::new("settings"), &format!("[[transform]]\n{settings}\n"));
    let mut all = read_transforms(&document.root()?, &context)?;
    let mut transform = all.pop().context("no transform")?.transform;
    if let [bank] = bank {
        let (samples, _) = read(Path::new(bank))?;
        let bank: Arc<dyn Bank> = Arc::new(MemoryBank::new([(bank.clone(), samples.into())]));
        let banks: Vec<_> = transform.wants().iter().map(|_| Arc::clone(&bank)).collect();
        transform.attach(&banks);
    }
    let facts = SourceFacts::of(&samples, rate, &mel);
    let step = transform
        .draw(&DrawKey::new(0, "source", "transform", "item"), 0, &facts)
        .map_err(|refusal| anyhow!("refused: {}", refusal.0))?;
    let mut take = Take::new(samples, rate, mel);
    step.apply(&mut take, &mut Bench::new())?;
    let array = npy::encode_f32(&[take.samples.len()], &take.samples)?;
    atomic::write(Path::new(to), &array, false)?;
    let row = serde_json::json!({ "parameters": step.parameters(), "measured": take.measured });
    #[expect(clippy::print_stdout, reason = "what it measured is its output")]
    {
        println!("{row}");
    }
    Ok(())
}
