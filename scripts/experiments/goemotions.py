#!/usr/bin/env python3
"""What balancing does to a classifier of emotions in sentences: four training sets, one untouched test split, several seeds.

    python3 scripts/experiments/goemotions.py --corpus goemotions --encoder all-MiniLM-L6-v2 --masked-lm distilbert-base-uncased \\
        --out out/goemotions

The corpus is a folder with train.tsv, dev.tsv and test.tsv of text, label numbers and id (GoEmotions in seven classes). Five
classes are cut to --kept sentences, the two rarest, disgust and fear, to a tenth of that, and trained on are

- unbalanced:  the sentences that are left
- duplicated:  every class repeated to the largest ([train] oversample)
- augmented:   `augment text` fills the small classes up with new sentences, as far as its guards allow
- both:        the augmented set, every class repeated to the largest

for the same number of steps. UA and macro F1 on all single-label rows of test.tsv go to stdout as Markdown, with differences
and their 95 % intervals (paired by seed, Student's t); OUT/results.json holds every number. A finished part is not repeated.
"""

import argparse
import csv
import json
import pathlib
import sys

from digits import augment, interval

LABELS = ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"]
CUT = ["disgust", "fear"]
ARMS = ["unbalanced", "duplicated", "augmented", "both"]
PAIRS = [("duplicated", "unbalanced"), ("augmented", "unbalanced"), ("augmented", "duplicated"),
         ("both", "unbalanced"), ("both", "duplicated")]

DATA = """seed = {seed}
[corpus]
kind = "manifest"
path = {table}
multi_label = "drop"
label_separator = ","
label_map = {{ {labels} }}
{keep}
[split]
group_by = "text"
[balance]
train_per_class = {wanted}
short = "accept"
[text]
p_backtranslate = 0.0
reserve = 3.0
[text.gate]
model = {encoder}
[text.fill]
model = {masked_lm}
"""

TRAIN = """seed = {seed}
[data]
text = {data}
[network]
{network}
[encoder]
model = {encoder}
[train]
batch = {batch}
steps = {steps}
learning_rate = {rate}
weight_decay = 1e-3
schedule = "cosine"
keep = "last"
oversample = {oversample}
"""


def table(options):
    """All rows in one file, with the split of each: train, with the development rows, and test.

    Sentences of test are not trained on: where a class is cut, the guard of splits no longer sees all of test.
    """
    path = options.out / "rows.csv"
    def same(text):
        return "".join(letter for letter in text.casefold() if letter.isalnum())

    held = {same(line.split("\t")[0]) for line in (options.corpus / "test.tsv").read_text().splitlines()}
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label", "id", "split"])
        for name, split in [("train", "train"), ("dev", "train"), ("test", "test")]:
            for line in (options.corpus / f"{name}.tsv").read_text().splitlines():
                text, label, identity = line.split("\t")
                if split == "train" and same(text) in held:
                    continue
                rows.writerow([text, label, f"{name}-{identity}", split])
    return path


def dataset(options, folder, name, seed, wanted, kept):
    recipe = folder / f"{name}.toml"
    keep = "keep = { " + ", ".join(f"{label} = {count}" for label, count in kept.items()) + " }" if kept else ""
    recipe.write_text(DATA.format(
        seed=seed, table=json.dumps(str((options.out / "rows.csv").resolve())), wanted=wanted, keep=keep,
        labels=", ".join(f'{number} = "{label}"' for number, label in enumerate(LABELS)),
        encoder=json.dumps(options.encoder), masked_lm=json.dumps(options.masked_lm)))
    augment(["text", recipe, "--out", folder / name, "--jobs", options.jobs], options.augment)
    return folder / name


def one_seed(options, seed, whole):
    folder = options.out / f"seed{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    kept = {label: options.kept // 10 if label in CUT else options.kept for label in LABELS}
    counts = "{ " + ", ".join(f"{label} = {count}" for label, count in kept.items()) + " }"
    data = {"unbalanced": dataset(options, folder, "cut", seed, counts, kept),
            "augmented": dataset(options, folder, "filled", seed, options.kept, kept)}
    data["duplicated"], data["both"] = data["unbalanced"], data["augmented"]
    results = {}
    for arm in ARMS:
        recipe = folder / f"train-{options.name}-{arm}.toml"
        recipe.write_text(TRAIN.format(
            seed=seed, data=json.dumps(str(data[arm].resolve())), network=options.network, batch=options.batch,
            encoder=json.dumps(options.encoder), steps=options.steps, rate=options.rate,
            oversample=str(arm in ("duplicated", "both")).lower()))
        model = folder / f"model-{options.name}-{arm}"
        augment(["train", recipe, "--out", model, "--jobs", options.jobs], options.augment)
        told = augment(["evaluate", model, whole, "--split", "test", "--json"], options.augment)
        measured = json.loads(told)["models"][0]
        assert measured["trained_on"] == 0
        items = json.loads((data[arm] / "run.json").read_text())["counts"]["items"]["train"]
        f1 = [entry["f1"] for entry in measured["classes"].values()]
        results[arm] = {"ua": measured["ua"], "macro_f1": sum(f1) / len(f1), "rows": measured["rows"],
                        "classes": measured["classes"], "items": items}
        print(f"seed {seed}, {arm}: UA {measured['ua']:.4f}, macro F1 {results[arm]['macro_f1']:.4f}", file=sys.stderr)
    return results


def tables(results):
    lines = ["| training set | sentences of disgust and fear | UA, mean | each seed | macro F1, mean | each seed | recall of disgust and fear | of the others |",
             "|---|---|---|---|---|---|---|---|"]
    values = {(arm, key): [100 * run[arm][key] for run in results.values()] for arm in ARMS for key in ("ua", "macro_f1")}

    def recall(arm, cut):
        recalls = [entry["recall"] for run in results.values() for label, entry in run[arm]["classes"].items()
                   if (label in CUT) == cut]
        return 100 * sum(recalls) / len(recalls)

    for arm in ARMS:
        small = [str(sum(sum(run[arm]["items"][label].values()) for label in CUT)) for run in results.values()]
        cells = [arm, ", ".join(small)]
        for key in ("ua", "macro_f1"):
            each = values[arm, key]
            cells += [f"{sum(each) / len(each):.1f}", ", ".join(f"{value:.1f}" for value in each)]
        cells += [f"{recall(arm, True):.1f}", f"{recall(arm, False):.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| difference | UA | 95 % interval | macro F1 | 95 % interval |", "|---|---|---|---|---|"]
    for first, second in PAIRS:
        cells = [f"{first} − {second}"]
        for key in ("ua", "macro_f1"):
            mean, half = interval([a - b for a, b in zip(values[first, key], values[second, key])])
            cells += [f"{mean:+.1f}", f"{mean - half:+.1f} to {mean + half:+.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--encoder", required=True, help="a sentence encoder, as models are named")
    parser.add_argument("--masked-lm", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--augment", default=str(pathlib.Path(__file__).resolve().parents[2] / "target/release/augment"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--kept", type=int, default=1000, help="sentences of each class that is not rare")
    parser.add_argument("--name", default="head", help="what the models' folders are called")
    parser.add_argument("--network", default='kind = "text-head"\nhidden = 128')
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    table(options)
    whole = dataset(options, options.out, "whole", 0, '"smallest"', None)
    results = {seed: one_seed(options, seed, whole) for seed in range(1, options.seeds + 1)}
    (options.out / f"results-{options.name}.json").write_text(json.dumps(results, indent=1) + "\n")
    print(tables(results))


if __name__ == "__main__":
    main()
