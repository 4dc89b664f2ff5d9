"""The tools of the audio quality table, each as functions on float signals at 16 kHz.

`augment` is reached through the example program `transform`, which applies one transform and writes float samples, before
any rounding to 16 bits. Tools whose package or program is missing are left out with a word on stderr.
"""

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal as scipy_signal

from audio_signals import RATE


class Augment:
    """One transform of ours at a time: `Augment(program).pitch(signal, 4)`."""

    def __init__(self, program):
        self.program = str(Path(program).resolve())

    def apply(self, settings, signal, bank=None):
        """What the `[[transform]]` with these settings makes of `signal`, and the row's parameters and measured values."""
        with tempfile.TemporaryDirectory() as folder:
            write(f"{folder}/in.wav", signal)
            command = [self.program, settings, f"{folder}/in.wav", f"{folder}/out.npy"]
            if bank is not None:
                write(f"{folder}/bank.wav", bank)
                command.append(f"{folder}/bank.wav")
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
            if ran.returncode:
                raise RuntimeError(f"{settings!r}: {ran.stderr.strip()}")
            return np.load(f"{folder}/out.npy"), json.loads(ran.stdout)

    def pitch(self, signal, semitones):
        return self.apply(f'kind = "pitch"\nsemitones = {semitones}', signal)[0]

    def pitch_formants_kept(self, signal, semitones):
        return self.apply(f'kind = "pitch"\nsemitones = {semitones}\nformants = "kept"', signal)[0]

    def stretch(self, signal, factor):
        # A factor has at most three decimals: the way back from 0.75 is 1.333.
        return self.apply(f'kind = "speed"\nfactors = {round(factor, 3)}', signal)[0]

    def speed(self, signal, factor):
        return self.apply(f'kind = "speed"\npitch = "moved"\nfactors = {factor}', signal)[0]

    def room(self, signal, response, tail=0.0):
        return self.apply(f'kind = "room"\nresponses = "bank"\ntail = {float(tail)}', signal, response)[0]

    def noise(self, signal, recording, snr_db, over="active"):
        settings = f'kind = "noise"\nrecordings = "bank"\nsnr_db = [{snr_db}, {snr_db}]\nsnr_over = "{over}"'
        return self.apply(settings, signal, recording)[0]


def write(path, signal):
    soundfile.write(path, np.asarray(signal, np.float32), RATE, subtype="FLOAT")


