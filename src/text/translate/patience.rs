//! How long is waited before a request is sent again.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use crate::run::interrupt::Interrupt;

/// Before the second try; doubled for each one after it.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait of our own.
const LONGEST: Duration = Duration::from_secs(60);
/// The longest wait that a service may ask for; for more the run stops, and another one goes on later.
pub const LONGEST_ASKED: Duration = Duration::from_secs(120);

/// The wait after so many failed tries, from 1. What the service asks for is kept to; otherwise it doubles, and a
/// share of 0 to 1 of half of it is added, so that many clients do not come back at the same moment.
pub fn wait(failed: u32, asked: Option<Duration>, share: f64) -> Duration {
    let own = FIRST
        .saturating_mul(1 << failed.saturating_sub(1).min(16))
        .min(LONGEST);
    let base = asked.unwrap_or(own);
    base + (base.max(FIRST) / 2)
        .mul_f64(share.clamp(0.0, 1.0))
        .min(LONGEST / 2)
}

/// A share of 0 to 1 that differs from call to call. Waits decide nothing that is written, so it need not be keyed.
pub fn share() -> f64 {
    let hash = RandomState::new().hash_one(std::process::id());
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// Sleeps; `false` if it was told to stop.
pub fn sleep(time: Duration, interrupt: &Interrupt, stop: &dyn Fn() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if interrupt.stopped() || stop() {
            return false;
        }
        match time.checked_sub(begun.elapsed()) {
            Some(left) if !left.is_zero() => std::thread::sleep(left.min(Duration::from_millis(50))),
            _ => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_spread() {
        let plain: Vec<u64> = (1..=9)
            .map(|failed| wait(failed, None, 0.0).as_millis() as u64)
            .collect();
        assert_eq!(
            plain,
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
        );
        assert_eq!(wait(3, None, 1.0), Duration::from_millis(3_000));
        assert_eq!(wait(u32::MAX, None, 0.5), Duration::from_secs(75));
    }

    #[test]
    fn what_is_asked_for_is_the_least() {
        for share in [0.0, 0.3, 1.0] {
            let asked = Duration::from_secs(7);
            assert!(wait(1, Some(asked), share) >= asked);
            assert!(wait(9, Some(asked), share) <= asked * 2);
            assert!(wait(1, Some(Duration::ZERO), share) <= Duration::from_millis(250));
        }
    }

    #[test]
    fn shares_differ() {
        let shares: Vec<f64> = (0..8).map(|_| share()).collect();
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
        assert!(shares.iter().any(|share| *share != shares[0]));
    }
}
