//! Logits as logarithms of probabilities.

/// Terms below this part of the largest one are left out of the sum: e^−80.
const NEGLIGIBLE: f32 = -80.0;

/// So many numbers are worked on side by side, which compilers turn into vector instructions.
const LANES: usize = 16;

/// The highest of numbers, −∞ if there are none; `None` if one is not a number.
pub fn highest(numbers: &[f32]) -> Option<f32> {
    let mut best = [f32::NEG_INFINITY; LANES];
    let mut sound = [true; LANES];
    let mut take = |lane: usize, number: f32| {
        best[lane] = if number > best[lane] { number } else { best[lane] };
        sound[lane] &= !number.is_nan();
    };
    let (groups, rest) = numbers.as_chunks::<LANES>();
    for group in groups {
        for (lane, &number) in group.iter().enumerate() {
            take(lane, number);
        }
    }
    for (lane, &number) in rest.iter().enumerate() {
        take(lane, number);
    }
    let best = best.into_iter().fold(f32::NEG_INFINITY, f32::max);
    sound.iter().all(|&sound| sound).then_some(best)
}

/// The natural logarithm of Σ exp of logits; `None` if one is not a number. The exponential function is our own, so
/// that no library's version shows in a score.
pub fn log_sum_exp(logits: &[f32]) -> Option<f32> {
    let highest = highest(logits)?;
    if !highest.is_finite() {
        return Some(highest);
    }
    let mut sum = 0.0_f64;
    // Short runs are summed in single precision, and the runs in double precision.
    for run in logits.chunks(LANES * 16) {
        let mut lanes = [0.0_f32; LANES];
        let (groups, rest) = run.as_chunks::<LANES>();
        for group in groups {
            for (lane, logit) in lanes.iter_mut().zip(group) {
                *lane += exp(logit - highest);
            }
        }
        for (lane, logit) in lanes.iter_mut().zip(rest) {
            *lane += exp(logit - highest);
        }
        sum += lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>();
    }
    Some((f64::from(highest) + sum.ln()) as f32)
}

/// e^x for x ≤ 0 within 2e-7 of the true value, 0 below [`NEGLIGIBLE`]: x = n·ln 2 + r with |r| ≤ ln 2 / 2, and
/// e^r by its Taylor series to the seventh power.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2^23 rounds to a whole number, which then is in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, of which the first has few enough digits for n times it to be exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Not f32::max, which costs more for the sake of what is not a number.
    let clamped = if x > NEGLIGIBLE { x } else { NEGLIGIBLE };
    let rounded = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (clamped - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut power = 1.0 / 5040.0;
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        power = power * r + coefficient;
    }
    // 2^n: n is −116 to 0, so the exponent stays above its lowest value.
    let scale = f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    if x < NEGLIGIBLE { 0.0 } else { power * scale }
}

/// Turns logits into log-probabilities; `None` if one is not a number.
pub fn log_softmax(logits: &mut [f32]) -> Option<()> {
    let sum = log_sum_exp(logits)?;
    if sum.is_finite() {
        for logit in logits {
            *logit -= sum;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_close_everywhere() {
        for step in 0..=800_000 {
            let x = -80.0 * step as f32 / 800_000.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2e-7, "{x}: {error}");
        }
        assert_eq!(exp(-81.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn sums_are_those_of_double_precision() {
        for count in [1, 7, 8, 127, 128, 129, 60_000] {
            let logits: Vec<f32> = (0..count)
                .map(|i| ((i * 7919) % 1009) as f32 / 50.0 - 10.0)
                .collect();
            let expected = logits
                .iter()
                .map(|&logit| f64::from(logit).exp())
                .sum::<f64>()
                .ln();
            let sum = f64::from(log_sum_exp(&logits).unwrap());
            assert!(
                (sum - expected).abs() < 1e-6 * expected.abs().max(1.0),
                "{count}: {sum} {expected}"
            );
        }
    }

    #[test]
    fn forbidden_tokens_stay_forbidden_and_what_is_no_number_is_told() {
        let mut row = [f32::NEG_INFINITY, 0.0, 0.0];
        log_softmax(&mut row).unwrap();
        assert_eq!(row[0], f32::NEG_INFINITY);
        assert!((row[1] + std::f32::consts::LN_2).abs() < 1e-6);
        let mut none = [f32::NEG_INFINITY; 2];
        log_softmax(&mut none).unwrap();
        assert_eq!(none, [f32::NEG_INFINITY; 2]);
        assert_eq!(log_softmax(&mut [0.0, f32::NAN]), None);
    }
}
