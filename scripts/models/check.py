"""Checks the committed masked LMs and sentence encoders against their goldens with ONNX Runtime alone.

    OMP_NUM_THREADS=1 python scripts/models/check.py

Every graph has to agree within 1e-4 for one text at a time and for a padded batch of several, fp16 and int8 within
what they lose; int8, and it alone, has to give other rows in a batch. Says what was measured; exits 1 when something
differs. The translators are checked while make.py makes them, through optimum's own generation.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

MODELS = Path(__file__).resolve().parents[2] / "tests" / "models"
# Graph, golden, and the largest difference of a logit that its precision explains.
FILLS = [
    ("bert-mlm/onnx/model.onnx", "bert-mlm.fills.jsonl", 1e-4),
    ("bert-mlm/onnx/model_fp16.onnx", "bert-mlm.fills.jsonl", 0.1),
    ("bert-mlm/onnx/model_quantized.onnx", "bert-mlm.fills.jsonl", 0.5),
    ("distilbert-mlm/model.onnx", "distilbert-mlm.fills.jsonl", 1e-4),
]
ENCODERS = ["sentence-encoder/onnx/model.onnx", "sentence-encoder-pooled/model.onnx"]


def rows(name: str) -> list[dict]:
    lines = (MODELS / "goldens" / name).read_text(encoding="utf-8").strip("\n").split("\n")
    return [json.loads(line) for line in lines]


def run(graph: Path, batches: list[list[list[int]]]) -> list[dict[str, np.ndarray]]:
    """The outputs of each batch of ids by name; shorter rows are padded with 0 on the right."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(MODELS / graph, options, providers=["CPUExecutionProvider"])
    wanted = {value.name for value in session.get_inputs()}
    outputs = []
    for batch in batches:
        width = max(map(len, batch))
        ids = np.array([row + [0] * (width - len(row)) for row in batch], dtype=np.int64)
        mask = np.array([[1] * len(row) + [0] * (width - len(row)) for row in batch], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        values = session.run(None, {name: value for name, value in feeds.items() if name in wanted})
        outputs.append(dict(zip((value.name for value in session.get_outputs()), values)))
    return outputs


def batched(items: list, size: int) -> list[list]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def fill_difference(graph: str, golden: str, size: int) -> float:
    worst = 0.0
    groups = batched(rows(golden), size)
    for group, output in zip(groups, run(Path(graph), [[row["ids"] for row in group] for group in groups])):
        for i, row in enumerate(group):
            logits = output["logits"][i, row["position"]].astype(np.float64)
            worst = max(worst, np.abs(logits[row["top_ids"]] - row["top_logits"]).max())
            worst = max(worst, abs(np.log(np.exp(logits).sum()) - row["logsumexp"]))
    return worst


def embedding_difference(graph: str, size: int) -> float:
    ids = {row["text"]: row["ids"] for row in rows("sentence-encoder.tokens.jsonl")}
    worst = 0.0
    groups = batched(rows("sentence-encoder.embeddings.jsonl"), size)
    for group, output in zip(groups, run(Path(graph), [[ids[row["text"]] for row in group] for group in groups])):
        for i, row in enumerate(group):
            if "sentence_embedding" in output:
                got = output["sentence_embedding"][i]
            else:
                got = output["last_hidden_state"][i, : len(ids[row["text"]])].mean(0)
                got = got / np.linalg.norm(got)
            worst = max(worst, np.abs(got - row["embedding"]).max())
    return worst


def batch_dependence(graph: str, golden: str, size: int) -> float:
    """How far a row's logits move when it shares a padded batch instead of running alone."""
    ids = [row["ids"] for row in rows(golden)]
    alone = run(Path(graph), [[one] for one in ids])
    together = run(Path(graph), batched(ids, size))
    worst = 0.0
    for i, one in enumerate(ids):
        shared = together[i // size]["logits"][i % size, : len(one)]
        worst = max(worst, float(np.abs(alone[i]["logits"][0] - shared).max()))
    return worst


def main() -> int:
    measured = []  # what, difference, smallest and largest difference allowed
    for size in (1, 16):
        for graph, golden, allowed in FILLS:
            measured.append((f"{graph} and its golden, batch {size}", fill_difference(graph, golden, size), 0, allowed))
        for graph in ENCODERS:
            measured.append((f"{graph} and its golden, batch {size}", embedding_difference(graph, size), 0, 1e-4))
    for graph, golden, _ in FILLS:
        least, most = (0.01, 1.0) if "quantized" in graph else (0, 1e-3 if "fp16" in graph else 1e-5)
        measured.append((f"{graph} alone and in a batch of 7", batch_dependence(graph, golden, 7), least, most))
    failed = [name for name, difference, least, most in measured if not least <= difference <= most]
    for name, difference, least, most in measured:
        print(f"{'FAIL' if name in failed else 'ok  '} {name}: {difference:.1e} (allowed {least:g} to {most:g})")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
