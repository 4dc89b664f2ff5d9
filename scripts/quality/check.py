#!/usr/bin/env python3
"""Checks datasets of `augment text` without its own gate, and shows random new sentences.

    scripts/quality/check.py --encoder DIR [--sample 30] [--seed 1] DATASET...

A logistic regression on sentence embeddings is fitted on the originals of each dataset, in five folds by source, so that
neither a source nor what was made of it is ever judged by a model that saw them. Printed for each route: how often the
class it finds for a new sentence is another than the one it finds for its source, how often each is the labelled one, and
how often a sentence with the right class before has a wrong one after. With --sample, random new sentences as a table.

DIR: a folder with model.onnx and tokenizer.json of a sentence encoder that is pooled by the mean, such as
all-MiniLM-L6-v2 (`augment models list` tells where it lies).
Needs: pip install numpy onnxruntime scikit-learn tokenizers
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
import onnxruntime
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from tokenizers import Tokenizer

ROWS = 32
TOKENS = 256


class Encoder:
    """Texts to vectors of length 1: the mean over tokens, then L2."""

    def __init__(self, folder, threads):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The shipped file asks for 128 tokens, always.
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.inputs = {port.name for port in self.session.get_inputs()}

    def encode(self, texts):
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        out = [None] * len(rows)
        for start in range(0, len(order), ROWS):
            batch = order[start : start + ROWS]
            width = max(len(rows[row]) for row in batch)
            ids = np.zeros((len(batch), width), np.int64)
            mask = np.zeros_like(ids)
            for line, row in enumerate(batch):
                ids[line, : len(rows[row])] = rows[row]
                mask[line, : len(rows[row])] = 1
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            feed = {name: value for name, value in feed.items() if name in self.inputs}
            hidden = self.session.run(None, feed)[0]
            mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
            mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
            for line, row in enumerate(batch):
                out[row] = mean[line]
        return np.array(out)


def read(dataset):
    with open(dataset / "manifest.jsonl", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    originals = {row["source_id"]: row for row in rows if row["transform"] == "original"}
    made = [row for row in rows if row["transform"] in ("fill", "translation")]
    return originals, [row for row in made if row["source_id"] in originals]


def folds(originals, encoder):
    """The class found for each original and, by its source, a model that has seen neither."""
    ids = sorted(originals)
    vectors = encoder.encode([originals[key]["text"] for key in ids])
    labels = np.array([originals[key]["label"] for key in ids])
    found, judges = {}, {}
    for fit, held in GroupKFold(n_splits=5).split(vectors, labels, ids):
        judge = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced")
        judge.fit(vectors[fit], labels[fit])
        for row, label in zip(held, judge.predict(vectors[held])):
            found[ids[row]] = label
            judges[ids[row]] = judge
    return found, judges


def check(dataset, encoder):
    originals, made = read(dataset)
    if not made:
        raise SystemExit(f"{dataset}: holds no new sentences")
    found, judges = folds(originals, encoder)
    vectors = encoder.encode([row["text"] for row in made])
    for route in sorted({row["transform"] for row in made}):
        rows = [index for index, row in enumerate(made) if row["transform"] == route]
        changed = lost = right = source_right = 0
        for index in rows:
            row = made[index]
            before = found[row["source_id"]]
            after = judges[row["source_id"]].predict(vectors[index : index + 1])[0]
            changed += before != after
            right += after == row["label"]
            source_right += before == row["label"]
            lost += before == row["label"] != after
        share = lambda count, of=len(rows): f"{count} of {of} ({100 * count / max(of, 1):.1f} %)"
        print(f"{dataset} {route}: another class found: {share(changed)}; labelled class found of the sources: "
              f"{share(source_right)}, of the new sentences: {share(right)}; right before and wrong after: "
              f"{share(lost, source_right)}")
    return originals, made


def sample(originals, made, count, seed):
    for route in sorted({row["transform"] for row in made}):
        rows = [row for row in made if row["transform"] == route]
        print(f"\n{route}\n\n| label | original | new | cosine |\n|---|---|---|---|")
        for row in random.Random(seed).sample(rows, min(count, len(rows))):
            cell = lambda text: " ".join(text.split()).replace("|", "\\|")
            old = originals[row["source_id"]]["text"]
            print(f"| {row['label']} | {cell(old)} | {cell(row['text'])} | {row['scores']['similarity']:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", metavar="DATASET", nargs="+", type=Path)
    parser.add_argument("--encoder", required=True, type=Path)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    encoder = Encoder(arguments.encoder, arguments.threads)
    for dataset in arguments.datasets:
        originals, made = check(dataset, encoder)
        if arguments.sample:
            sample(originals, made, arguments.sample, arguments.seed)


if __name__ == "__main__":
    main()
