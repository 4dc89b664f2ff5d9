"""What happens to a graph after optimum's export: nothing of the exporting machine stays in it, and it gets small.

Exporters may write stack traces with paths into doc strings and metadata, and name every inner value after its scope. The
graph's inputs, outputs and weights keep their names; inner values get short ones, nodes none.
"""

import re
from pathlib import Path

import onnx


def clean(path: Path) -> None:
    model = onnx.load(path)
    del model.metadata_props[:]
    model.doc_string = ""
    kept = {v.name for v in [*model.graph.input, *model.graph.output]}
    _clean_graph(model.graph, kept, {})
    onnx.checker.check_model(model)
    onnx.save(model, path)
    _refuse_machine_traces(path)


def _clean_graph(graph: onnx.GraphProto, kept: set[str], short: dict[str, str]) -> None:
    """`short` maps old names to new ones and is shared with the branches of an `If`, which see the outer names."""
    kept |= {tensor.name for tensor in graph.initializer}
    graph.doc_string = ""
    del graph.metadata_props[:]
    del graph.value_info[:]

    def rename(name: str) -> str:
        return name if not name or name in kept else short.setdefault(name, f"v{len(short)}")

    for tensor in graph.initializer:
        tensor.doc_string = ""
    for value in [*graph.input, *graph.output]:
        value.doc_string = ""
        value.name = rename(value.name)
    for node in graph.node:
        node.doc_string = ""
        node.name = ""
        del node.metadata_props[:]
        node.input[:] = [rename(name) for name in node.input]
        node.output[:] = [rename(name) for name in node.output]
        for attribute in node.attribute:
            attribute.doc_string = ""
            if attribute.type == onnx.AttributeProto.TENSOR:
                attribute.t.doc_string = ""
            if attribute.type == onnx.AttributeProto.GRAPH:
                _clean_graph(attribute.g, kept, short)


def _refuse_machine_traces(path: Path) -> None:
    found = re.search(rb"(/home/|/root/|/tmp/|/usr/|site-packages|\.py\b|https?://)", path.read_bytes())
    if found:
        raise SystemExit(f"{path}: the graph still holds {found.group(0)!r}")


def describe(path: Path) -> str:
    model = onnx.load(path)
    names = lambda values: ", ".join(value.name for value in values)  # noqa: E731
    return f"{path.name}: {names(model.graph.input)} -> {names(model.graph.output)}"
