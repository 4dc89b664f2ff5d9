#!/usr/bin/env python3
"""The work of `augment audio` written with the tools that people use today, as a careful engineer would.

    scripts/bench/audio_peers.py --peer librosa --corpus corpus --out DIR [--processes 2] [--limit 400]

For every utterance of the corpus: read it, cut the silence off both ends, make four WAVs (speed by resampling, room, noise at 5 to
20 dB, pitch) and six mel pictures (the original, those four, one with a frequency mask): 496 x 369 pixels, 8 bits with a
palette. sox makes the four WAVs alone, of the uncut recording. Which factor, room, noise and pitch an utterance gets depends on
its name alone, so that all peers do the same.

What a careful engineer does: recordings, responses, filter banks and resampling kernels are loaded or built once, before the work
is shared among forked processes; every library is called once beforehand; arrays stay float32; FFTs have lengths that are
products of small primes; pictures are palette indices, resized as such and packed with zlib's fastest level.

Needs: pip install librosa soxr soundfile scipy Pillow matplotlib, for the peers torch torchaudio and audiomentations; Debian's sox
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import time
import warnings
import zlib
from fractions import Fraction
from pathlib import Path

for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(pool, "1")
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

RATE, N_FFT, HOP, N_MELS = 16000, 1024, 512, 128
WIDTH, HEIGHT = 496, 369
FACTORS, SEMITONES, MASK_WIDTHS = (0.75, 1.25), (-4, -2, 2, 4), (15, 20, 25)


def wavs(corpus, kind):
    return sorted((Path(corpus) / kind).glob("*.wav"))


def read(path):
    return soundfile.read(path, dtype="float32")[0]


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


class Librosa:
    """librosa, its resampler soxr called directly, scipy's overlap-add convolution."""

    def __init__(self, corpus):
        import librosa
        import scipy.signal
        import soxr

        self.librosa, self.soxr, self.signal = librosa, soxr, scipy.signal
        self.noises = [read(path) for path in wavs(corpus, "noise")]
        self.responses = [response / np.sqrt((response**2).sum()) for response in map(read, wavs(corpus, "rir"))]
        self.filters = librosa.filters.mel(sr=RATE, n_fft=N_FFT, n_mels=N_MELS, htk=True, norm=None)

    def load(self, path):
        return self.librosa.effects.trim(read(path), top_db=40, frame_length=512, hop_length=128)[0]

    def samples(self, signal):
        return signal

    def speed(self, signal, choices):
        return self.soxr.resample(signal, RATE * choices.factor, RATE, quality="HQ")

    def room(self, signal, choices):
        return self.signal.oaconvolve(signal, self.responses[choices.room])[: len(signal)]

    def backdrop(self, length, choices):
        """A part of the recording as long as the signal."""
        recording = self.noises[choices.noise]
        start = int(choices.place * (len(recording) - length))
        return recording[start : start + length]

    def noise(self, signal, choices):
        part = self.backdrop(len(signal), choices)
        gain = np.sqrt(np.dot(signal, signal) / np.dot(part, part) / 10 ** (choices.snr_db / 10))
        return signal + part * gain

    def pitch(self, signal, choices):
        return self.librosa.effects.pitch_shift(signal, sr=RATE, n_steps=choices.semitones)

    def mel(self, signal):
        """In decibels, as deep as 80 below the loudest."""
        spectrum = self.librosa.stft(signal, n_fft=N_FFT, hop_length=HOP, pad_mode="reflect")
        return self.librosa.power_to_db(self.filters @ np.abs(spectrum) ** 2, top_db=80)

    def mask(self, decibels, choices):
        masked = decibels.copy()
        masked[choices.mask_start : choices.mask_start + choices.mask_width] = masked.min()
        return masked


class Audiomentations(Librosa):
    """audiomentations, which stretches with Signalsmith. It has no speed change and no mel: Resample and librosa stand in."""

    def __init__(self, corpus):
        super().__init__(corpus)
        import audiomentations

        self.speeds = {f: audiomentations.Resample(int(RATE / f), int(RATE / f), p=1) for f in FACTORS}
        self.pitches = {s: audiomentations.PitchShift(s, s, p=1) for s in SEMITONES}
        self.rooms = audiomentations.ApplyImpulseResponse(str(Path(corpus) / "rir"), p=1)
        self.backdrops = audiomentations.AddBackgroundNoise(
            str(Path(corpus) / "noise"), min_snr_db=5, max_snr_db=20, p=1
        )

    def speed(self, signal, choices):
        return self.speeds[choices.factor](signal, RATE)

    def room(self, signal, choices):
        return self.rooms(signal, RATE)

    def noise(self, signal, choices):
        return self.backdrops(signal, RATE)

    def pitch(self, signal, choices):
        return self.pitches[choices.semitones](signal, RATE)


