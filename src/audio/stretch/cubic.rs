//! Cubics through equally spaced values.

/// Catmull-Rom cubics: the slope at each value is half the rise from the one before to the one after, but beside a cliff
/// (the edge of a band) at most three times the smaller rise, so that nothing overshoots there.
#[derive(Debug, Default)]
pub(super) struct Cubics {
    /// Coefficients of 1, t, t^2 and t^3 for each space between two values.
    pieces: Vec<[f32; 4]>,
}

impl Cubics {
    /// Joins values at 0, 1, 2, ...; beyond the first and last lie their mirror images.
    pub(super) fn join(&mut self, values: &[f32]) {
        self.pieces.clear();
        let last = values.len().saturating_sub(1);
        let piece = |before: f32, a: f32, b: f32, after: f32| {
            let (m0, m1, rise) = (slope(a - before, b - a), slope(b - a, after - b), b - a);
            [a, m0, 3.0 * rise - 2.0 * m0 - m1, m0 + m1 - 2.0 * rise]
        };
        if last == 0 {
            self.pieces.extend(values.first().map(|v| [*v, 0.0, 0.0, 0.0]));
            return;
        }
        self.pieces
            .push(piece(values[1], values[0], values[1], values[2.min(last)]));
        self.pieces
            .extend(values.windows(4).map(|w| piece(w[0], w[1], w[2], w[3])));
        if last > 1 {
            self.pieces.push(piece(
                values[last - 2],
                values[last - 1],
                values[last],
                values[last - 1],
            ));
        }
    }

    /// The value at `place`; at the ends beyond them.
    #[inline(always)]
    pub(super) fn at(&self, place: f32) -> f32 {
        let i = (place as usize).min(self.pieces.len().saturating_sub(1));
        let t = (place - i as f32).clamp(0.0, 1.0);
        self.pieces
            .get(i)
            .map_or(0.0, |[a, b, c, d]| a + t * (b + t * (c + t * d)))
    }
}

fn slope(before: f32, after: f32) -> f32 {
    let limit = 3.0 * before.abs().min(after.abs());
    (0.5 * (before + after)).clamp(-limit, limit)
}
