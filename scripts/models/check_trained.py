"""Checks a model of `augment train` with other ONNX tools: its file gives the probabilities that `augment evaluate` wrote.

    augment evaluate MODEL DATASET --out EVALUATION
    OMP_NUM_THREADS=1 python scripts/models/check_trained.py MODEL DATASET EVALUATION [SPLIT]

onnx.checker has to accept model.onnx, with its shapes inferred strictly. ONNX Runtime and ONNX's reference evaluator, which is
plain NumPy, then get what preparation.json describes: the dataset's images from -1 to 1, and the features of its texts, computed
here from the encoder's own graph (mean of the token vectors, no text longer than the encoder takes). Says what was measured;
exits 1 when something differs. Needs Pillow beside requirements.txt.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator
from PIL import Image
from tokenizers import Tokenizer

ALLOWED = 1e-4


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def session(graph: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])


def image(path: Path) -> np.ndarray:
    pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32)
    return pixels.transpose(2, 0, 1) / 127.5 - 1


def features(folder: Path, texts: list[str]) -> np.ndarray:
    """The encoder's vectors, scaled to a mean square of 1 and rounded to 16 bits."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    encoder = session(next(path for path in (folder / "onnx/model.onnx", folder / "model.onnx") if path.exists()))
    wanted = {value.name for value in encoder.get_inputs()}
    rows = []
    for text in texts:
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        tokens = encoder.run(None, {name: value for name, value in feeds.items() if name in wanted})[0]
        vector = tokens[0].astype(np.float64).mean(0)
        rows.append((vector / np.sqrt((vector**2).mean())).astype(np.float16))
    return np.array(rows, dtype=np.float32)


def feeds(model: Path, dataset: Path, rows: list[dict]) -> dict[str, np.ndarray]:
    preparation = json.loads((model / "preparation.json").read_text(encoding="utf-8"))
    made = {}
    if preparation["image"]:
        made["image"] = np.stack([image(dataset / row["mel_path"]) for row in rows])
    if preparation["text"]:
        made["text"] = features(model / preparation["text"]["model"], [row["text"] for row in rows])
    return made


def probabilities(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def main(model: Path, dataset: Path, evaluation: Path, split: str = "validation") -> int:
    graph = model / "model.onnx"
    onnx.checker.check_model(str(graph), full_check=True)
    loaded = onnx.load(graph)
    onnx.shape_inference.infer_shapes(loaded, check_type=True, strict_mode=True, data_prop=True)
    print(f"ok   {graph}: onnx.checker, IR {loaded.ir_version}, opset {loaded.opset_import[0].version}")
    rows = [row for row in lines(dataset / "manifest.jsonl") if row["split"] == split]
    told = {row["prediction"]["id"]: row["prediction"]["probabilities"] for row in lines(evaluation / "predictions.jsonl")}
    expected = np.array([told[row["id"]] for row in rows])
    inputs = feeds(model, dataset, rows)
    runtime, reference = session(graph), ReferenceEvaluator(loaded)
    everything = runtime.run(["logits"], inputs)[0]
    alone = [{name: value[i : i + 1] for name, value in inputs.items()} for i in range(len(rows))]
    found = {
        "ONNX Runtime, all rows at once": everything,
        "ONNX Runtime, row by row": np.concatenate([runtime.run(["logits"], row)[0] for row in alone]),
        "ONNX's reference evaluator": np.concatenate([reference.run(["logits"], row)[0] for row in alone]),
    }
    failed = 0
    for name, logits in found.items():
        differences = np.abs(probabilities(logits) - expected).max(), np.abs(logits - everything).max()
        bad = not differences[0] <= ALLOWED
        failed += bad
        print(
            f"{'FAIL' if bad else 'ok  '} {name}: {len(rows)} rows, probabilities differ by {differences[0]:.1e} from "
            f"augment's (allowed {ALLOWED:g}), logits by {differences[1]:.1e} from ONNX Runtime's"
        )
    return int(failed > 0)


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    sys.exit(main(*map(Path, sys.argv[1:4]), *sys.argv[4:]))
