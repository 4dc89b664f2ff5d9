"""Exports a model with optimum's own exporter, so that the graphs have its names and layouts."""

import shutil
import tempfile
from pathlib import Path

from optimum.exporters.onnx import onnx_export_from_model

import onnx_files


def export(model, task: str, folder: Path, subfolder: str = "") -> list[Path]:
    """Puts the graphs of `task` into `folder/subfolder` and config.json, generation_config.json into `folder`.

    optimum compares each graph with the PyTorch model before it returns.
    """
    target = folder / subfolder
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        onnx_export_from_model(model, output=scratch, task=task)
        graphs = sorted(Path(scratch).glob("*.onnx"))
        for graph in graphs:
            onnx_files.clean(graph)
            shutil.copy(graph, target / graph.name)
            print("  " + onnx_files.describe(graph))
    return [target / graph.name for graph in graphs]
