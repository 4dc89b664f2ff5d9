//! CUDA's and cuDNN's libraries, in the order in which they have to be loaded.
//!
//! ONNX Runtime's part for CUDA names some of them as needed and opens others when it first uses them, each by its
//! bare name. What is loaded already is found by that name, wherever it lies. So all are loaded beforehand, each
//! after those that it needs itself.

use std::path::{Path, PathBuf};

/// A library by the beginning of its name; whether CUDA can't be used without it.
const ORDER: &[(&str, bool)] = &[
    ("libcudart.so.13", true),
    ("libnvJitLink.so.13", true),
    // nvrtc opens it by a name that ends in its own minor version.
    ("libnvrtc-builtins.so.13", true),
    ("libnvrtc.so.13", true),
    ("libcublasLt.so.13", true),
    ("libcublas.so.13", true),
    ("libcufft.so.12", true),
    ("libcurand.so.10", true),
    // cuDNN opens its own parts from its own folder; this one shows early whether they load at all.
    ("libcudnn_graph.so.9", false),
    ("libcudnn.so.9", true),
];

/// CUDA's and cuDNN's libraries below the folder `nvidia` of a Python's packages (`nvidia/cu13/lib`,
/// `nvidia/cudnn/lib`, ...), each after those that it needs; empty if they are not all there.
#[must_use]
pub fn cuda_libraries(nvidia: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(nvidia)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("lib"))
        .collect();
    folders.sort();
    ordered(&folders)
}

/// The same for libraries that lie in these folders.
pub(super) fn ordered(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let mut found = Vec::new();
    for (name, needed) in ORDER {
        let file = files.iter().find(|file| is(file, name));
        match (file, needed) {
            (Some(file), _) => found.push(file.clone()),
            (None, true) => return Vec::new(),
            (None, false) => {}
        }
    }
    found
}

/// `libx.so.13` is also `libx.so.13.0`, and not `libx.so.130`.
fn is(file: &Path, name: &str) -> bool {
    file.file_name()
        .and_then(|file| file.to_str())
        .and_then(|file| file.strip_prefix(name))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, name: &str) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(name), b"").unwrap();
    }

    fn complete(nvidia: &Path, folder_of: impl Fn(&str) -> &'static str) {
        for name in [
            "libcudnn.so.9",
            "libcudnn_graph.so.9",
            "libcudnn_ops.so.9",
            "libcublas.so.13",
            "libcublasLt.so.13",
            "libcudart.so.13",
            "libnvJitLink.so.13",
            "libnvrtc.so.13",
            "libnvrtc.alt.so.13",
            "libnvrtc-builtins.so.13.0",
            "libcufft.so.12",
            "libcufftw.so.12",
            "libcurand.so.10",
        ] {
            file(&nvidia.join(folder_of(name)).join("lib"), name);
        }
    }

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        paths
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect()
    }

    #[test]
    fn either_layout_gives_them_in_the_order_of_need() {
        let dir = tempfile::tempdir().unwrap();
        let shared = |name: &str| if name.contains("cudnn") { "cudnn" } else { "cu13" };
        let apart = |name: &str| match name {
            name if name.contains("cudnn") => "cudnn",
            name if name.contains("blas") => "cublas",
            name if name.contains("rtc") => "cuda_nvrtc",
            name if name.contains("fft") => "cufft",
            _ => "rest",
        };
        complete(&dir.path().join("a"), shared);
        complete(&dir.path().join("b"), apart);
        for nvidia in ["a", "b"] {
            let found = cuda_libraries(&dir.path().join(nvidia));
            assert_eq!(
                names(&found),
                [
                    "libcudart.so.13",
                    "libnvJitLink.so.13",
                    "libnvrtc-builtins.so.13.0",
                    "libnvrtc.so.13",
                    "libcublasLt.so.13",
                    "libcublas.so.13",
                    "libcufft.so.12",
                    "libcurand.so.10",
                    "libcudnn_graph.so.9",
                    "libcudnn.so.9",
                ]
            );
            assert!(found.iter().all(|path| path.is_file()));
        }
    }

    #[test]
    fn half_of_them_are_none() {
        let dir = tempfile::tempdir().unwrap();
        assert!(cuda_libraries(&dir.path().join("none")).is_empty());
        complete(dir.path(), |_| "cu13");
        std::fs::remove_file(dir.path().join("cu13/lib/libcufft.so.12")).unwrap();
        // Another major version is another library.
        file(&dir.path().join("cu13/lib"), "libcufft.so.120");
        assert!(cuda_libraries(dir.path()).is_empty());
    }
}
