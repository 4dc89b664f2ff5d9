//! How often something is tried again, and how long is waited before.

use std::time::{Duration, Instant};

use super::error::HubError;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// Tries without any gain before giving up.
const TRIES: u32 = 5;
/// Before the second try; doubled for each one after it.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// What a server may ask for. The hub counts requests over windows of five minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(330);
/// A transfer that came on so far counts as a success: a connection that is cut every few megabytes still gets there,
/// and one that brings a byte at a time does not go on for ever.
const GAIN: u64 = 1 << 20;

/// Something that may work another time.
#[derive(Debug)]
pub struct Setback {
    /// What went wrong.
    pub why: String,
    /// How long the server asks to wait.
    pub wait: Option<Duration>,
    /// How many bytes came before.
    pub gained: u64,
}

/// The tries of one thing.
pub struct Patience<'a> {
    interrupt: &'a Interrupt,
    progress: &'a dyn Progress,
    failed: u32,
}

impl<'a> Patience<'a> {
    pub fn new(interrupt: &'a Interrupt, progress: &'a dyn Progress) -> Self {
        Patience {
            interrupt,
            progress,
            failed: 0,
        }
    }

    /// Says what went wrong and waits until it is time for another try.
    ///
    /// # Errors
    /// [`HubError::GaveUp`], [`HubError::TooManyRequests`] or [`HubError::Interrupted`].
    pub fn again(&mut self, what: &str, setback: Setback) -> Result<(), HubError> {
        if setback.gained >= GAIN {
            self.failed = 0;
        }
        self.failed += 1;
        if self.failed >= TRIES {
            return Err(HubError::GaveUp {
                what: what.to_owned(),
                why: setback.why,
                tries: TRIES,
            });
        }
        let wait = setback.wait.unwrap_or(FIRST_WAIT * (1 << (self.failed - 1)));
        if wait > LONGEST_WAIT {
            return Err(HubError::TooManyRequests {
                what: what.to_owned(),
                seconds: wait.as_secs(),
            });
        }
        self.progress.note(&format!(
            "{what}: {}; trying again in {:.1} s ({} of {TRIES})",
            setback.why,
            wait.as_secs_f64(),
            self.failed + 1
        ));
        sleep(wait, self.interrupt)
    }
}

/// Sleeps unless the user wants to stop.
///
/// # Errors
/// [`HubError::Interrupted`].
pub fn sleep(time: Duration, interrupt: &Interrupt) -> Result<(), HubError> {
    let begun = Instant::now();
    loop {
        if interrupt.stopped() {
            return Err(HubError::Interrupted);
        }
        match time.checked_sub(begun.elapsed()) {
            Some(left) if !left.is_zero() => std::thread::sleep(left.min(Duration::from_millis(50))),
            _ => return Ok(()),
        }
    }
}