def command(*words):
    """A program that goes from {i} to {o}, both WAV; {v} is its setting."""

    def run(signal, value):
        with tempfile.TemporaryDirectory() as folder:
            write(f"{folder}/i.wav", signal)
            filled = [word.format(i=f"{folder}/i.wav", o=f"{folder}/o.wav", v=value) for word in words]
            subprocess.run(filled, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return soundfile.read(f"{folder}/o.wav", dtype="float32")[0]

    return run


def installed(module):
    try:
        return importlib.import_module(module)
    except (ImportError, RuntimeError) as error:
        print(f"left out: {module} ({error})", file=sys.stderr)
        return None


def programs(*names):
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        print(f"left out: {', '.join(missing)} (not on the path)", file=sys.stderr)
    return not missing


class TorchAudio:
    """torchaudio's functions; its tensors have a channel, ours do not."""

    def __init__(self):
        import torch
        import torchaudio

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        self.torch, self.functional, self.transforms = torch, torchaudio.functional, torchaudio.transforms
        self.steps = torchaudio.functional.functional

    def tensor(self, signal):
        return self.torch.from_numpy(np.ascontiguousarray(signal, np.float32))[None]

    def pitch(self, signal, semitones):
        """`pitch_shift` with its resampling ratio as a small fraction (within 0.11 cent): the exact one takes seconds."""
        ratio = Fraction(2 ** (semitones / 12)).limit_denominator(64)
        stretched = self.steps._stretch_waveform(self.tensor(signal), semitones)
        moved = self.functional.resample(stretched, ratio.numerator, ratio.denominator)
        return self.steps._fix_waveform_shape(moved, (1, len(signal)))[0].numpy()

    def stretch(self, signal, factor, size=1024, hop=256):
        spectrum = self.transforms.Spectrogram(size, hop_length=hop, power=None)(self.tensor(signal))
        warped = self.transforms.TimeStretch(hop_length=hop, n_freq=size // 2 + 1)(spectrum, factor)
        length = round(len(signal) / factor)
        return self.transforms.InverseSpectrogram(size, hop_length=hop)(warped, length)[0].numpy()

    def speed(self, signal, factor):
        return self.functional.speed(self.tensor(signal), RATE, factor)[0][0].numpy()

    def speed_kaiser(self, signal, factor):
        """`resample` with the settings that its documentation gives for librosa's `kaiser_best`."""
        return self.functional.resample(
            self.tensor(signal),
            int(RATE * factor),
            RATE,
            resampling_method="sinc_interp_kaiser",
            lowpass_filter_width=64,
            rolloff=0.9475937167399596,
            beta=14.769656459379492,
        )[0].numpy()

    def convolve(self, signal, response):
        return self.functional.fftconvolve(self.tensor(signal), self.tensor(response))[0].numpy()

    def noise(self, signal, recording, snr_db):
        cut = self.tensor(recording[: len(signal)])
        return self.functional.add_noise(self.tensor(signal), cut, self.torch.tensor([float(snr_db)]))[0].numpy()


def signalsmith(signal, semitones=None, factor=None):
    """Signalsmith Stretch as audiomentations calls it."""
    import python_stretch

    stretch = python_stretch.Signalsmith.Stretch()
    stretch.preset(1, RATE)
    if semitones is not None:
        stretch.setTransposeSemitones(semitones)
    if factor is not None:
        stretch.setTimeFactor(factor)
    return stretch.process(np.ascontiguousarray(signal, np.float32)[None])[0]


def pitch_tools(ours=None):
    """Name to function of (signal, semitones): as many samples as the signal, resonances moved along."""
    tools = {"augment": ours.pitch} if ours else {}
    if installed("python_stretch"):
        tools["signalsmith (audiomentations)"] = lambda y, semitones: signalsmith(y, semitones=semitones)
    if programs("rubberband"):
        tools["rubberband R3"] = command("rubberband", "-q", "-3", "-p", "{v}", "{i}", "{o}")
        tools["rubberband R2"] = command("rubberband", "-q", "-2", "-p", "{v}", "{i}", "{o}")
    if programs("sox"):
        # sox counts in cents.
        tools["sox pitch"] = lambda y, semitones: command(
            "sox", "-D", "{i}", "{o}", "pitch", "{v}", "rate", "-h", str(RATE)
        )(y, 100 * semitones)
    if installed("torchaudio"):
        tools["torchaudio"] = TorchAudio().pitch
    if librosa := installed("librosa"):
        tools["librosa"] = lambda y, semitones: librosa.effects.pitch_shift(y, sr=RATE, n_steps=semitones)
    return tools


def formant_tools(ours=None):
    """Name to function of (signal, semitones): resonances kept, or, for comparison, moved along."""
    tools = {"augment, kept": ours.pitch_formants_kept, "augment, moved": ours.pitch} if ours else {}
    if programs("rubberband"):
        tools["rubberband R3, kept"] = command("rubberband", "-q", "-3", "-F", "-p", "{v}", "{i}", "{o}")
        tools["rubberband R2, kept"] = command("rubberband", "-q", "-2", "-F", "-p", "{v}", "{i}", "{o}")
    if installed("python_stretch"):
        tools["signalsmith, moved"] = lambda y, semitones: signalsmith(y, semitones=semitones)
    return tools


def stretch_tools(ours=None):
    """Name to function of (signal, factor): 1 / factor times as long, the pitch kept."""
    tools = {"augment": ours.stretch} if ours else {}
    if installed("python_stretch"):
        tools["signalsmith (audiomentations)"] = lambda y, factor: signalsmith(y, factor=factor)
    if programs("rubberband"):
        tools["rubberband R3"] = command("rubberband", "-q", "-3", "-T", "{v}", "{i}", "{o}")
        tools["rubberband R2"] = command("rubberband", "-q", "-2", "-T", "{v}", "{i}", "{o}")
    if programs("sox"):
        tools["sox tempo -s"] = command("sox", "-D", "{i}", "{o}", "tempo", "-s", "{v}")
    if installed("torchaudio"):
        tools["torchaudio 1024/256"] = TorchAudio().stretch
    if librosa := installed("librosa"):
        tools["librosa 2048/512"] = lambda y, factor: librosa.effects.time_stretch(y, rate=factor)
    return tools


def speed_tools(ours=None):
    """Name to function of (signal, factor): 1 / factor times as long, the pitch moved along."""
    tools = {"augment": ours.speed} if ours else {}
    if librosa := installed("librosa"):
        for quality in ("soxr_hq", "soxr_vhq"):
            tools[f"librosa {quality}"] = lambda y, factor, quality=quality: librosa.resample(
                y, orig_sr=RATE * factor, target_sr=RATE, res_type=quality
            )
    if programs("sox"):
        tools["sox speed, rate -v"] = command("sox", "-D", "{i}", "{o}", "speed", "{v}", "rate", "-v", str(RATE))
        tools["sox speed"] = command("sox", "-D", "{i}", "{o}", "speed", "{v}")
    if installed("torchaudio"):
        tools["torchaudio kaiser_best"] = TorchAudio().speed_kaiser
        tools["torchaudio speed"] = TorchAudio().speed

    def polyphase(y, factor):
        ratio = Fraction(factor).limit_denominator(1000)
        return scipy_signal.resample_poly(y, ratio.denominator, ratio.numerator)

    tools["scipy resample_poly"] = polyphase
    return tools


def room_tools():
    """Name to function of (signal, response): the full convolution, the response as it is, nothing aligned."""
    tools = {
        "scipy oaconvolve": scipy_signal.oaconvolve,
        "scipy fftconvolve": scipy_signal.fftconvolve,
    }
    if installed("torchaudio"):
        tools["torchaudio fftconvolve"] = TorchAudio().convolve
    return tools


def noise_tools():
    """Name to function of (signal, recording, snr_db): the ratio over the whole signal, not the active speech."""

    def plain(signal, recording, snr_db):
        cut = recording[: len(signal)]
        gain = np.sqrt(np.dot(signal, signal) / np.dot(cut, cut) / 10 ** (snr_db / 10))
        return signal + cut * np.float32(gain)

    tools = {"numpy": plain}
    if installed("torchaudio"):
        tools["torchaudio add_noise"] = TorchAudio().noise
    return tools
