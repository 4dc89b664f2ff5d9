"""Measures of the audio quality table: plain functions on float signals at 16 kHz.

Where a function has a `time_ratio`, the output is that many times as fast as the input: what lies at t in the input is due
at t / time_ratio.
"""

import librosa
import numpy as np
from scipy.optimize import least_squares

from audio_signals import BANDWIDTHS_HZ, F4_HZ, RATE, VOWELS, clicks, resonances_db

TINY = 1e-30


def middle(signal):
    """The middle half, in float64: away from what a tool does at the ends."""
    return np.asarray(signal[len(signal) // 4 : 3 * len(signal) // 4], np.float64)


def fit_sinusoid(part, hertz, window=None):
    """Least squares of a sinusoid of exactly `hertz` to `part`: (amplitude, fit, rest), all windowed."""
    window = np.ones(len(part)) if window is None else window
    angle = 2 * np.pi * hertz / RATE * np.arange(len(part))
    basis = np.stack([np.cos(angle), np.sin(angle)], 1) * window[:, None]
    weights = np.linalg.lstsq(basis, part * window, rcond=None)[0]
    fit = basis @ weights
    return float(np.hypot(*weights)), fit, part * window - fit


def tone(signal, hertz):
    """The sinusoid near `hertz` (within 3 %): (its frequency in Hz, its amplitude, all else re it in dB)."""
    part = middle(signal)
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(part * np.blackman(len(part)), size))
    centre = int(hertz / RATE * size)
    reach = max(8, int(0.03 * centre))
    low = max(1, centre - reach)
    peak = low + int(np.argmax(spectrum[low : centre + reach]))
    # The vertex of the parabola through the logarithms of the largest bin and its neighbours.
    left, top, right = np.log(spectrum[peak - 1 : peak + 2] + TINY)
    found = (peak + 0.5 * (left - right) / (left - 2 * top + right)) * RATE / size
    amplitude, fit, rest = fit_sinusoid(part, found)
    return found, amplitude, 10 * np.log10((rest**2).mean() / (fit**2).mean() + TINY)


def gain_and_rest(signal, hertz):
    """Level of the sinusoid at exactly `hertz` and of all else, both in dB re a sinusoid of amplitude 1."""
    part = middle(signal)
    window = np.blackman(len(part))
    amplitude, _, rest = fit_sinusoid(part, hertz, window)
    power = 2 * (rest**2).sum() / (window**2).sum()
    return 20 * np.log10(amplitude + 1e-12), 10 * np.log10(power + 1e-24)


def smear(tool, time_ratio=1.0):
    """What `tool` does to clicks, medians over the clicks: (width in ms, offset in ms, pre-echo in %).

    Width: the time around the centroid of the energy that holds 90 % of what lies within 100 ms of the due place. Offset: of
    that centroid from the due place. Pre-echo: the energy more than 5 ms before the centroid.
    """
    signal, places = clicks()
    made = np.asarray(tool(signal), np.float64)
    reach = RATE // 10
    rows = []
    for place in places[2:-2]:
        due = int(round(place / time_ratio))
        energy = made[due - reach : due + reach] ** 2
        if len(energy) < 2 * reach:
            continue
        at = np.arange(len(energy))
        total = energy.sum()
        centroid = (energy * at).sum() / total
        distance = np.abs(at - centroid)
        order = np.argsort(distance)
        held = np.searchsorted(np.cumsum(energy[order]), 0.9 * total)
        before = energy[: max(0, int(centroid - 0.005 * RATE))].sum()
        rows.append((2e3 * distance[order][held] / RATE, 1e3 * (centroid - reach) / RATE, 100 * before / total))
    return tuple(float(value) for value in np.median(rows, axis=0))


PITCH_FRAMES = {"sr": RATE, "frame_length": 1024, "hop_length": 128}


def voiced(signal):
    """Which frames have a voice, by pYIN."""
    return librosa.pyin(signal, fmin=60, fmax=500, **PITCH_FRAMES)[1]


def f0_track(signal):
    """f0 in Hz of each frame by YIN, which interpolates; pYIN rounds to 10 cents."""
    return librosa.yin(signal, fmin=60, fmax=750, trough_threshold=0.15, **PITCH_FRAMES)


def f0_error(before, is_voiced, after, pitch_ratio, time_ratio=1.0):
    """How far f0 lies from where it should over the voiced frames: (median, spread, gross errors).

    Median in cents and half the interquartile range, of the frames within 100 cents; the share of the others in %.
    """
    at = np.round(np.arange(len(before)) / time_ratio).astype(int)
    usable = (at < len(after)) & is_voiced[: len(before)]
    cents = 1200 * np.log2(after[at[usable]] / before[usable] / pitch_ratio)
    near = np.abs(cents) < 100
    lower, upper = np.percentile(cents[near], [25, 75])
    return float(np.median(cents[near])), float(upper - lower) / 2, float(100 * (1 - near.mean()))


def mel_levels(signal):
    """64 HTK bands up to 5 kHz every 128 samples, in dB."""
    signal = np.ascontiguousarray(signal, np.float32)
    power = librosa.feature.melspectrogram(
        y=signal, sr=RATE, n_fft=1024, hop_length=128, n_mels=64, fmax=5000.0, htk=True, norm=None, pad_mode="reflect"
    )
    return 10 * np.log10(power + 1e-10)


def spectral_distance(before, after, time_ratio=1.0):
    """Log-spectral distance in dB over the cells of `before` within 50 dB of its loudest.

    After the lag (up to about 100 ms either way) and the level at which it is least.
    """
    reference, made = mel_levels(before), mel_levels(after)
    counts = reference > reference.max() - 50
    last = made.shape[1] - 1
    due = np.arange(reference.shape[1]) / time_ratio
    least = np.inf
    for lag in range(-12, 13):
        place = np.clip(due + lag, 0, last)
        left = np.floor(place).astype(int)
        share = place - left
        warped = made[:, left] * (1 - share) + made[:, np.minimum(left + 1, last)] * share
        difference = (warped - reference)[counts]
        difference -= np.median(difference)
        least = min(least, float(np.sqrt((difference**2).mean())))
    return least


def level_change(before, after):
    """In dB, of the standard deviation."""
    return float(20 * np.log10(np.std(after) / np.std(before)))


def harmonic_levels(signal, f0, top=4000.0):
    """Frequencies and levels in dB of the harmonics below `top`, each the energy within a third of f0 of its place."""
    part = middle(signal)
    size = 1 << 17
    power = np.abs(np.fft.rfft(part * np.blackman(len(part)), size)) ** 2
    places = f0 * np.arange(1, int(top / f0) + 1)
    bin_hz = RATE / size
    bounds = [(int((hertz - f0 / 3) / bin_hz), int((hertz + f0 / 3) / bin_hz)) for hertz in places]
    return places, np.array([10 * np.log10(power[low:high].sum() + TINY) for low, high in bounds])


def formants(signal, f0, vowel):
    """F1, F2 and F3 of a synthetic vowel: the resonances that explain the levels of its harmonics best.

    The peaks of an envelope that is read between harmonics 300 Hz apart depend on the reading more than on the voice; here
    the law by which the vowel was made (four resonances, a source that falls by 6 dB an octave) is fitted to the harmonics
    themselves, from several starts: the vowel's own resonances, those moved by 4 semitones either way, and each moved
    alone.
    """
    places, levels = harmonic_levels(signal, f0)
    levels = levels + 20 * np.log10(places / 100)
    true = np.array([*VOWELS[vowel], F4_HZ])
    widths = np.array(BANDWIDTHS_HZ)
    # Soft harmonics far below the loudest are what a tool's noise floor decides.
    weight = np.clip((levels - levels.max() + 70) / 30, 0.05, 1)

    def misfit(parameters):
        shape = resonances_db(places, true * np.exp(parameters[:4]), widths * np.exp(parameters[4:8]))
        # The second part keeps a bandwidth or an F4 that no harmonic tells from running away.
        return np.r_[weight * (shape + parameters[8] - levels), 0.3 * parameters[4:8], parameters[3]]

    reach = np.r_[np.full(4, 0.42), np.full(4, 1.5), np.inf]
    semitones = np.log(2) / 12
    starts = [np.full(4, 0.0), np.full(4, 4 * semitones), np.full(4, -4 * semitones)]
    starts += [moved * semitones * np.eye(4)[number] for number in range(3) for moved in (-2, 2)]
    fits = [
        least_squares(misfit, np.r_[start, np.zeros(4), np.median(levels)], bounds=(-reach, reach), loss="soft_l1")
        for start in starts
    ]
    best = min(fits, key=lambda fit: fit.cost)
    # Resonances have no names of their own: the lowest is F1.
    return np.sort(true * np.exp(best.x[:4]))[:3]


def rt60(response):
    """Reverberation time in s by Schroeder's backward integral, -5 to -35 dB."""
    energy = np.cumsum(response[::-1].astype(np.float64) ** 2)[::-1]
    return decay_time(10 * np.log10(energy / energy[0] + 1e-12))


def decay_time(levels):
    """Seconds for 60 dB, from the slope between -5 and -35 dB of a decay in dB that starts at 0."""
    start, end = np.argmax(levels <= -5), np.argmax(levels <= -35)
    return float(-60 / np.polyfit(np.arange(start, end) / RATE, levels[start:end], 1)[0])


def rt60_of_gated_noise(signal, ends, seconds=1.2):
    """Reverberation time from the mean decay of the energy after each burst, smoothed over 2 ms, re the level before.

    The mean over many bursts of the decay of interrupted noise is Schroeder's integral (Schroeder 1965).
    """
    signal = np.asarray(signal, np.float64)
    before, after = RATE // 5, int(seconds * RATE)
    steady = np.mean([(signal[end - before : end] ** 2).mean() for end in ends])
    energy = np.mean([signal[end : end + after] ** 2 for end in ends], axis=0)
    width = RATE // 500
    energy = np.convolve(energy, np.full(width, 1 / width), "valid")
    return decay_time(10 * np.log10(energy / steady + 1e-12))


def error_db(made, exact):
    """Energy of the difference re that of `exact`, in dB."""
    difference = np.asarray(made, np.float64) - exact
    return float(10 * np.log10((difference**2).sum() / (exact**2).sum() + TINY))


def onset_shift(before, after):
    """By how many ms the first loud arrival comes later than in `before`.

    The output divided by the input (their spectra, with a floor 60 dB below the input's largest bin) is the response that
    explains it; its first sample of at least half the largest is that arrival. `after` should hold the whole reverberation.
    """
    size = 1 << int(len(before) + len(after) - 1).bit_length()
    into, out = np.fft.rfft(before, size), np.fft.rfft(after, size)
    power = np.abs(into) ** 2
    response = np.fft.irfft(out * np.conj(into) / (power + 1e-6 * power.max()), size)
    first = int(np.argmax(np.abs(response) >= 0.5 * np.abs(response).max()))
    return 1e3 * (first if first < size // 2 else first - size) / RATE


def active_power(signal):
    """Mean square over the frames of 32 ms within 30 dB of the loudest (docs/noise.md)."""
    signal = np.asarray(signal, np.float64)
    frame = round(0.032 * RATE)
    chunks = [signal[at : at + frame] for at in range(0, len(signal), frame)]
    energies = np.array([(chunk**2).sum() for chunk in chunks])
    active = energies >= 1e-3 * energies.max()
    return energies[active].sum() / sum(len(chunk) for chunk, counts in zip(chunks, active) if counts)


def plain_power(signal):
    return float((np.asarray(signal, np.float64) ** 2).mean())
