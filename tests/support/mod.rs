//! The real ONNX Runtime for tests: installed once below `target/` by the program's own setup code, so through
//! pip; shared by all test binaries and threads. No test is skipped for want of it.
//!
//! Integration tests include this file with `#[path = "../support/mod.rs"] mod support;`, unit tests of the library
//! find it as `crate::support`.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "not every test binary uses all of it, and a test stops at what it did not expect"
)]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use augment::onnx::device::Device;
use augment::onnx::engine::Engine;
use augment::onnx::runtime::Wish;
use augment::onnx::setup::{self, Begun, Flavour, Installed, Pip, SetupError, Source};
use augment::run::interrupt::Interrupt;
use augment::run::progress::Silent;

/// A data folder with the pinned runtime for the processor: what `XDG_DATA_HOME/augment` is for a user.
pub fn data() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let data = target().join("onnxruntime-data/augment");
        if let Err(error) = install(&data) {
            panic!(
                "these tests need ONNX Runtime and could not install it: {error}\n\
                 note: they fetch it once, by pip, into {}; without a network, let PIP_FIND_LINKS name a folder with \
                 its wheel",
                data.display()
            );
        }
        data
    })
}

/// The pinned runtime's library.
pub fn runtime() -> PathBuf {
    installed().library
}

/// The installation that [`runtime`] is of.
pub fn installed() -> Installed {
    setup::installed(data(), Flavour::Cpu).unwrap()
}

/// An engine on the processor whose sessions use so many threads.
pub fn engine(threads: usize) -> Engine {
    // Named, so that no ORT_DYLIB_PATH of the surroundings comes before it.
    let wish = Wish {
        library: Some(runtime()),
        data: None,
        cuda_first: false,
    };
    Engine::start_with(&wish, Device::Cpu, threads).unwrap_or_else(|error| panic!("{error}"))
}

fn install(data: &Path) -> Result<(), SetupError> {
    // Begins by taking its turn: the first of several test binaries installs, the others wait and find it there.
    match setup::begin(data, Flavour::Cpu, false, &Interrupt::default(), &Silent)? {
        Begun::Already(_) => Ok(()),
        Begun::Open(job) => job
            .run(&Source::Pip(Pip::find()?), &Interrupt::default(), &Silent)
            .map(drop),
    }
}

/// Cargo's target folder: test binaries are in `target/<profile>/deps`.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().to_owned()
}
