//! The recordings themselves: what each is called and how it is finished to 16 bits.

mod crowd;
mod event;
mod filter;
mod machine;
mod nature;
mod ring;
mod talker;
mod traffic;

use augment::draw::Draw;

use ring::Ring;

/// Samples per second of every recording.
pub const RATE: u32 = 16_000;
/// Samples of every recording: ten seconds.
pub const LENGTH: usize = 160_000;
/// The seed all draws are keyed with, together with a recording's name.
const SEED: u64 = 1;
/// Magnitudes above this are bent towards `CEILING`.
const KNEE: f64 = 0.6;
/// No sample reaches this magnitude.
const CEILING: f64 = 0.95;

/// One recording: its name, what it sounds like, its level and the function that makes it.
pub struct Recording {
    /// The file's stem.
    pub name: &'static str,
    /// A few words for the table in `noise/README.md`.
    pub character: &'static str,
    rms_db: f64,
    make: fn(&mut Draw) -> Ring,
}

const fn recording(
    name: &'static str,
    character: &'static str,
    rms_db: f64,
    make: fn(&mut Draw) -> Ring,
) -> Recording {
    Recording {
        name,
        character,
        rms_db,
        make,
    }
}

/// All recordings, in the order of their names.
pub const RECORDINGS: [Recording; 12] = [
    recording(
        "crowd-applause",
        "forty people clapping in a hall",
        -23.0,
        crowd::applause,
    ),
    recording(
        "crowd-babble",
        "twenty people talking at once",
        -22.0,
        crowd::babble,
    ),
    recording(
        "crowd-cafe",
        "a few talkers, crockery, a steam wand",
        -23.0,
        crowd::cafe,
    ),
    recording(
        "machine-fan",
        "a fan: broad noise and blade tones",
        -22.0,
        machine::fan,
    ),
    recording(
        "machine-hum",
        "mains hum and buzz of a transformer",
        -22.0,
        machine::hum,
    ),
    recording(
        "machine-keyboard",
        "typing in bursts, close by",
        -25.5,
        machine::keyboard,
    ),
    recording(
        "nature-birds",
        "birdsong over rustling leaves",
        -24.0,
        nature::birds,
    ),
    recording(
        "nature-rain",
        "steady rain with single drops",
        -22.0,
        nature::rain,
    ),
    recording("nature-wind", "gusts and their howl", -22.0, nature::wind),
    recording("traffic-engine", "a diesel idling", -22.0, traffic::engine),
    recording("traffic-road", "cars passing on a road", -22.0, traffic::road),
    recording(
        "traffic-train",
        "a carriage over rail joints",
        -22.0,
        traffic::train,
    ),
];

impl Recording {
    /// The samples: at the recording's level, free of DC, never clipped; the last runs on into the first.
    pub fn samples(&self) -> Vec<i16> {
        let mut draw = Draw::new(SEED, self.name, "noise");
        let signal = (self.make)(&mut draw)
            .through(filter::highpass(30.0, 0.707))
            .at_rms(1.0);
        let gain = 10f64.powf(self.rms_db / 20.0);
        signal
            .iter()
            .map(|x| (bend(x * gain) * 32768.0).round() as i16)
            .collect()
    }
}

/// A soft knee: unchanged to `KNEE`, then with a falling slope to `CEILING`.
fn bend(x: f64) -> f64 {
    let over = x.abs() - KNEE;
    if over <= 0.0 {
        return x;
    }
    let room = CEILING - KNEE;
    (KNEE + room * (over / room).tanh()).copysign(x)
}
