//! The figures of the table in `rir/README.md`.

use crate::response::DIRECT;
use crate::room::Room;
use crate::schroeder::{direct_to_reverberant_db, rt60};

/// A row: the room, its size in m and volume in m³, the RT60 stated, then T30 and T20 measured in seconds, and
/// the direct-to-reverberant ratio in dB.
pub fn row(room: &Room, samples: &[i16]) -> String {
    let signal: Vec<f64> = samples.iter().map(|&s| f64::from(s)).collect();
    let measured = |down_to| rt60(&signal, down_to).map_or_else(|| "-".into(), |t| format!("{t:.3}"));
    format!(
        "| `{}` | {} | {:.0} | {:.2} | {} | {} | {:.1} |",
        room.name,
        room.size.map(|x| format!("{x:.1}")).join(" × "),
        room.volume(),
        room.rt60,
        measured(-35.0),
        measured(-25.0),
        direct_to_reverberant_db(samples, DIRECT),
    )
}
