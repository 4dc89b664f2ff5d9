#!/usr/bin/env python3
"""The work of `augment audio` written with the tools that people use today, as a careful engineer would.

    scripts/bench/audio_peers.py --peer librosa --corpus corpus --out DIR [--processes 2] [--limit 400]

For every utterance of the corpus: read it, cut the silence off both ends, make four WAVs (speed by resampling, room, noise
at 5 to 20 dB, pitch) and six mel pictures (the original, those four, one with a frequency mask): 496 x 369 pixels, 8 bits
with a palette. sox makes the four WAVs alone, of the uncut recording. Which factor, room, noise and pitch an utterance gets
depends on its name alone, so that all peers do the same.

What a careful engineer does: recordings, responses, filter banks and resampling kernels are loaded or built once, before
the work is shared among forked processes; every library is called once beforehand; arrays stay float32; FFTs have lengths
that are products of small primes; pictures are palette indices, resized as such and packed with zlib's fastest level.

Needs: pip install librosa soxr soundfile scipy Pillow matplotlib, for the peers torch torchaudio (of one release) and
audiomentations; Debian's sox
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import time
import warnings
import zlib
from pathlib import Path

for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(pool, "1")
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

from audio_libraries import (  # noqa: E402
    FACTORS,
    N_MELS,
    RATE,
    SEMITONES,
    Audiomentations,
    Librosa,
    Sox,
    TorchAudio,
    wavs,
)

WIDTH, HEIGHT = 496, 369
MASK_WIDTHS = (15, 20, 25)


def write(path, samples):
    """16 bits, turned down as a whole where it would clip."""
    peak = float(np.abs(samples).max())
    soundfile.write(path, samples / peak if peak > 1 else samples, RATE, subtype="PCM_16")


class Choices:
    """What is drawn for one utterance."""

    def __init__(self, name):
        def fraction(key):
            return zlib.crc32(f"{key} {name}".encode()) / 2**32

        self.factor = FACTORS[int(fraction("factor") * len(FACTORS))]
        self.semitones = SEMITONES[int(fraction("semitones") * len(SEMITONES))]
        self.room, self.noise = int(fraction("room") * 10), int(fraction("noise") * 10)
        self.place = fraction("place")
        self.snr_db = 5 + 15 * fraction("snr")
        self.mask_width = MASK_WIDTHS[int(fraction("width") * len(MASK_WIDTHS))]
        self.mask_start = int(fraction("start") * (N_MELS - self.mask_width))


class Painter:
    """Decibels to a palette PNG, low frequencies at the bottom, colours over the picture's own range."""

    def __init__(self, interpolation):
        import matplotlib
        from PIL import Image

        self.image = Image
        self.palette = matplotlib.colormaps["viridis"](np.arange(256), bytes=True)[:, :3].tobytes()
        self.how = Image.Resampling[interpolation.upper()]

    def paint(self, decibels, path):
        low, high = float(decibels.min()), float(decibels.max())
        indices = ((decibels[::-1] - low) * (255.99 / max(high - low, 1e-9))).astype(np.uint8)
        picture = self.image.fromarray(indices).resize((WIDTH, HEIGHT), self.how)
        picture.putpalette(self.palette)
        picture.save(path, format="PNG", compress_level=1)


class InProcess:
    """A library's share of the work: the WAVs and pictures of one utterance."""

    def __init__(self, library, painter):
        self.library, self.painter = library, painter

    def make(self, path, base, choices):
        library, paint = self.library, self.painter.paint
        signal = library.load(path)
        for name in ("speed", "room", "noise", "pitch"):
            made = getattr(library, name)(signal, choices)
            write(f"{base}.{name}.wav", library.samples(made))
            paint(library.mel(made), f"{base}.{name}.png")
        decibels = library.mel(signal)
        paint(decibels, f"{base}.original.png")
        paint(library.mask(decibels, choices), f"{base}.mask.png")

    def warm_up(self, path, base):
        """Fills every cache that a call fills: one utterance at each pitch and factor."""
        choices = Choices("")
        for number, semitones in enumerate(SEMITONES):
            choices.semitones, choices.factor = semitones, FACTORS[number % len(FACTORS)]
            self.make(path, base, choices)


LIBRARIES = {"librosa": Librosa, "audiomentations": Audiomentations, "torchaudio": TorchAudio}
PEERS = (*LIBRARIES, "sox")
WORK = {}


def one(path):
    """Called in the forked processes, which find in WORK what was built before the fork."""
    WORK["peer"].make(path, WORK["out"] / path.stem, Choices(path.stem))


def cpu_seconds():
    """Of this process and of those it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, choices=PEERS)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--out", required=True, help="is emptied first")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--interpolation", choices=("nearest", "bilinear"), default="nearest", help="of the pictures")
    args = parser.parse_args()
    out = Path(args.out)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    paths = wavs(args.corpus, "speech")[: args.limit]
    if args.peer == "sox":
        (out / "filters").mkdir()
        WORK.update(out=out, peer=Sox(args.corpus, out / "filters"))
    else:
        peer = InProcess(LIBRARIES[args.peer](args.corpus), Painter(args.interpolation))
        WORK.update(out=out, peer=peer)
        peer.warm_up(paths[0], out / paths[0].stem)
    begun, start_cpu = time.perf_counter(), cpu_seconds()
    if args.processes == 1:
        for path in paths:
            one(path)
    else:
        with multiprocessing.get_context("fork").Pool(args.processes) as pool:
            for _ in pool.imap_unordered(one, paths, chunksize=2):
                pass
    told = {"utterances": len(paths), "start_cpu_s": start_cpu, "work_s": time.perf_counter() - begun}
    print(json.dumps({name: round(value, 3) for name, value in told.items()}))


if __name__ == "__main__":
    main()
