"""Test signals of the audio quality table: mono float32 at 16 kHz.

Speech comes from a corpus folder (scripts/bench/audio_corpus.py); all else is computed here, the same in every run.
"""

import json
from functools import cache
from pathlib import Path

import librosa
import numpy as np
import soundfile

RATE = 16000
SINE_HZ = 440.0

# Vowels: F1, F2, F3 in Hz, about those of men in the tables of Peterson and Barney (1952), and one F4 for all.
VOWELS = {
    "i": (270, 2290, 3010),
    "e": (530, 1840, 2480),
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
    "schwa": (500, 1500, 2500),
}
F4_HZ = 3500.0
BANDWIDTHS_HZ = (60.0, 90.0, 120.0, 160.0)
# Five steps of equal ratio from 100 to 250 Hz; most periods are no whole number of samples.
VOWEL_F0_HZ = tuple(round(100 * 2.5 ** (step / 4), 1) for step in range(5))


def read(path):
    return soundfile.read(path, dtype="float32")[0]


@cache
def speech(corpus, count=6):
    """The first `count` utterances with 2.0 to 3.2 s of speech, silence cut off at both ends."""
    listed = json.loads((Path(corpus) / "corpus.json").read_text())["speech"]
    fitting = [name for name, facts in sorted(listed.items()) if 2.0 < facts["speech_s"] < 3.2][:count]
    return [librosa.effects.trim(read(Path(corpus) / "speech" / name), top_db=40)[0] for name in fitting]


def sine(hertz=SINE_HZ, seconds=3.0):
    """Half of full scale."""
    n = np.arange(int(seconds * RATE))
    return (0.5 * np.sin(2 * np.pi * hertz * n / RATE)).astype(np.float32)


def clicks(seconds=3.0):
    """Single-sample clicks about every 0.25 s, at no multiple of any hop, over noise at -60 dBFS: (signal, places).

    The noise matters: in digital silence a phase vocoder has nothing to spread a click with, and looks sharp.
    """
    signal = 1e-3 * np.random.default_rng(5).standard_normal(int(seconds * RATE))
    # Every click comes 37 samples (2.3 ms) later in its quarter of a second than the one before.
    places = [k * RATE // 4 + 37 * k for k in range(1, int(4 * seconds) - 1)]
    signal[places] += 0.9
    return signal.astype(np.float32), places


def impulse(length=4001, at=2000):
    signal = np.zeros(length, np.float32)
    signal[at] = 1.0
    return signal


def resonances_db(hertz, formants, bandwidths):
    """Level in dB of a cascade of two-pole resonators, each with a gain of 1 at 0 Hz."""
    hertz = np.asarray(hertz, float)
    level = np.zeros_like(hertz)
    for centre, bandwidth in zip(formants, bandwidths):
        pole = -np.pi * bandwidth + 2j * np.pi * centre
        s = 2j * np.pi * hertz
        level += 20 * np.log10(abs(pole) ** 2 / np.abs((s - pole) * (s - np.conj(pole))))
    return level


def vowel(name, f0, seconds=1.5):
    """A steady vowel: harmonics that fall by 6 dB an octave, shaped by four resonances, over noise at -70 dB."""
    n = np.arange(int(seconds * RATE))
    harmonics = f0 * np.arange(1, int(7600 / f0) + 1)
    levels = resonances_db(harmonics, (*VOWELS[name], F4_HZ), BANDWIDTHS_HZ) - 20 * np.log10(harmonics / 100)
    phases = np.random.default_rng(1).uniform(0, 0.6, len(harmonics))
    signal = sum(
        10 ** (level / 20) * np.cos(2 * np.pi * hertz * n / RATE + phase)
        for hertz, level, phase in zip(harmonics, levels, phases)
    )
    signal *= 0.5 / np.abs(signal).max()
    signal += 10 ** (-70 / 20) * signal.std() * np.random.default_rng(2).standard_normal(len(n))
    return signal.astype(np.float32)


def sung(f0, pitch_ratio=1.0, time_ratio=1.0, hop=128):
    """Harmonics that follow an f0 track (Hz, a value every `hop` samples), or what an exact shift and stretch make of them."""
    length = round((len(f0) - 1) * hop / time_ratio)
    place = np.arange(length) * time_ratio / hop
    hertz = pitch_ratio * np.exp(np.interp(place, np.arange(len(f0)), np.log(f0)))
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    parts = (np.where(number * hertz < 7500, np.cos(number * phase), 0) / number for number in range(1, 60))
    return (0.1 * sum(parts)).astype(np.float32)


def gated_noise(bursts=48, on=1.2, off=1.3):
    """White noise switched on and off: (signal, samples where it is switched off)."""
    period = int((on + off) * RATE)
    signal = np.zeros(bursts * period, np.float32)
    noise = np.random.default_rng(3)
    ends = []
    for burst in range(bursts):
        start, end = burst * period, burst * period + int(on * RATE)
        signal[start:end] = 0.1 * noise.standard_normal(end - start)
        ends.append(end)
    return signal, ends
