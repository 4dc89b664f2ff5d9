//! Any settings and any signal: a refusal, or finite samples of the length that was told; never a panic.

#![no_main]

use std::sync::Arc;

use augment::audio::bank::{Bank, MemoryBank};
use augment::audio::bench::Bench;
use augment::audio::mel::MelSettings;
use augment::audio::take::Take;
use augment::audio::transform::chain::Chain;
use augment::audio::transform::frequency_mask::FrequencyMaskSettings;
use augment::audio::transform::gain::GainSettings;
use augment::audio::transform::noise::NoiseSettings;
use augment::audio::transform::pitch::PitchSettings;
use augment::audio::transform::room::RoomSettings;
use augment::audio::transform::speed::SpeedSettings;
use augment::audio::transform::time_mask::TimeMaskSettings;
use augment::audio::transform::{Context, Distinct, DrawKey, Settings, SourceFacts, Transform};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum Kind {
    Speed {
        factor: f64,
        thousandths: Option<u16>,
        moved: bool,
    },
    Room {
        tail: f64,
    },
    Noise {
        low: i16,
        span: u16,
        all: bool,
        count: u8,
    },
    Pitch {
        semitones: f64,
        kept: bool,
    },
    FrequencyMask {
        width: u8,
        audio: u8,
        zero: bool,
    },
    TimeMask {
        width: u16,
        audio: u8,
        zero: bool,
    },
    Gain {
        low: i16,
        span: u16,
    },
}

#[derive(Debug, Arbitrary)]
enum Signal {
    /// Whatever the bits say.
    Bits(Vec<f32>),
    /// Ordinary 16-bit samples.
    Samples(Vec<i16>),
    /// A long signal of one period again and again.
    Repeated { period: Vec<i16>, length: u16 },
}

#[derive(Debug, Arbitrary)]
struct Input {
    kinds: Vec<Kind>,
    signal: Signal,
    recording: Signal,
    rate: u32,
    copy: u64,
    seed: u64,
}

fn samples(signal: Signal) -> Vec<f32> {
    let float = |x: i16| f32::from(x) / 32_768.0;
    match signal {
        Signal::Bits(bits) => bits,
        Signal::Samples(samples) => samples.into_iter().map(float).collect(),
        Signal::Repeated { period, length } => period
            .into_iter()
            .map(float)
            .cycle()
            .take(usize::from(length) / 2)
            .collect(),
    }
}

fn settings<S: Settings>(text: &str, context: &Context) -> Option<Box<dyn Transform>> {
    toml::from_str::<S>(text).ok()?.build(context).ok()
}

fn build(kind: &Kind, context: &Context) -> Option<Box<dyn Transform>> {
    let range = |low: &i16, span: &u16| {
        let low = f64::from(*low) / 100.0;
        format!(
            "[{low:?}, {:?}]",
            ((low + f64::from(*span) / 100.0) * 100.0).round() / 100.0
        )
    };
    let fill = |zero: bool| if zero { "zero" } else { "floor" };
    match kind {
        Kind::Speed {
            factor,
            thousandths,
            moved,
        } => {
            let factor = thousandths.map_or(*factor, |t| f64::from(250 + t % 3751) / 1000.0);
            let pitch = if *moved { "moved" } else { "kept" };
            settings::<SpeedSettings>(&format!("factors = {factor:?}\npitch = {pitch:?}"), context)
        }
        Kind::Room { tail } => {
            settings::<RoomSettings>(&format!("responses = \"b\"\ntail = {tail:?}"), context)
        }
        Kind::Noise {
            low,
            span,
            all,
            count,
        } => {
            let over = if *all { "all" } else { "active" };
            let range = range(low, span);
            let text = format!("recordings = \"b\"\nsnr_db = {range}\nsnr_over = {over:?}\ncount = {count}");
            settings::<NoiseSettings>(&text, context)
        }
        Kind::Pitch { semitones, kept } => {
            let formants = if *kept { "kept" } else { "moved" };
            settings::<PitchSettings>(
                &format!("semitones = {semitones:?}\nformants = {formants:?}"),
                context,
            )
        }
        Kind::FrequencyMask { width, audio, zero } => {
            let audio = ["band-stop", "source", "none"][usize::from(*audio) % 3];
            let text = format!("widths = {width}\naudio = {audio:?}\nfill = {:?}", fill(*zero));
            settings::<FrequencyMaskSettings>(&text, context)
        }
        Kind::TimeMask { width, audio, zero } => {
            let audio = ["silence", "source", "none"][usize::from(*audio) % 3];
            let text = format!("widths = {width}\naudio = {audio:?}\nfill = {:?}", fill(*zero));
            settings::<TimeMaskSettings>(&text, context)
        }
        Kind::Gain { low, span } => {
            settings::<GainSettings>(&format!("gain_db = {}", range(low, span)), context)
        }
    }
}

fuzz_target!(|input: Input| {
    let context = Context {
        rate: 4000 + input.rate % 188_001,
        mel: MelSettings::default(),
    };
    let mut built: Vec<_> = input
        .kinds
        .iter()
        .take(4)
        .filter_map(|kind| build(kind, &context))
        .collect();
    let transform = match built.len() {
        1 => built.pop(),
        _ => Chain::new(built, context.mel.hop_length)
            .ok()
            .map(|chain| Box::new(chain) as Box<dyn Transform>),
    };
    let Some(mut transform) = transform else { return };
    let recording: Arc<[f32]> = samples(input.recording).into();
    let bank: Arc<dyn Bank> =
        Arc::new(MemoryBank::new(["a", "b"].map(|name| (name.to_owned(), Arc::clone(&recording)))));
    let banks: Vec<_> = transform.wants().iter().map(|_| Arc::clone(&bank)).collect();
    transform.attach(&banks);
    let signal = samples(input.signal);
    let facts = SourceFacts::of(&signal, context.rate, &context.mel);
    let copy = match transform.distinct(&facts) {
        Distinct::Finite(0) => return,
        Distinct::Finite(n) => input.copy % n,
        Distinct::Endless => input.copy,
    };
    let Ok(step) = transform.draw(&DrawKey::new(input.seed, "source", "name", "item"), copy, &facts) else {
        return;
    };
    let frames = step.frames(signal.len());
    let mut take = Take::new(signal, context.rate, context.mel.clone());
    if step.apply(&mut take, &mut Bench::new()).is_ok() {
        assert_eq!(take.samples.len(), frames);
        assert!(take.samples.iter().all(|x| x.is_finite()));
        assert!(take.measured.values().all(|value| !value.is_null()));
    }
});
