"""The libraries and programs that audio_peers.py compares, each with one function for each thing to be made."""

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

RATE, N_FFT, HOP, N_MELS = 16000, 1024, 512, 128
FACTORS, SEMITONES = (0.75, 1.25), (-4, -2, 2, 4)


def wavs(corpus, kind):
    return sorted((Path(corpus) / kind).glob("*.wav"))


def read(path):
    return soundfile.read(path, dtype="float32")[0]


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
    """torchaudio's transforms, each built once; fftconvolve and pitch_shift taken apart where a few lines make them fast."""

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
