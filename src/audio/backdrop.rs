//! Making a background as long as the speech from a recording of any length.

/// Length of the cross-fade where a recording starts over, in seconds.
const FADE_SECONDS: f64 = 0.05;
/// Magnitude below which a recording counts as digitally silent (−80 dBFS).
const DEAD: f32 = 1e-4;
/// Silence of this many seconds or more is taken out of a noise recording.
const DEAD_SECONDS: f64 = 0.1;

/// Takes stretches of digital silence out: clips padded with zeros would otherwise make "noisy" items without
/// noise. Gaps shorter than 0.1 s and all that is not nearly zero stay.
#[must_use]
pub fn without_dead_air(samples: &[f32], rate: u32) -> Vec<f32> {
    let shortest = ((DEAD_SECONDS * f64::from(rate)) as usize).max(1);
    let mut kept = Vec::with_capacity(samples.len());
    let mut rest = samples;
    while !rest.is_empty() {
        let dead = rest.iter().position(|s| s.abs() > DEAD).unwrap_or(rest.len());
        let (gap, after) = rest.split_at(dead);
        if dead < shortest {
            kept.extend_from_slice(gap);
        }
        let live = after.iter().position(|s| s.abs() <= DEAD).unwrap_or(after.len());
        kept.extend_from_slice(&after[..live]);
        rest = &after[live..];
    }
    kept
}

/// Fills `out` with `length` samples of `recording`, from a place given as a fraction (0 up to 1).
///
/// A long enough recording is cut, the fraction spanning all places where it fits; a short one is looped, the end
/// cross-faded into the start with constant power. An empty recording gives silence.
pub fn lay(recording: &[f32], fraction: f64, rate: u32, length: usize, out: &mut Vec<f32>) {
    out.clear();
    let n = recording.len();
    if n >= length {
        let places = (n - length + 1) as f64;
        let start = ((fraction * places) as usize).min(n - length);
        out.extend_from_slice(&recording[start..start + length]);
        return;
    }
    if n == 0 {
        out.resize(length, 0.0);
        return;
    }
    let fade = ((FADE_SECONDS * f64::from(rate)) as usize).min(n / 4);
    // One turn of the loop: its first `fade` samples are the end of the recording going over into the start.
    let turn = n - fade;
    let start = ((fraction * turn as f64) as usize).min(turn - 1);
    out.extend((0..length).map(|k| {
        let at = (start + k) % turn;
        let head = recording[at];
        // At the very beginning of the loop nothing has gone before it; from the first turn on there is.
        if at >= fade || start + k < turn {
            return head;
        }
        let position = (at as f32 + 0.5) / fade as f32 * std::f32::consts::FRAC_PI_2;
        head * position.sin() + recording[turn + at] * position.cos()
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_recording_is_cut_at_the_fraction() {
        let ramp: Vec<f32> = (0..100).map(|n| n as f32).collect();
        let mut out = Vec::new();
        lay(&ramp, 0.0, 16000, 10, &mut out);
        assert_eq!(out[0], 0.0);
        lay(&ramp, 0.999_999, 16000, 10, &mut out);
        assert_eq!((out[0], out[9]), (90.0, 99.0));
        lay(&ramp, 0.5, 16000, 100, &mut out);
        assert_eq!(out, ramp);
    }

    #[test]
    fn a_short_recording_is_looped_without_a_jump() {
        // 1.03 s of a 100 Hz sine at 8 kHz: cut into each other the ends would jump.
        let sine: Vec<f32> = (0..8240).map(|n| (n as f32 * 0.078_539_82).sin()).collect();
        let mut out = Vec::new();
        lay(&sine, 0.3, 8000, 40_000, &mut out);
        assert_eq!(out.len(), 40_000);
        let steepest = out.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.12, "{steepest}");
    }

    #[test]
    fn tiny_and_empty_recordings_fill_any_length() {
        let mut out = Vec::new();
        for n in 0..6 {
            lay(&vec![0.5; n], 0.9, 16000, 50, &mut out);
            assert_eq!(out.len(), 50);
            assert!(out.iter().all(|s| s.is_finite()));
        }
        lay(&[0.5; 4], 0.2, 16000, 0, &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn dead_air_goes_and_short_gaps_stay() {
        let mut clip = vec![0.2; 1000];
        clip.extend([0.0; 400]);
        clip.extend([0.3; 500]);
        clip.extend([0.0; 5000]);
        let kept = without_dead_air(&clip, 8000);
        assert_eq!(kept.len(), 1900);
        assert!(without_dead_air(&[0.0; 9000], 8000).is_empty());
        // Silence too short to count is all there is: it stays, and its level tells.
        assert_eq!(without_dead_air(&[0.0; 10], 8000).len(), 10);
    }
}
