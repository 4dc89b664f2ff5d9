//! Doing many units of work on some threads, one state a thread, results handed to one place in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use super::interrupt::Interrupt;

/// Results that may wait for the receiver: more than threads make while it waits for a disk, and little memory, since
/// results are rows.
const WAITING: usize = 256;

/// Threads that could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {jobs} threads: {reason}")]
pub struct ThreadError {
    jobs: usize,
    reason: String,
}

/// Why the units were not all worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// They were.
    All,
    /// A signal came, or the receiver asked to stop.
    Early,
}

/// Works on units `0..units` on `jobs` threads. `state` makes what a thread keeps from unit to unit; `work` gives
/// results to its last argument; `receive` gets them on the calling thread, in any order, and returns false to
/// stop. At most 256 results wait at a time, so that memory stays bounded however slow the receiver is.
///
/// A panic inside `work` (there should be none) is handed to `broken` with the unit and the message, and the run
/// goes on with a fresh state.
///
/// # Errors
/// [`ThreadError`].
pub fn execute<S, R: Send>(
    units: usize,
    jobs: usize,
    interrupt: &Interrupt,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize, &mut dyn FnMut(R)) + Sync,
    broken: impl Fn(usize, String) -> R + Sync,
    mut receive: impl FnMut(R) -> bool + Send,
) -> Result<Ended, ThreadError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|index| format!("augment-{index}"))
        .build()
        .map_err(|error| ThreadError {
            jobs,
            reason: error.to_string(),
        })?;
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let (sender, receiver) = sync_channel::<R>(WAITING);
    let sender = Mutex::new(Some(sender));
    std::thread::scope(|scope| {
        let (stop, next, sender_slot) = (&stop, &next, &sender);
        let (state, work, broken) = (&state, &work, &broken);
        scope.spawn(move || {
            pool.broadcast(|_| {
                let sender = sender_slot.lock().ok().and_then(|slot| slot.clone());
                let Some(sender) = sender else { return };
                let mut own = state();
                while !stop.load(Ordering::Relaxed) && !interrupt.stopped() {
                    let unit = next.fetch_add(1, Ordering::Relaxed);
                    if unit >= units {
                        break;
                    }
                    let mut send = |result| {
                        // The receiver only goes away after it asked to stop.
                        let _ = sender.send(result);
                    };
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(&mut own, unit, &mut send))) {
                        own = state();
                        send(broken(unit, message(panic.as_ref())));
                    }
                }
            });
            // All threads are done: with the last sender gone the receiver's loop ends.
            if let Ok(mut slot) = sender_slot.lock() {
                slot.take();
            }
        });
        for result in receiver {
            if !receive(result) {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
    let early = stop.load(Ordering::Relaxed) || (interrupt.stopped() && next.load(Ordering::Relaxed) < units);
    Ok(if early { Ended::Early } else { Ended::All })
}

/// Runs `work` and turns a panic of it into its message.
///
/// # Errors
/// The panic's message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| message(panic.as_ref()))
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    format!("internal error: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_done_once_and_a_panic_costs_only_its_own() {
        for jobs in [1, 3] {
            let mut got = Vec::new();
            let ended = execute(
                100,
                jobs,
                &Interrupt::default(),
                || (),
                |_, unit, send| {
                    assert!(unit != 13, "unlucky");
                    send(Ok(unit));
                },
                |unit, message| Err((unit, message)),
                |result| {
                    got.push(result);
                    true
                },
            );
            assert_eq!(ended.unwrap(), Ended::All);
            got.sort();
            assert_eq!(got.len(), 100);
            assert!(got.contains(&Err((13, "internal error: unlucky".to_owned()))));
        }
    }

    #[test]
    fn the_receiver_can_stop_it() {
        let mut count = 0;
        let ended = execute(
            1_000_000,
            2,
            &Interrupt::default(),
            || (),
            |_, unit, send| send(unit),
            |unit, _| unit,
            |_| {
                count += 1;
                count < 10
            },
        );
        assert_eq!(ended.unwrap(), Ended::Early);
        assert!(count < 1000, "{count}");
    }
}
