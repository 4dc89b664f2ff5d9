//! The `augment` command: arguments → command → exit code.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    no_telemetry();
    cli::main()
}

/// Official builds of ONNX Runtime write a device id and a database of events into the user's cache folder and send what is in it
/// to their maker, from the moment they are loaded: only this variable keeps them from it. One that is set stays.
#[allow(
    unsafe_code,
    reason = "the runtime reads it from the environment, and has no other switch that acts early enough"
)]
fn no_telemetry() {
    const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";
    if std::env::var_os(VARIABLE).is_none() {
        // SAFETY: the first statement of the program; no other thread runs that could read the environment.
        unsafe { std::env::set_var(VARIABLE, "1") };
    }
}
