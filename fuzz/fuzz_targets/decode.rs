//! Any bytes under any extension: an error or samples that keep the decoder's promises, never a panic of our own.
//!
//! Arithmetic of symphonia that overflows on damaged files is caught by the decoder; here it is let pass.

#![no_main]

use augment::audio::decode::{Channels, EXTENSIONS, RATES, decode_bytes};
use libfuzzer_sys::fuzz_target;

const SECONDS: f64 = 2.0;

/// Ends the process at every panic but symphonia's, also at those that are caught.
fn let_symphonia_panic() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info
            .location()
            .is_some_and(|place| place.file().contains("/symphonia-"))
        {
            abort(info);
        }
    }));
}

fuzz_target!(init: let_symphonia_panic(), |bytes: &[u8]| {
    // The length chooses what the bytes don't, so that audio files are inputs as they are.
    let extension = EXTENSIONS[bytes.len() % EXTENSIONS.len()];
    let channels = match bytes.len() % 4 {
        3 => Channels::One((bytes.len() / 4 % 3) as u16),
        _ => Channels::Mix,
    };
    match decode_bytes(bytes, extension, channels, SECONDS) {
        Ok(recording) => {
            assert!(RATES.contains(&recording.rate));
            assert!(!recording.samples.is_empty());
            assert!(recording.samples.iter().all(|x| x.is_finite()));
            let most = (SECONDS * f64::from(recording.rate)).ceil() as usize;
            assert!(recording.samples.len() <= most);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
