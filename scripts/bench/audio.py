#!/usr/bin/env python3
"""`augment audio` beside the tools that people use today: whole programs, turn by turn, in one run.

    scripts/bench/audio_corpus.py --out corpus
    cargo build --release
    scripts/bench/audio.py compare --corpus corpus        the work of audio_peers.py, by each peer and by augment
    scripts/bench/audio.py scaling --corpus corpus        one thread and two
    scripts/bench/audio.py memory --corpus corpus         peak memory of 1,000 and of 100,000 items
    scripts/bench/audio.py plan --corpus corpus           --dry-run of 100,000 items
    scripts/bench/audio.py resume --corpus corpus         the same command on a complete dataset of 10,000 items

Prints Markdown. Every figure is of the whole process: start-up, reading, planning, making, writing. What is warm: the corpus
in the page cache, and augment's index of it (its cache lies in the work folder and is filled by a --dry-run first). What is
not: the output folder, which is not there when a run begins; the disk is synced before. Peers run in as many processes as
augment has threads, and build and warm up everything before they fork.

Needs what audio_peers.py needs, for the Python that runs this.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
from pathlib import Path

import soundfile

from audio_libraries import wavs
from audio_peers import PEERS
from audio_runs import peak_memory_mb, run, spread, table

# What the peers do: no WAV of the original nor of the masked item, which they do not write either.
PEERS_WORK = """
[[transform]]
kind = "speed"
pitch = "{pitch}"
[[transform]]
kind = "room"
responses = {responses}
[[transform]]
kind = "noise"
recordings = {recordings}
[[transform]]
kind = "pitch"
"""
MASK_PICTURE = '[[transform]]\nkind = "frequency-mask"\naudio = "none"\n'
MASK = '[[transform]]\nkind = "frequency-mask"\n'
ARMS = {
    "augment": ("moved", MASK_PICTURE + "[output]\noriginals = {{ audio = false }}\n"),
    "augment, all it writes": ("moved", MASK),
    "augment, pitch kept": ("kept", MASK),
    "augment, WAVs alone": ("moved", "[output]\nimages = false\noriginals = {{ audio = false }}\n"),
}
ABOUT = {
    "augment": "4 WAVs, 6 pictures: the peers' work, and hashes, measurements, rows",
    "augment, all it writes": "6 WAVs, 6 pictures",
    "augment, pitch kept": "the same, speed by stretching",
    "augment, WAVs alone": "4 WAVs",
    "sox": "4 WAVs",
}
# Items that cost little disk: what is measured is their number.
MANY = """
[[transform]]
kind = "noise"
recordings = {recordings}
[mel]
image = {{ width = 16, height = 16 }}
[output]
audio = false
"""


class Bench:
    """The work folder: list of the utterances, recipes, cache of the index, outputs."""

    def __init__(self, args):
        self.args = args
        self.corpus = Path(args.corpus).resolve()
        self.folder = Path(args.work).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.out = self.folder / "out"
        self.aside = self.folder / "aside"
        self.utterances = wavs(self.corpus, "speech")[: args.limit]
        lines = ["audio,label", *(f"{path.name},speech" for path in self.utterances)]
        (self.folder / "list.csv").write_text("\n".join(lines) + "\n", encoding="utf8")
        self.environment = os.environ | {"XDG_CACHE_HOME": str(self.folder / "cache")}
        self.program = str(Path(args.augment).resolve())

    def recipe(self, name, copies, body, **words):
        """Writes a recipe and fills the cache of its index."""
        words |= {
            "responses": json.dumps(str(self.corpus / "rir")),
            "recordings": json.dumps(str(self.corpus / "noise")),
        }
        head = (
            f'seed = 1\n[corpus]\nkind = "manifest"\npath = "list.csv"\nroot = {json.dumps(str(self.corpus / "speech"))}\n'
            f"[balance]\ncopies = {copies}\n"
        )
        path = self.folder / f"{name.replace(', ', '-').replace(' ', '-')}.toml"
        path.write_text(head + body.format(**words), encoding="utf8")
        self.clear()
        run(self.augment(path, "--dry-run"), self.environment)
        return path

    def augment(self, recipe, *flags, threads=None):
        jobs = str(threads or self.args.threads)
        return [self.program, "audio", str(recipe), "--out", str(self.out), "--jobs", jobs, "--quiet", *flags]

    def peer(self, name):
        script = str(Path(__file__).resolve().parent / "audio_peers.py")
        words = ["--peer", name, "--corpus", str(self.corpus), "--out", str(self.out)]
        words += ["--processes", str(self.args.threads), "--limit", str(len(self.utterances))]
        return [sys.executable, script, *words, "--interpolation", self.args.interpolation]

    def fresh(self, command):
        """A run into a folder that is not there yet."""
        self.clear()
        return run(command, self.environment)

    def clear(self):
        """Moves what was made aside; it is removed in the end.

        For minutes after files are removed ext4 looks through their inodes whenever a new file is made, which was seen
        to add 7 ms of system time an utterance.
        """
        if self.out.exists():
            self.aside.mkdir(exist_ok=True)
            self.out.rename(self.aside / str(len(list(self.aside.iterdir()))))

    def ms(self, seconds):
        return 1e3 * seconds / len(self.utterances)


def compare(bench):
    args = bench.args
    commands = {
        name: bench.augment(bench.recipe(name, 1, PEERS_WORK + body, pitch=pitch))
        for name, (pitch, body) in ARMS.items()
    }
    commands |= {name: bench.peer(name) for name in args.peers.split(",") if name}
    runs = {name: [] for name in commands}
    for repeat in range(args.repeats):
        # Another one begins each time, so that none always follows the same.
        order = list(commands)
        for name in order[repeat % len(order) :] + order[: repeat % len(order)]:
            runs[name].append(bench.fresh(commands[name]))
            print(f"{repeat + 1}: {name}: {runs[name][-1].cpu_s:.2f} s CPU", file=sys.stderr, flush=True)
    memory = {}
    for name, command in commands.items():
        bench.clear()
        single = max(made.largest_rss_mb for made in runs[name])
        memory[name] = single if name in ARMS else peak_memory_mb(command)
    audio_s = sum(soundfile.info(path).duration for path in bench.utterances)
    rows = []
    for name, made in runs.items():
        against = "augment, WAVs alone" if name in ("sox", "augment, WAVs alone") else "augment"
        ratios = [one.cpu_s / ours.cpu_s for one, ours in zip(made, runs[against])]
        starts = [0.0 if name in ARMS else json.loads(one.output)["start_cpu_s"] for one in made]
        rows.append(
            [
                name,
                ABOUT.get(name, "4 WAVs, 6 pictures"),
                spread([bench.ms(one.cpu_s) for one in made]),
                f"{statistics.median(bench.ms(one.cpu_s - start) for one, start in zip(made, starts)):.1f}",
                spread([one.wall_s for one in made], 2),
                f"{audio_s / statistics.median(one.wall_s for one in made):.0f}",
                f"{memory[name]:.0f}",
                spread(ratios, 2),
            ]
        )
    print(
        f"{len(bench.utterances)} utterances, {audio_s:.0f} s of audio; {args.threads} threads or processes; median of "
        f"{args.repeats} runs (lowest to highest), turn by turn; pictures: {args.interpolation}\n"
    )
    headings = [
        "",
        "makes of an utterance",
        "CPU ms an utterance",
        "without start-up",
        "wall s",
        "audio s per wall s",
        "peak MB",
    ]
    print(table([*headings, "CPU, times augment's for the same files"], rows))
    print(
        '\nThe last column is taken run by run; sox and "WAVs alone" are divided by "WAVs alone". Start-up: imports, warm-up '
        "and whatever is built before the work; of augment it is part of its figure. Peak MB: of the peers PSS over all "
        "processes, in a run of its own; of augment, which is one process, the largest resident set."
    )


def scaling(bench):
    recipe = bench.recipe("augment", 1, PEERS_WORK + ARMS["augment"][1], pitch="moved")
    runs = {threads: [] for threads in (1, 2)}
    for _ in range(bench.args.repeats):
        for threads, made in runs.items():
            made.append(bench.fresh(bench.augment(recipe, threads=threads)))
    rows = [
        [threads, spread([one.wall_s for one in made], 2), spread([bench.ms(one.cpu_s) for one in made])]
        for threads, made in runs.items()
    ]
    print(table(["threads", "wall s", "CPU ms an utterance"], rows))
    gains = [one.wall_s / two.wall_s for one, two in zip(runs[1], runs[2])]
    print(f"\nFrom 1 to 2 threads: {spread(gains, 2)} times as fast, run by run.")


def copies_for(bench, items):
    """New items of each utterance, so that with the originals there are about as many."""
    return max(1, round(items / len(bench.utterances)) - 1)


def memory(bench):
    rows = []
    for items in (1000, bench.args.items or 100_000):
        recipe = bench.recipe(f"many-{items}", copies_for(bench, items), MANY)
        made = bench.fresh(bench.augment(recipe))
        count = sum(1 for _ in open(bench.out / "manifest.jsonl", encoding="utf8"))
        rows.append([count, made.largest_rss_mb, made.wall_s])
    shown = [[f"{count:,}", f"{peak:.1f}", f"{wall:.1f}"] for count, peak, wall in rows]
    print(table(["items", "peak MB", "wall s"], shown))
    (few, low, _), (many, high, _) = rows
    print(
        f"\n{(high - low) * 2**20 / (many - few):.0f} bytes an item. Pictures of 16 x 16 pixels, no WAVs; "
        f"{bench.args.threads} threads."
    )


def plan(bench):
    recipe = bench.recipe("plan", copies_for(bench, bench.args.items or 100_000), MANY)
    runs = [bench.fresh(bench.augment(recipe, "--dry-run", "--json")) for _ in range(bench.args.repeats)]
    items = json.loads(runs[0].output)["forecast"]["items"]
    print(f"--dry-run of {items:,} items: {spread([one.wall_s for one in runs], 2)} s")


def resume(bench):
    recipe = bench.recipe("resume", copies_for(bench, bench.args.items or 10_000), MANY)
    first = bench.fresh(bench.augment(recipe, "--json"))
    runs = [run(bench.augment(recipe, "--json"), bench.environment) for _ in range(bench.args.repeats)]
    told = json.loads(runs[-1].output)
    if told["made"] or not told["complete"]:
        sys.exit(f"nothing should have been left to make: {runs[-1].output}")
    print(
        f"the same command on a complete dataset of {told['forecast']['items']:,} items: "
        f"{spread([one.wall_s for one in runs], 2)} s (making it: {first.wall_s:.1f} s)"
    )


COMMANDS = {"compare": compare, "scaling": scaling, "memory": memory, "plan": plan, "resume": resume}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--corpus", required=True, help="folder made by audio_corpus.py")
    parser.add_argument("--work", default="target/bench-audio", help="folder for recipes, cache and outputs")
    parser.add_argument("--augment", default="target/release/augment")
    parser.add_argument("--peers", default=",".join(PEERS), help="compare: which")
    parser.add_argument("--threads", type=int, default=2, help="threads of augment, processes of the peers")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--limit", type=int, help="only the first utterances")
    parser.add_argument("--items", type=int, help="memory, plan, resume: another number of items")
    parser.add_argument(
        "--interpolation", choices=("nearest", "bilinear"), default="nearest", help="of the peers' pictures"
    )
    args = parser.parse_args()
    bench = Bench(args)
    COMMANDS[args.command](bench)
    for folder in (bench.out, bench.aside):
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
