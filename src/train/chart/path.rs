//! The way of a line through its points: joints, gaps, markers and dashes.

use super::legend::Look;
use super::stroke::{Mask, Place};

/// Pixels drawn in a broken line.
const DASH: f64 = 9.0;
/// Pixels left out after them.
const PAUSE: f64 = 6.0;

/// Covers a line's way: neighbours are joined, and a missing point is a gap. Each point has a marker if
/// `marked`; one that is joined to none has it in any case, or it would not be seen.
pub(super) fn trace(mask: &mut Mask, points: impl Iterator<Item = Option<Place>>, look: Look, marked: bool) {
    let mut points = points.peekable();
    let mut before: Option<Place> = None;
    let mut walked = 0.0;
    while let Some(now) = points.next() {
        match (before, now) {
            (Some(from), Some(to)) if look.dashed => walked += dashes(mask, from, to, walked),
            (Some(from), Some(to)) => mask.line(from, to),
            _ => {}
        }
        let alone = before.is_none() && !matches!(points.peek(), Some(Some(_)));
        if let Some(at) = now.filter(|_| marked || alone) {
            mask.marker(at, look.shape);
        }
        before = now;
    }
}

/// Covers the dashes of a straight line, `walked` pixels after the first dash of its way began; gives the
/// length of the visible part.
fn dashes(mask: &mut Mask, from: Place, to: Place, walked: f64) -> f64 {
    // Only the visible part is walked dash by dash: the ends may be far away.
    let Some((from, to)) = mask.clip(from, to) else {
        return 0.0;
    };
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt();
    let at = |walked: f64| {
        let share = if length > 0.0 { walked / length } else { 0.0 };
        (from.0 + share * dx, from.1 + share * dy)
    };
    let mut start = -(walked % (DASH + PAUSE));
    while start < length {
        if start + DASH > 0.0 {
            mask.line(at(start.max(0.0)), at((start + DASH).min(length)));
        }
        start += DASH + PAUSE;
    }
    length
}
