//! Ranges, scales and round tick values.

/// Values beyond this have no place in a chart: differences of two must stay finite.
const LARGEST: f64 = 1e300;

/// Is the value a number that can be drawn?
pub(super) fn drawable(value: f64) -> bool {
    value.is_finite() && value.abs() <= LARGEST
}

/// Can the values between the two be told apart well enough to draw them?
pub(super) fn is_range(low: f64, high: f64) -> bool {
    drawable(low) && drawable(high) && high - low > 1e-9 * low.abs().max(high.abs()) && high - low > 1e-290
}

/// Smallest and largest drawable value, widened about a constant; none without a value.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let grow = |range: Option<(f64, f64)>, v: f64| {
        Some(range.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
    };
    let (low, high) = values.filter(|v| drawable(*v)).fold(None, grow)?;
    if is_range(low, high) {
        return Some((low, high));
    }
    let middle = low + (high - low) / 2.0;
    let half = if middle.abs() < 1e-280 {
        0.5
    } else {
        middle.abs() * 0.1
    };
    Some((middle - half, middle + half))
}

/// Places values along a side of a panel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// Range of values; [`is_range`] holds.
    pub values: (f64, f64),
    /// Pixels at the two ends of the range.
    pub pixels: (f64, f64),
}

impl Scale {
    /// Pixel of a drawable value; for values far outside the range it stays far outside.
    pub fn at(&self, value: f64) -> f64 {
        let share = (value - self.values.0) / (self.values.1 - self.values.0);
        (self.pixels.0 + share * (self.pixels.1 - self.pixels.0)).clamp(-1e6, 1e6)
    }

    /// The range of values that reaches `margin` pixels further at both ends.
    pub fn widened(&self, margin: f64) -> (f64, f64) {
        let share = margin / (self.pixels.1 - self.pixels.0).abs();
        let more = (self.values.1 - self.values.0) * share;
        (self.values.0 - more, self.values.1 + more)
    }
}

/// A value marked on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: String,
}

/// At most `most + 1` round values in a range: multiples of 1, 2 or 5 times a power of ten.
/// With `whole`, whole numbers only.
pub(super) fn ticks((low, high): (f64, f64), most: u32, whole: bool) -> Vec<Tick> {
    let least = (high - low) / f64::from(most.max(1));
    let Some((mut mantissa, mut exponent)) = round_up(least) else {
        return Vec::new();
    };
    if whole && exponent < 0 {
        (mantissa, exponent) = (1, 0);
    }
    let Some(step) = power(mantissa, exponent) else {
        return Vec::new();
    };
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    let largest = low.abs().max(high.abs());
    // The list is bounded by the step; the bound is stated again lest rounding breaks it.
    (0..=most)
        .map(|k| first + f64::from(k))
        .take_while(|k| *k <= last)
        // Adding zero turns -0 into 0.
        .map(|k| Tick {
            value: k * step + 0.0,
            label: label(k * step + 0.0, exponent, largest),
        })
        .collect()
}

/// The smallest of 1, 2 and 5 times a power of ten that is no smaller, as mantissa and exponent.
fn round_up(value: f64) -> Option<(u32, i32)> {
    let (mantissa, exponent) = split(value)?;
    let found = [1, 2, 5].into_iter().find(|m| mantissa <= f64::from(*m));
    Some(found.map_or((1, exponent + 1), |m| (m, exponent)))
}

/// A number above zero as mantissa (1 to 10) and decimal exponent; through its decimal writing, which unlike
/// a logarithm is exact.
fn split(value: f64) -> Option<(f64, i32)> {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    Some((mantissa.parse().ok()?, exponent.parse().ok()?))
}

fn power(mantissa: u32, exponent: i32) -> Option<f64> {
    format!("{mantissa}e{exponent}")
        .parse()
        .ok()
        .filter(|v: &f64| v.is_finite() && *v > 0.0)
}

/// A tick's value with as many digits as steps of `10^exponent` need.
fn label(value: f64, exponent: i32, largest: f64) -> String {
    if (-5..=0).contains(&exponent) && largest < 1e6 {
        return format!("{value:.*}", exponent.unsigned_abs() as usize);
    }
    if exponent > 0 && largest < 1e6 {
        return format!("{value:.0}");
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = split(value.abs()).map_or(0, |(_, own)| (own - exponent).clamp(0, 17));
    format!("{value:.*e}", digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, most: u32, whole: bool) -> Vec<String> {
        ticks((low, high), most, whole)
            .into_iter()
            .map(|t| t.label)
            .collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(
            labels(0.0, 1.0, 5, false),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(-0.02, 1.02, 5, false), ["0.0", "0.5", "1.0"]);
        assert_eq!(labels(0.13, 2.31, 6, false), ["0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(
            labels(-3.0, 3.0, 6, false),
            ["-3", "-2", "-1", "0", "1", "2", "3"]
        );
        assert_eq!(
            labels(0.0, 23_000.0, 5, true),
            ["0", "5000", "10000", "15000", "20000"]
        );
        assert_eq!(labels(0.9, 3.1, 9, true), ["1", "2", "3"]);
        assert_eq!(labels(0.0, 3e6, 3, false), ["0", "1e6", "2e6", "3e6"]);
        assert_eq!(
            labels(0.0, 2e-7, 4, false),
            ["0", "5e-8", "1.0e-7", "1.5e-7", "2.0e-7"]
        );
    }

    #[test]
    fn ticks_lie_in_the_range_and_are_few() {
        let ends = [
            -1e300,
            -7.3e9,
            -12.0,
            -1e-200,
            0.0,
            1e-280,
            0.31,
            0.310_000_1,
            99.0,
            1e300,
        ];
        for low in ends {
            for high in ends.into_iter().filter(|high| is_range(low, *high)) {
                for most in 1..12 {
                    let (found, slack) = (ticks((low, high), most, false), 1e-9 * (high - low));
                    assert!(found.len() <= most as usize + 1);
                    assert!(
                        found
                            .iter()
                            .all(|t| t.value >= low - slack && t.value <= high + slack),
                        "{low} {high}"
                    );
                    assert!(most < 3 || !found.is_empty(), "{low} {high} {most}");
                    assert!(found.is_sorted_by(|a, b| a.value < b.value && a.label != b.label));
                }
            }
        }
    }

    #[test]
    fn a_range_leaves_out_what_cannot_be_drawn() {
        let values = [f64::NAN, 2.0, f64::INFINITY, -1.0, 1e305];
        assert_eq!(range(values.into_iter()), Some((-1.0, 2.0)));
        assert_eq!(range([f64::NAN].into_iter()), None);
        assert_eq!(range([0.0, 0.0].into_iter()), Some((-0.5, 0.5)));
        for value in [5.0, -1e300, 1e300, 1e-300, 3e-281] {
            let (low, high) = range([value].into_iter()).unwrap();
            assert!(low < value && value < high && high - low > 1e-290);
        }
    }

    #[test]
    fn a_scale_stays_finite() {
        let scale = Scale {
            values: (0.0, 1e-280),
            pixels: (100.0, 0.0),
        };
        assert_eq!(scale.at(5e-281), 50.0);
        assert_eq!(scale.at(1e300), -1e6);
        assert_eq!(scale.widened(100.0), (-1e-280, 2e-280));
    }
}
