#!/usr/bin/env python3
"""What balancing does to a recognizer of spoken digits: four training sets, the same held-out speakers, several seeds.

    python3 scripts/experiments/digits.py --corpus free-spoken-digit-dataset/recordings --out out/digits

Half of the digits are cut to a fifth of their recordings. Trained are, for the same number of steps, `resnet-cnn`s on

- unbalanced:  the recordings that are left
- duplicated:  the small classes filled up with copies at other levels, whose mel images are the same
- paper:       the small classes filled up by speed, room, noise, pitch and frequency mask (mixture = "paper")
- even:        every class the same share of originals and of each transform (mixture = "even")

and measured on all recordings of two speakers that none of them has heard. UA with its mean over seeds, differences between
arms with their 95 % confidence intervals (paired by seed, Student's t) go to stdout as Markdown; OUT/results.json holds every
number. A finished training is not repeated.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARMS = ["unbalanced", "duplicated", "paper", "even"]
PAIRS = [("duplicated", "unbalanced"), ("paper", "unbalanced"), ("even", "unbalanced"), ("paper", "duplicated"),
         ("even", "paper")]
CUT = ["0", "2", "4", "6", "8"]
HELD = ["theo", "yweweler"]
# Two-sided 95 % quantiles of Student's t by degrees of freedom.
STUDENT = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}

CORPUS = """seed = {seed}
[corpus]
kind = "pattern"
root = {corpus}
regex = '(?:^|/)(?<label>\\d)_(?<speaker>[a-z]+)_\\d+$'
{keep}
[prepare]
sample_rate = 8000
min_seconds = 0.1
[split]
group_by = "speaker"
validation_groups = {held}
[balance]
{balance}
short = "accept"
[mel]
n_fft = 512
hop_length = 128
n_mels = 64
image = {{ width = 64, height = 64 }}
"""

COPIES = """[[transform]]
kind = "gain"
gain_db = [-12, -3]
"""

TRANSFORMS = """[[transform]]
kind = "speed"
factors = [0.75, 1.25]
[[transform]]
kind = "room"
responses = {rir}
[[transform]]
kind = "noise"
recordings = {noise}
snr_db = [5, 20]
[[transform]]
kind = "pitch"
semitones = [-4, -2, 2, 4]
[[transform]]
kind = "frequency-mask"
widths = [8, 10, 12]
"""

TRAIN = """seed = {seed}
[data]
audio = "data-{arm}"
[network]
kind = "resnet-cnn"
widths = [16, 32, 64, 128]
[train]
batch = 32
steps = {steps}
learning_rate = 2e-3
weight_decay = 1e-2
schedule = "cosine"
keep = "last"
"""


def augment(arguments, program):
    """What a command prints; classes that stay short (exit code 2) are seen in the results."""
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"augment {' '.join(map(str, arguments))}\n{done.stderr}")
    return done.stdout


def corpus(options, seed, balance, keep, transforms):
    text = CORPUS.format(seed=seed, corpus=json.dumps(str(options.corpus.resolve())), held=json.dumps(HELD),
                         balance=balance, keep=keep)
    return text + transforms.format(rir=json.dumps(str(ROOT / "rir")), noise=json.dumps(str(ROOT / "noise")))


def dataset(options, folder, name, text):
    recipe = folder / f"{name}.toml"
    recipe.write_text(text)
    augment(["audio", recipe, "--out", folder / f"data-{name}", "--jobs", options.jobs], options.augment)


def sources(options, folder, text):
    """Training recordings of each class."""
    recipe = folder / "count.toml"
    recipe.write_text(text)
    counted = augment(["audio", recipe, "--out", folder / "none", "--dry-run", "--json"], options.augment)
    return {label: entry["trainable"] for label, entry in json.loads(counted)["plan"].items()}


def one_seed(options, seed, whole):
    folder = options.out / f"seed{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    keep = "keep = { " + ", ".join(f'"{digit}" = {options.kept}' for digit in CUT) + " }"
    left = sources(options, folder, corpus(options, seed, 'train_per_class = "largest"', keep, COPIES))
    table = "train_per_class = { " + ", ".join(f'"{label}" = {count}' for label, count in sorted(left.items())) + " }"
    largest = 'train_per_class = "largest"'
    even = largest + '\nmixture = "even"'
    texts = {
        "unbalanced": corpus(options, seed, table, keep, COPIES),
        "duplicated": corpus(options, seed, largest, keep, COPIES),
        "paper": corpus(options, seed, largest, keep, TRANSFORMS),
        "even": corpus(options, seed, even, keep, TRANSFORMS),
    }
    results = {}
    for arm in ARMS:
        dataset(options, folder, arm, texts[arm])
        recipe = folder / f"train-{arm}.toml"
        recipe.write_text(TRAIN.format(seed=seed, arm=arm, steps=options.steps))
        model = folder / f"model-{arm}"
        augment(["train", recipe, "--out", model, "--jobs", options.jobs], options.augment)
        measured = json.loads(augment(["evaluate", model, whole, "--json"], options.augment))["models"][0]
        assert measured["trained_on"] == 0
        results[arm] = {key: measured[key] for key in ("ua", "wa", "wf1", "rows", "classes")}
        run = json.loads((folder / f"data-{arm}" / "run.json").read_text())
        results[arm]["items"] = run["counts"]["items"]["train"]
        print(f"seed {seed}, {arm}: UA {measured['ua']:.4f}", file=sys.stderr)
    return results


def interval(values):
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, math.nan
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return mean, STUDENT[len(values) - 1] * deviation / math.sqrt(len(values))


def tables(results):
    """Shares in percent: arms, then differences."""
    lines = ["| training set | items | UA, mean | each seed | recall of the cut digits | of the others |", "|---|---|---|---|---|---|"]
    ua = {arm: [100 * run[arm]["ua"] for run in results.values()] for arm in ARMS}

    def recall(arm, cut):
        recalls = [entry["recall"] for run in results.values() for label, entry in run[arm]["classes"].items()
                   if (label in CUT) == cut]
        return 100 * sum(recalls) / len(recalls)

    for arm in ARMS:
        items = [sum(sum(kinds.values()) for kinds in run[arm]["items"].values()) for run in results.values()]
        span = f"{min(items)}" if min(items) == max(items) else f"{min(items)} to {max(items)}"
        each = ", ".join(f"{value:.1f}" for value in ua[arm])
        lines.append(f"| {arm} | {span} | {sum(ua[arm]) / len(ua[arm]):.1f} | {each} | {recall(arm, True):.1f} | {recall(arm, False):.1f} |")
    lines += ["", "| difference in UA | mean | 95 % interval |", "|---|---|---|"]
    for first, second in PAIRS:
        mean, half = interval([a - b for a, b in zip(ua[first], ua[second])])
        lines.append(f"| {first} − {second} | {mean:+.1f} | {mean - half:+.1f} to {mean + half:+.1f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=pathlib.Path, required=True, help="folder of DIGIT_SPEAKER_TAKE.wav")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--augment", default=str(ROOT / "target/release/augment"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--kept", type=int, default=12, help="recordings that are left of each cut digit")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    # All recordings of the held-out speakers, also of the digits that are cut for training.
    whole = corpus(options, 0, "copies = 1", "", COPIES)
    dataset(options, options.out, "whole", whole)
    results = {seed: one_seed(options, seed, options.out / "data-whole") for seed in range(1, options.seeds + 1)}
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(tables(results))


if __name__ == "__main__":
    main()
