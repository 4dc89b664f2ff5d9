#!/usr/bin/env python3
"""A corpus to measure on, the same in every run: speech by espeak-ng, noises, room responses; 16 kHz, mono, 16 bits.

    scripts/bench/audio_corpus.py --out corpus [--utterances 400]

    corpus/speech/utt_0000.wav ...   lengths as in conversation: lognormal, 4.4 s in the mean, 1 to 15 s; 13 voices in
                                     5 accents, many heights and rates; 0.05 to 0.35 s without speech at both ends; a
                                     floor of soft noise
    corpus/noise/*.wav               10 recordings of 30 s
    corpus/rir/*.wav                 10 room responses, RT60 from 0.2 to 1.0 s
    corpus/corpus.json               what each file is

Needs espeak-ng on the path; pip install numpy scipy soundfile soxr
"""

import argparse
import io
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy import signal as scipy_signal

RATE = 16000
SEED = 7
SENTENCES = """
Could you pass me the blue folder on the desk?
No, I never said that to anybody.
The train leaves at seven, so we had better hurry.
What a lovely surprise!
I waited for an hour and nobody came to the door.
Please sit down and tell me what happened.
They moved the meeting to Thursday without asking us.
Honestly, I could not care less.
My brother bought a little house near the harbour last spring.
Stop it, both of you.
Did you hear the rain during the night?
It is only a scratch, it will heal in a few days.
She laughed so hard that the neighbours knocked on the wall.
Why would anyone throw away such a good chair?
We have been through worse than this together.
Give me one good reason to stay.
The soup needs more salt and a bit of time.
I am so glad you found your way home.
There must be some mistake in this bill.
Nobody told me that the shop was closed.
Look, the fog is lifting over the valley.
Take the second street on the left and then ask again.
You always find the right words for it.
That was the last straw as far as I am concerned.
""".strip().splitlines()
ACCENTS = ("en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029")
VARIANTS = ("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5")