class TorchAudio(Librosa):
    """torchaudio's transforms, each built once. Its fftconvolve and pitch_shift are taken apart where a few lines make them fast."""

    def __init__(self, corpus):
        super().__init__(corpus)
        import torch
        import torchaudio
        from scipy.fft import next_fast_len
        from torchaudio import transforms

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        self.torch, self.functional, self.next_fast_len = torch, torchaudio.functional, next_fast_len
        self.responses = [torch.from_numpy(response)[None] for response in self.responses]
        self.noises = [torch.from_numpy(recording)[None] for recording in self.noises]
        self.speeds = {factor: transforms.Speed(RATE, factor) for factor in FACTORS}
        # The exact ratio of rates needs a kernel of gigabytes and seconds a call; this one is within 0.11 cent.
        ratios = {step: Fraction(2 ** (step / 12)).limit_denominator(64) for step in SEMITONES}
        self.resamplers = {s: transforms.Resample(r.numerator, r.denominator) for s, r in ratios.items()}
        self.spectrum = transforms.MelSpectrogram(RATE, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS, mel_scale="htk")
        self.decibels = transforms.AmplitudeToDB("power", top_db=80)

    def load(self, path):
        return self.torch.from_numpy(super().load(path))[None]

    def samples(self, signal):
        return signal[0].numpy()

    def speed(self, signal, choices):
        return self.speeds[choices.factor](signal)[0]

    def room(self, signal, choices):
        """`fftconvolve` at a length whose factors are small: at the exact one it takes four times as long."""
        response, fft = self.responses[choices.room], self.torch.fft
        length = self.next_fast_len(signal.shape[-1] + response.shape[-1] - 1, real=True)
        product = fft.rfft(signal, n=length) * fft.rfft(response, n=length)
        return fft.irfft(product, n=length)[..., : signal.shape[-1]]

    def noise(self, signal, choices):
        length = signal.shape[-1]
        start = int(choices.place * (self.noises[choices.noise].shape[-1] - length))
        part = self.noises[choices.noise][..., start : start + length]
        return self.functional.add_noise(signal, part, self.torch.tensor([choices.snr_db]))

    def pitch(self, signal, choices):
        steps = self.functional.functional
        stretched = steps._stretch_waveform(signal, choices.semitones)
        return steps._fix_waveform_shape(self.resamplers[choices.semitones](stretched), signal.size())

    def mel(self, signal):
        return self.decibels(self.spectrum(signal))[0].numpy()


class Sox:
    """sox on the command line, file to file: four WAVs, no pictures, nothing cut off."""

    def __init__(self, corpus, folder):
        self.recordings = wavs(corpus, "noise")
        self.filters = []
        for number, path in enumerate(wavs(corpus, "rir")):
            response = read(path)
            response /= np.sqrt((response**2).sum())
            # `fir` takes half of the filter's length off the front: zeros before it keep the speech in place.
            kept = Path(folder) / f"room-{number}.txt"
            np.savetxt(kept, np.r_[np.zeros(len(response) - 1), response], fmt="%.8g")
            self.filters.append(str(kept))

    def run(self, *words):
        command = ["sox", "-D", *words]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def rms(self, path, *effects):
        told = subprocess.run(["sox", path, "-n", *effects, "stat"], capture_output=True, text=True, check=True).stderr
        return next(float(line.split(":")[1]) for line in told.splitlines() if line.startswith("RMS     amplitude"))

    def make(self, path, base, choices):
        path = str(path)
        self.run(path, "-b", "16", f"{base}.speed.wav", "speed", str(choices.factor), "rate", "-h", str(RATE))
        self.run("-G", path, "-b", "16", f"{base}.room.wav", "fir", self.filters[choices.room])
        frames = soundfile.info(path).frames
        recording = str(self.recordings[choices.noise])
        cut = ("trim", f"{int(choices.place * (soundfile.info(recording).frames - frames))}s", f"{frames}s")
        gain = self.rms(path) / self.rms(recording, *cut) / 10 ** (choices.snr_db / 20)
        backdrop = f"|sox {recording} -p {' '.join(cut)}"
        self.run("-m", "-v", "1", path, "-v", f"{gain:.6f}", backdrop, "-b", "16", f"{base}.noise.wav")
        self.run(path, "-b", "16", f"{base}.pitch.wav", "pitch", str(100 * choices.semitones), "rate", "-h", str(RATE))


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
