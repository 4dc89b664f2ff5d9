//! What NVIDIA's driver says of itself and its GPUs, asked without the CUDA runtime.

use std::ffi::{CStr, c_char, c_int, c_uint};

/// The driver's library: it comes with the driver and is never ours to install.
pub(super) const LIBRARY: &str = "libcuda.so.1";

/// `CUDA_SUCCESS` and the error that stands for "there is no GPU".
const SUCCESS: c_int = 0;
const NO_DEVICE: c_int = 100;

/// A driver that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Driver {
    /// The newest CUDA it can serve: 1000 × major + 10 × minor.
    pub version: i32,
    /// The names of its GPUs, in its order.
    pub gpus: Vec<String>,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoDriver {
    /// Its library is not there.
    Absent,
    /// It is there and fails, with CUDA's error number.
    Fails(i32),
}

type Init = unsafe extern "C" fn(c_uint) -> c_int;
type Number = unsafe extern "C" fn(*mut c_int) -> c_int;
type Name = unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int;

#[allow(unsafe_code, reason = "the driver has a C interface only")]
pub(super) fn ask() -> Result<Driver, NoDriver> {
    // SAFETY: the driver's library is made to be loaded by any program; its initialisers touch nothing of ours.
    let library = unsafe { libloading::Library::new(LIBRARY) }.map_err(|_| NoDriver::Absent)?;
    // SAFETY: the four functions have these signatures in all versions of the CUDA driver interface. The pointers
    // given to them are to locals of the type and size they are told, and live through the calls.
    unsafe {
        let init: libloading::Symbol<'_, Init> = library.get(b"cuInit").map_err(|_| NoDriver::Absent)?;
        let version: libloading::Symbol<'_, Number> =
            library.get(b"cuDriverGetVersion").map_err(|_| NoDriver::Absent)?;
        let count: libloading::Symbol<'_, Number> =
            library.get(b"cuDeviceGetCount").map_err(|_| NoDriver::Absent)?;
        let name: libloading::Symbol<'_, Name> =
            library.get(b"cuDeviceGetName").map_err(|_| NoDriver::Absent)?;
        let number = |function: &Number| {
            let mut value: c_int = 0;
            match function(&raw mut value) {
                SUCCESS => Ok(value),
                error => Err(NoDriver::Fails(error)),
            }
        };
        let started = init(0);
        let version = number(&version)?;
        if started == NO_DEVICE {
            return Ok(Driver {
                version,
                gpus: Vec::new(),
            });
        }
        if started != SUCCESS {
            return Err(NoDriver::Fails(started));
        }
        let gpus = (0..number(&count)?)
            .map(|index| {
                let mut text: [c_char; 128] = [0; 128];
                // One byte less than there is, so that the text always ends.
                let done = name(text.as_mut_ptr(), 127, index);
                if done == SUCCESS {
                    CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()
                } else {
                    "unnamed GPU".to_owned()
                }
            })
            .collect();
        Ok(Driver { version, gpus })
    }
}
