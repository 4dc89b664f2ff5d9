"""The smaller files that the hub keeps beside model.onnx: dynamic int8 and half precision."""

from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16

import onnx_files


def quantized(source: Path) -> Path:
    """Dynamic int8: activations are scaled by the largest value of the whole batch, so rows depend on their batch."""
    target = source.with_name(source.stem + "_quantized.onnx")
    quantize_dynamic(source, target, weight_type=QuantType.QInt8)
    onnx_files.clean(target)
    return target


def half(source: Path) -> Path:
    """Weights and inner values in float16, inputs and outputs in float32."""
    target = source.with_name(source.stem + "_fp16.onnx")
    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), target)
    onnx_files.clean(target)
    return target
