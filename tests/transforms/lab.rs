//! Transforms built as a recipe builds them, banks held in memory, and steps that are checked while they are done.

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
use augment::audio::transform::{
    Context, Distinct, DrawKey, Refusal, SettingError, Settings, SourceFacts, Step, StepError, Transform,
};
use augment::plan::item_id;

/// A bank of named recordings.
pub fn bank(recordings: &[(&str, &[f32])]) -> Arc<dyn Bank> {
    let owned = recordings
        .iter()
        .map(|(name, samples)| ((*name).to_owned(), Arc::from(*samples)));
    Arc::new(MemoryBank::new(owned))
}

/// A bank of empty recordings, where only the names matter.
pub fn named(names: &[&str]) -> Arc<dyn Bank> {
    let empty: Vec<(&str, &[f32])> = names.iter().map(|name| (*name, &[][..])).collect();
    bank(&empty)
}

pub fn context(rate: u32) -> Context {
    Context {
        rate,
        mel: MelSettings::default(),
    }
}

fn settings<S: Settings>(text: &str, context: &Context) -> Result<Box<dyn Transform>, SettingError> {
    toml::from_str::<S>(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .build(context)
}

/// The transform of a kind with the settings of a recipe; an error is the setting's.
pub fn try_make(kind: &str, text: &str, context: &Context) -> Result<Box<dyn Transform>, SettingError> {
    match kind {
        "speed" => settings::<SpeedSettings>(text, context),
        "room" => settings::<RoomSettings>(&format!("responses = \"bank\"\n{text}"), context),
        "noise" => settings::<NoiseSettings>(&format!("recordings = \"bank\"\n{text}"), context),
        "pitch" => settings::<PitchSettings>(text, context),
        "frequency-mask" => settings::<FrequencyMaskSettings>(text, context),
        "time-mask" => settings::<TimeMaskSettings>(text, context),
        "gain" => settings::<GainSettings>(text, context),
        other => panic!("no kind {other}"),
    }
}

/// The transform of a kind with the settings of a recipe.
pub fn make(kind: &str, text: &str, rate: u32) -> Box<dyn Transform> {
    try_make(kind, text, &context(rate)).unwrap_or_else(|error| panic!("{kind}, {text}: {error}"))
}

/// [`make`], with a bank attached.
pub fn make_with(kind: &str, text: &str, rate: u32, bank: &Arc<dyn Bank>) -> Box<dyn Transform> {
    let mut transform = make(kind, text, rate);
    transform.attach(&[Arc::clone(bank)]);
    transform
}

/// A chain of kinds with their settings; every step that wants a bank gets the one given.
pub fn chain(steps: &[(&str, &str)], rate: u32, bank: &Arc<dyn Bank>) -> Box<dyn Transform> {
    let steps = steps.iter().map(|(kind, text)| make(kind, text, rate)).collect();
    let mut chain = Chain::new(steps, context(rate).mel.hop_length).unwrap();
    let banks: Vec<Arc<dyn Bank>> = chain.wants().iter().map(|_| Arc::clone(bank)).collect();
    chain.attach(&banks);
    Box::new(chain)
}

/// What the index would tell about a signal.
pub fn facts(samples: &[f32], rate: u32) -> SourceFacts {
    SourceFacts::of(samples, rate, &MelSettings::default())
}

/// The draw of one copy of the source called `source`.
pub fn draw_of(
    transform: &dyn Transform,
    source: &str,
    copy: u64,
    facts: &SourceFacts,
) -> Result<Box<dyn Step>, Refusal> {
    let name = transform.kind();
    let item = item_id(source, name, copy);
    transform.draw(&DrawKey::new(42, source, name, &item), copy, facts)
}

pub fn take(samples: &[f32], rate: u32) -> Take {
    Take::new(samples.to_vec(), rate, MelSettings::default())
}

/// Does the first draw of a transform. Whatever comes out is finite and as long as the step says.
#[track_caller]
pub fn try_done(transform: &dyn Transform, samples: &[f32], rate: u32) -> Result<Take, StepError> {
    let step = draw_of(transform, "speaker/one", 0, &facts(samples, rate))
        .map_err(|Refusal(reason)| StepError::Refused(reason))?;
    let mut take = take(samples, rate);
    step.apply(&mut take, &mut Bench::new())?;
    assert_eq!(
        take.samples.len(),
        step.frames(samples.len()),
        "{:?} of {} samples at {rate} Hz",
        step.parameters(),
        samples.len()
    );
    assert!(
        take.samples.iter().all(|x| x.is_finite()),
        "{:?} of {} samples at {rate} Hz gives what is not finite",
        step.parameters(),
        samples.len()
    );
    for (name, value) in &take.measured {
        assert!(!value.is_null(), "{name} is null");
    }
    Ok(take)
}

/// [`try_done`] where nothing may be refused.
#[track_caller]
pub fn done(transform: &dyn Transform, samples: &[f32], rate: u32) -> Take {
    try_done(transform, samples, rate).unwrap_or_else(|error| panic!("{}: {error}", transform.kind()))
}

/// How many draws a transform has for a signal.
pub fn draws(transform: &dyn Transform, facts: &SourceFacts) -> u64 {
    match transform.distinct(facts) {
        Distinct::Finite(n) => n,
        Distinct::Endless => u64::MAX,
    }
}
