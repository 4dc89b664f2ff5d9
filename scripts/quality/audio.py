#!/usr/bin/env python3
"""The quality of the audio transforms beside that of other tools, on the same signals by the same measures.

    scripts/bench/audio_corpus.py --out corpus
    cargo build --release --example transform
    scripts/quality/audio.py --corpus corpus --transform target/release/examples/transform \\
        [--only pitch,stretch] [--tools augment,R3] [--json FILE]

Prints a table in Markdown for each transform, and first what the measures read where nothing is wrong. Ours are measured
on float samples, before they are rounded to 16 bits. What is measured is in audio_quality.py, the measures in
audio_measures.py, the signals in audio_signals.py, the other tools in audio_tools.py.

Needs: pip install librosa soundfile scipy soxr. Others are measured where they are installed: pip install torch torchaudio
python-stretch, Debian's sox and rubberband-cli.
"""

import argparse
import json
import os
import sys
from pathlib import Path

for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(pool, "1")
sys.path.insert(0, str(Path(__file__).parent))

import audio_tools as tools  # noqa: E402
from audio_quality import (  # noqa: E402
    FACTORS,
    SEMITONES,
    floors,
    formant_quality,
    noise_quality,
    pitch_quality,
    room_quality,
    speed_quality,
    stretch_quality,
)


def table(rows):
    """Markdown of {(name, setting): figures}."""
    columns = list(dict.fromkeys(key for row in rows.values() for key in row if key != "all"))
    lines = [f"| | {' | '.join(column.replace('_', ' ') for column in columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        shown = ["" if row.get(column) is None else f"{row[column]:.3g}" for column in columns]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def each(contenders, settings, quality, wanted):
    """A row for each tool and setting."""
    rows = {}
    for name, tool in contenders.items():
        if not wanted(name):
            continue
        for setting in settings:
            sign = "+" if setting in SEMITONES and setting > 0 else ""
            rows[f"{name}, {sign}{setting}"] = quality(tool, setting)
            print(f"measured: {name}, {setting}", file=sys.stderr, flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, help="folder with speech, noise, rir and corpus.json")
    parser.add_argument("--transform", help="the example program; without it only the other tools are measured")
    parser.add_argument("--only", default="floors,speed,pitch,stretch,formants,room,noise", help="which tables")
    parser.add_argument("--tools", default="", help="only those whose names hold one of these words (not room, noise)")
    parser.add_argument("--json", help="also write the figures to this file")
    args = parser.parse_args()
    ours = tools.Augment(args.transform) if args.transform else None
    words = [word for word in args.tools.split(",") if word]

    def wanted(name):
        return not words or any(word in name for word in words)

    tables = {
        "floors": lambda: floors(args.corpus),
        "speed": lambda: each(
            tools.speed_tools(ours), FACTORS, lambda tool, factor: speed_quality(tool, factor, args.corpus), wanted
        ),
        "pitch": lambda: each(
            tools.pitch_tools(ours), SEMITONES, lambda tool, steps: pitch_quality(tool, steps, args.corpus), wanted
        ),
        "stretch": lambda: each(
            tools.stretch_tools(ours), FACTORS, lambda tool, factor: stretch_quality(tool, factor, args.corpus), wanted
        ),
        "formants": lambda: {
            name: formant_quality(tool) for name, tool in tools.formant_tools(ours).items() if wanted(name)
        },
        "room": lambda: room_quality(ours, args.corpus),
        "noise": lambda: noise_quality(ours, args.corpus),
    }
    unknown = set(args.only.split(",")) - set(tables)
    if unknown:
        parser.error(f"--only: found {', '.join(sorted(unknown))}; allowed are {', '.join(tables)}")
    results = {}
    for name in args.only.split(","):
        results[name] = tables[name]()
        print(f"\n## {name}\n\n{table(results[name])}", flush=True)
    if args.json:
        Path(args.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
