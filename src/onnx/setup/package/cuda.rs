//! The packages with CUDA.
//!
//! CUDA's are those of CUDA 13.0 Update 2, which ONNX Runtime 1.31's packages are compiled with: every driver that
//! serves CUDA 13 serves them, while newer ones would compile code that the first such drivers can't take. cuDNN is
//! the release that PyTorch 2.12 ships with the same CUDA.

use super::Package;

pub(super) const X86_64: &[Package] = &[
    Package {
        name: "onnxruntime-gpu",
        version: "1.31.1",
        file: "onnxruntime_gpu-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl",
        platform: "manylinux_2_28_x86_64",
        sha256: "05d548956197b9d01f59b625de740e0d6be3593f874e241a12dc0362650ecdf7",
        bytes: 255_569_273,
        unpacked: 313_790_377,
        take: &[
            ("onnxruntime/LICENSE", "LICENSE"),
            ("onnxruntime/ThirdPartyNotices.txt", "ThirdPartyNotices.txt"),
            (
                "onnxruntime/capi/libonnxruntime.so.1.31.1",
                "libonnxruntime.so.1.31.1",
            ),
            (
                "onnxruntime/capi/libonnxruntime_providers_cuda.so",
                "libonnxruntime_providers_cuda.so",
            ),
            (
                "onnxruntime/capi/libonnxruntime_providers_shared.so",
                "libonnxruntime_providers_shared.so",
            ),
        ],
    },
    Package {
        name: "nvidia-cuda-runtime",
        version: "13.0.96",
        file: "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        platform: "manylinux_2_17_x86_64",
        sha256: "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
        bytes: 2_243_632,
        unpacked: 763_550,
        take: &[
            (
                "nvidia_cuda_runtime-13.0.96.dist-info/licenses/License.txt",
                "cuda/LICENSE-nvidia-cuda-runtime.txt",
            ),
            ("nvidia/cu13/lib/libcudart.so.13", "cuda/libcudart.so.13"),
        ],
    },
    Package {
        name: "nvidia-nvjitlink",
        version: "13.0.88",
        file: "nvidia_nvjitlink-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
        platform: "manylinux_2_12_x86_64",
        sha256: "13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b",
        bytes: 40_713_933,
        unpacked: 98_865_998,
        take: &[
            (
                "nvidia_nvjitlink-13.0.88.dist-info/licenses/License.txt",
                "cuda/LICENSE-nvidia-nvjitlink.txt",
            ),
            ("nvidia/cu13/lib/libnvJitLink.so.13", "cuda/libnvJitLink.so.13"),
        ],
    },
    Package {
        name: "nvidia-cuda-nvrtc",
        version: "13.0.88",
        file: "nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
        platform: "manylinux_2_12_x86_64",
        sha256: "ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575",
        bytes: 90_215_200,
        unpacked: 113_777_942,
        take: &[
            (
                "nvidia_cuda_nvrtc-13.0.88.dist-info/licenses/License.txt",
                "cuda/LICENSE-nvidia-cuda-nvrtc.txt",
            ),
            (
                "nvidia/cu13/lib/libnvrtc-builtins.so.13.0",
                "cuda/libnvrtc-builtins.so.13.0",
            ),
            ("nvidia/cu13/lib/libnvrtc.so.13", "cuda/libnvrtc.so.13"),
        ],
    },
    Package {
        name: "nvidia-cublas",
        version: "13.1.0.3",
        file: "nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl",
        platform: "manylinux_2_27_x86_64",
        sha256: "ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171",
        bytes: 423_133_236,
        unpacked: 595_832_838,
        take: &[
            (
                "nvidia_cublas-13.1.0.3.dist-info/licenses/License.txt",
                "cuda/LICENSE-nvidia-cublas.txt",
            ),
            ("nvidia/cu13/lib/libcublas.so.13", "cuda/libcublas.so.13"),
            ("nvidia/cu13/lib/libcublasLt.so.13", "cuda/libcublasLt.so.13"),
        ],
    },
    Package {
        name: "nvidia-cufft",
        version: "12.0.0.61",
        file: "nvidia_cufft-12.0.0.61-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        platform: "manylinux_2_17_x86_64",
        sha256: "6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3",
        bytes: 214_085_489,
        unpacked: 286_601_614,
        take: &[
            (
                "nvidia_cufft-12.0.0.61.dist-info/licenses/License.txt",
                "cuda/LICENSE-nvidia-cufft.txt",
            ),
            ("nvidia/cu13/lib/libcufft.so.12", "cuda/libcufft.so.12"),
        ],
    },
    Package {
        name: "nvidia-curand",
        version: "10.4.0.35",
        file: "nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl",
        platform: "manylinux_2_27_x86_64",
        sha256: "1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc",
        bytes: 59_544_258,
        unpacked: 132_757_590,
        take: &[
            (
                "nvidia_curand-10.4.0.35.dist-info/licenses/License.txt",
                "cuda/LICENSE-nvidia-curand.txt",
            ),
            ("nvidia/cu13/lib/libcurand.so.10", "cuda/libcurand.so.10"),
        ],
    },
    Package {
        name: "nvidia-cudnn-cu13",
        version: "9.20.0.48",
        file: "nvidia_cudnn_cu13-9.20.0.48-py3-none-manylinux_2_27_x86_64.whl",
        platform: "manylinux_2_27_x86_64",
        sha256: "0c45dd8eeb50b603f07995b1b300c62ffe6a1980482b82b3bcf94a4ca9d49304",
        bytes: 366_173_588,
        unpacked: 493_437_126,
        take: &[
            (
                "nvidia_cudnn_cu13-9.20.0.48.dist-info/licenses/License.txt",
                "cuda/LICENSE-nvidia-cudnn-cu13.txt",
            ),
            ("nvidia/cudnn/lib/libcudnn.so.9", "cuda/libcudnn.so.9"),
            ("nvidia/cudnn/lib/libcudnn_adv.so.9", "cuda/libcudnn_adv.so.9"),
            ("nvidia/cudnn/lib/libcudnn_cnn.so.9", "cuda/libcudnn_cnn.so.9"),
            (
                "nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9",
                "cuda/libcudnn_engines_precompiled.so.9",
            ),
            (
                "nvidia/cudnn/lib/libcudnn_engines_runtime_compiled.so.9",
                "cuda/libcudnn_engines_runtime_compiled.so.9",
            ),
            ("nvidia/cudnn/lib/libcudnn_graph.so.9", "cuda/libcudnn_graph.so.9"),
            (
                "nvidia/cudnn/lib/libcudnn_heuristic.so.9",
                "cuda/libcudnn_heuristic.so.9",
            ),
            ("nvidia/cudnn/lib/libcudnn_ops.so.9", "cuda/libcudnn_ops.so.9"),
        ],
    },
];
