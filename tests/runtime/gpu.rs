//! Why a GPU can't be used, with a stand-in for the driver's library: what a machine really has does not matter.

use std::process::Command;

use super::home::{Home, Ran};

/// A driver that serves a version of CUDA and shows one GPU.
const DRIVER: &str = r#"
int cuInit(unsigned flags) { return START; }
int cuDriverGetVersion(int *version) { *version = VERSION; return 0; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGetName(char *name, int length, int device) {
    const char *text = "Stand-in";
    for (int i = 0; i < 9; i++) name[i] = text[i];
    return 0;
}
"#;

/// Puts a driver where the loader looks first; `start` is what its initialisation gives.
fn driver(home: &Home, version: u32, start: u32) {
    home.write("driver.c", DRIVER);
    home.write("driver/.keep", "");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o"])
        .arg(home.path("driver/libcuda.so.1"))
        .arg(format!("-DVERSION={version}"))
        .arg(format!("-DSTART={start}"))
        .arg(home.path("driver.c"))
        .status();
    assert!(
        compiled.is_ok_and(|status| status.success()),
        "a C compiler is needed, as for building"
    );
}

fn doctor(home: &Home, device: &str) -> Ran {
    let mut command = home.command(&["doctor", "--device", device]);
    command.env("LD_LIBRARY_PATH", home.path("driver"));
    Ran::from(command.output().unwrap())
}

/// Makes the installation look like a build with CUDA.
fn with_cuda(home: &Home) {
    home.write(
        "data/augment/onnxruntime/1.31.1-cpu/libonnxruntime_providers_cuda.so",
        "",
    );
}

#[test]
fn a_build_without_cuda_is_named_where_a_gpu_is_there() {
    let home = Home::new();
    home.install();
    driver(&home, 13_020, 0);
    doctor(&home, "cuda")
        .ends(2)
        .shows("ONNX Runtime  1.31.1, runs a graph\n")
        .shows("devices       NOT as asked for\n")
        .shows("problem: --device cuda:0 cannot be used: ")
        .shows("is a build without CUDA: it has no libonnxruntime_providers_cuda.so beside it")
        .shows("\nhint: `augment setup --cuda` installs one");
    doctor(&home, "auto")
        .ends(0)
        .shows("cpu is taken\n")
        .shows("is a build without CUDA");
    doctor(&home, "cpu").ends(0).hides("cuda:0");
}

#[test]
fn a_machine_without_a_driver_is_told_so_before_anything_else() {
    let home = Home::new();
    home.install();
    // Should this machine have one, it is hidden.
    home.write("driver/libcuda.so.1", "text");
    for cuda in [false, true] {
        if cuda {
            with_cuda(&home);
        }
        doctor(&home, "cuda:3")
            .ends(2)
            .shows("problem: --device cuda:3 cannot be used: there is no NVIDIA driver: libcuda.so.1 was not found")
            .shows("\nhint: install NVIDIA's driver, or take --device cpu");
        doctor(&home, "auto")
            .ends(0)
            .shows("cuda:0            there is no NVIDIA driver");
    }
}

#[test]
fn a_driver_that_is_too_old_says_for_what() {
    let home = Home::new();
    home.install();
    driver(&home, 12_040, 0);
    doctor(&home, "cuda")
        .ends(2)
        .shows("the NVIDIA driver serves CUDA up to 12.4, expected 13.0 or later")
        .shows("\nhint: install a newer driver");
}

#[test]
fn a_driver_that_does_not_start_gives_its_number() {
    let home = Home::new();
    home.install();
    driver(&home, 13_020, 999);
    doctor(&home, "cuda")
        .ends(2)
        .shows("the NVIDIA driver does not start (CUDA error 999)");
    // 100: there is a driver and no GPU.
    driver(&home, 13_020, 100);
    doctor(&home, "cuda")
        .ends(2)
        .shows("there is no GPU 0: the driver shows 0");
}

#[test]
fn a_gpu_beyond_the_last_is_refused() {
    let home = Home::new();
    home.install();
    with_cuda(&home);
    driver(&home, 13_020, 0);
    doctor(&home, "cuda:1")
        .ends(2)
        .shows("there is no GPU 1: the driver shows 1");
}

#[test]
fn a_runtime_that_refuses_the_gpu_is_an_error_and_no_silent_fall_back() {
    let home = Home::new();
    home.install();
    with_cuda(&home);
    driver(&home, 13_020, 0);
    // The provider is an empty file: all else seems right until the runtime loads it.
    doctor(&home, "cuda")
        .ends(2)
        .shows("problem: --device cuda:0 cannot be used: ")
        .shows("ONNX Runtime cannot use the GPU");
    doctor(&home, "auto").ends(0).shows("cpu is taken");
}