def spoken(text, voice, words_per_minute, height):
    """Speech without the silence at its ends."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-p", str(height), "--stdout", text]
    wav = bytearray(subprocess.run(command, check=True, capture_output=True).stdout)
    # To a pipe espeak-ng cannot write how long the data is.
    data = wav.index(b"data")
    wav[data + 4 : data + 8] = (len(wav) - data - 8).to_bytes(4, "little")
    samples, rate = soundfile.read(io.BytesIO(bytes(wav)), dtype="float32")
    samples = soxr.resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.005 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def utterance(number):
    """Samples and facts of one utterance."""
    draw = np.random.default_rng([SEED, 0, number])
    spread = 0.6
    seconds = float(np.clip(draw.lognormal(np.log(4.67) - spread**2 / 2, spread), 1.0, 15.0))
    voice = str(draw.choice(ACCENTS)) + str(draw.choice(VARIANTS))
    speed, height = int(draw.integers(130, 211)), int(draw.integers(20, 86))
    words = " ".join(draw.permutation(SENTENCES)).split()
    count = max(2, round(seconds * speed / 60))
    # The rate of words is only nominal: the second time it is set by how long the first one took.
    first = spoken(" ".join(words[:count]), voice, speed, height)
    count = max(1, round(count * seconds * RATE / len(first)))
    speech = spoken(" ".join(words[:count]), voice, speed, height)[: 15 * RATE]
    lead, trail = (int(RATE * draw.uniform(0.05, 0.35)) for _ in range(2))
    peak = 10 ** (draw.uniform(-14, -1.5) / 20)
    samples = np.concatenate([np.zeros(lead), speech * (peak / np.abs(speech).max()), np.zeros(trail)])
    floor = scipy_signal.lfilter([1.0], [1.0, -0.7], draw.standard_normal(len(samples)))
    samples += floor / floor.std() * peak * 10 ** (draw.uniform(-62, -52) / 20)
    facts = {"voice": voice, "speed": speed, "pitch": height, "speech_s": round(len(speech) / RATE, 3)}
    return samples, facts | {"seconds": round(len(samples) / RATE, 4)}


def coloured(draw, length, slope):
    """Noise whose power goes with frequency to the power of `slope` above 20 Hz."""
    hertz = np.fft.rfftfreq(length, 1 / RATE)
    shape = np.where(hertz > 20, np.maximum(hertz, 20) ** (slope / 2), 0)
    return np.fft.irfft(np.fft.rfft(draw.standard_normal(length)) * shape, length)


def band(samples, low, high):
    return scipy_signal.sosfilt(scipy_signal.butter(2, [low, high], "band", fs=RATE, output="sos"), samples)


def events(draw, length, per_second, decay_s):
    """Bursts of noise at random times that die away."""
    strength = (draw.random(length) < per_second / RATE) * draw.uniform(0.2, 1.0, length)
    n = np.arange(int(6 * decay_s * RATE))
    envelope = scipy_signal.fftconvolve(strength, np.exp(-n / (decay_s * RATE)))[:length]
    return envelope * draw.standard_normal(length)


def crowd(draw, length, voices, speech):
    """Many people talking at once, each without a pause."""
    mix = np.zeros(length)
    for _ in range(voices):
        line = np.concatenate([speech[pick] / speech[pick].std() for pick in draw.integers(0, len(speech), 60)])
        start = int(draw.integers(0, len(line) - length)) if len(line) > length else 0
        part = line[start : start + length]
        mix[: len(part)] += part
    return mix


def noises(speech, seconds=30):
    length = seconds * RATE
    time = np.arange(length) / RATE

    def draw(number):
        return np.random.default_rng([SEED, 1, number])

    wave = 1 + 0.6 * np.sin(time * 0.9) + 0.3 * np.sin(time * 3.1)
    made = {
        "white": draw(0).standard_normal(length),
        "pink": coloured(draw(1), length, -1),
        "brown": coloured(draw(2), length, -2),
        "street": coloured(draw(3), length, -1.6) * wave,
        "mains": sum(np.sin(2 * np.pi * 50 * k * time + k * k) / k for k in range(1, 20))
        + coloured(draw(4), length, 0),
        "ventilator": band(draw(5).standard_normal(length), 80, 900),
        "typing": band(events(draw(6), length, 7, 0.006), 1200, 7000) + 1e-3 * draw(7).standard_normal(length),
        "drizzle": band(events(draw(8), length, 900, 0.001), 1500, 7500),
        "crowd": crowd(draw(9), length, 8, speech),
        "canteen": 0.3 * crowd(draw(10), length, 5, speech) + 2 * band(events(draw(11), length, 2, 0.05), 2500, 6500),
    }
    return {name: 0.25 * samples / np.abs(samples).max() for name, samples in made.items()}


def response(number):
    """A room with the RT60 asked for: a direct sound, then reflections that come ever more densely, and its facts.

    In a room of volume V the density of image sources at time t is 4 pi c^3 t^2 / V, and each is heard with 1 / (c t): in
    the mean an exponential decay from the first reflection on (Kuttruff, Room Acoustics, section 4.1).
    """
    draw = np.random.default_rng([SEED, 2, number])
    rt60 = 0.2 + 0.8 * number / 9
    speed, volume = 343.0, draw.uniform(30, 200)
    distance = draw.uniform(0.8, 2.5)
    n = np.arange(int(1.1 * rt60 * RATE))
    time = np.maximum(n, 1) / RATE
    arrivals = draw.poisson(4 * np.pi * speed**3 * time**2 / volume / RATE)
    samples = draw.standard_normal(len(n)) * np.sqrt(arrivals) / (speed * time) * 10 ** (-3 * time / rt60)
    direct = round(distance / speed * RATE)
    samples[: direct + 1] = 0
    samples[direct] = 1 / distance
    return 0.9 * samples / np.abs(samples).max(), {"rt60": round(rt60, 3), "seconds": round(len(n) / RATE, 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--utterances", type=int, default=400)
    args = parser.parse_args()
    folder = Path(args.out)
    listed = {"seed": SEED, "speech": {}, "noise": {}, "rir": {}}

    def write(kind, name, samples, facts):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / kind / f"{name}.wav", samples, RATE, subtype="PCM_16")
        listed[kind][f"{name}.wav"] = facts

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(utterance, range(args.utterances)))
    for number, (samples, facts) in enumerate(made):
        write("speech", f"utt_{number:04d}", samples, facts)
    for name, samples in noises([samples for samples, _ in made[:60]]).items():
        write("noise", name, samples, {"seconds": 30})
    for number in range(10):
        write("rir", f"rir_{number}", *response(number))
    (folder / "corpus.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf8")
    net = np.array([facts["speech_s"] for _, facts in made])
    total = sum(facts["seconds"] for _, facts in made)
    print(
        f"{len(net)} utterances, {total:.1f} s; speech: mean {net.mean():.2f}, median {np.median(net):.2f} s, "
        f"{net.min():.2f} to {net.max():.2f} s"
    )


if __name__ == "__main__":
    main()
