#!/usr/bin/env python3
"""Attempts per second of `augment text` beside the paper's way, in one run, one thread, turn by turn.

    scripts/bench/text.py --table train.tsv --text 0 --label 1 --encoder DIR --masked-lm DIR [--augment PROGRAM]

The paper's way: transformers and PyTorch on the processor, one sentence at a time; an attempt replaces one random word by
one of the ten likeliest of a masked language model and encodes the original and the new sentence. The networks are built from
the folders' config.json with random weights, which does not change their speed; loading them is not timed.

augment: the whole process, from start to the finished dataset, models loaded, on the same sentences. "Tested" are attempts
that made a sentence for the gate, as each attempt of the paper's way does; "attempts" are all, those that found no word
left to try or none that the guards let come among them. Fills alone, once with the standard guards and once with the plain
gate.

Needs: pip install torch transformers
"""

import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True, help="tab-separated sentences without a heading")
    parser.add_argument("--text", type=int, default=0, help="column of the text")
    parser.add_argument("--label", type=int, default=1, help="column of the label")
    parser.add_argument("--encoder", required=True, help="folder of the sentence encoder")
    parser.add_argument("--masked-lm", required=True, help="folder of the masked language model")
    parser.add_argument("--augment", default="target/release/augment")
    parser.add_argument("--sentences", type=int, default=1500, help="sentences that new ones are made of")
    parser.add_argument("--per-source", type=int, default=2, help="new sentences of each")
    parser.add_argument("--peer-sentences", type=int, default=150)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def sentences(args):
    """Sentences of one label each, in the order of the table, without repeats."""
    with open(args.table, encoding="utf8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    seen, kept = set(), []
    for row in rows:
        text, label = row[args.text].strip(), row[args.label]
        if "," in label or len(text.split()) < 3 or text.lower() in seen:
            continue
        seen.add(text.lower())
        kept.append(text)
    random.Random(0).shuffle(kept)
    return kept[: args.sentences]


class PapersWay:
    """One sentence at a time."""

    def __init__(self, args):
        import torch
        from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertModel

        torch.set_num_threads(1)
        self.torch = torch
        self.tokenizer = AutoTokenizer.from_pretrained(args.encoder)
        self.encoder = BertModel(BertConfig.from_pretrained(args.encoder)).eval()
        self.model = BertForMaskedLM(BertConfig.from_pretrained(args.masked_lm)).eval()
        self.draw = random.Random(0)

    def tokens(self, text):
        return self.tokenizer(text, return_tensors="pt", truncation=True, max_length=256, padding=False)

    def embed(self, text):
        tokens = self.tokens(text)
        hidden = self.encoder(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1)
        return self.torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)[0]

    def fill(self, text):
        words = text.split()
        at = self.draw.randrange(len(words))
        words[at] = self.tokenizer.mask_token
        tokens = self.tokens(" ".join(words))
        gap = (tokens["input_ids"][0] == self.tokenizer.mask_token_id).nonzero()
        if len(gap) == 0:
            return text
        best = self.model(**tokens).logits[0, gap[0, 0]].topk(10).indices.tolist()
        words[at] = self.tokenizer.decode([self.draw.choice(best)])
        return " ".join(words)

    def rate(self, texts):
        with self.torch.no_grad():
            for text in texts[:5]:
                self.embed(self.fill(text))
            begun = time.perf_counter()
            for text in texts:
                float(self.embed(text) @ self.embed(self.fill(text)))
            return len(texts) / (time.perf_counter() - begun)


def ours(args, folder, guard):
    """One whole run; attempts, tested and accepted sentences per second."""
    need = args.sentences * (1 + args.per_source)
    recipe = f"""seed = 1
[corpus]
kind = "manifest"
path = "sentences.csv"
[balance]
train_per_class = {need}
short = "accept"
[text]
threshold = 0.9
p_backtranslate = 0.0
reserve = 0.0
[text.gate]
model = {json.dumps(os.path.abspath(args.encoder))}
guard = "{guard}"
[text.fill]
model = {json.dumps(os.path.abspath(args.masked_lm))}
"""
    path = os.path.join(folder, f"{guard}.toml")
    with open(path, "w", encoding="utf8") as file:
        file.write(recipe)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [args.augment, "text", path, "--out", os.path.join(out, "d"), "--jobs", "1", "--device", "cpu", "--json"]
        begun = time.perf_counter()
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        seconds = time.perf_counter() - begun
    if ran.returncode not in (0, 2):
        sys.exit(ran.stderr)
    routes = json.loads(ran.stdout)["routes"]
    tried = sum(routes["tried"].values())
    tested = tried - sum(routes["empty"].values())
    return tried / seconds, tested / seconds, sum(routes["made"].values()) / seconds


def shown(values):
    return f"{statistics.median(values):8.1f}  ({min(values):.1f} to {max(values):.1f})"


def main():
    args = arguments()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    texts = sentences(args)
    args.sentences = len(texts)
    peer = PapersWay(args)
    figures = ("attempts", "tested", "accepted")
    paper = []
    rates = {(guard, figure): [] for guard in ("standard", "none") for figure in figures}
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "sentences.csv"), "w", encoding="utf8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "text", "label"])
            writer.writerows([f"s{index}", text, "all"] for index, text in enumerate(texts))
        for _ in range(args.repeats):
            paper.append(peer.rate(texts[: args.peer_sentences]))
            for guard in ("standard", "none"):
                for figure, rate in zip(figures, ours(args, folder, guard)):
                    rates[guard, figure].append(rate)
    print(f"a second, median of {args.repeats} (lowest to highest), one thread, {len(texts)} sentences")
    print(f"  paper's way: attempts             {shown(paper)}")
    for (guard, figure), values in rates.items():
        print(f"  augment, guard {guard:8}: {figure:8} {shown(values)}")
    for guard in ("standard", "none"):
        for figure in ("attempts", "tested"):
            ratios = [ours / peer for ours, peer in zip(rates[guard, figure], paper)]
            print(f"  {figure:8} to the paper's way, guard {guard:8} {shown(ratios)}")


main()
