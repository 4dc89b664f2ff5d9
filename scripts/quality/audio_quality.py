"""What the audio quality table says of one tool: the measures over the test signals, as dictionaries of figures.

pitch_quality(tool, 4, "corpus")        with tool(signal, semitones) -> signal, float32 at 16 kHz
"""

from functools import cache
from pathlib import Path

import numpy as np

import audio_measures as measure
import audio_signals as signals
import audio_tools as tools
from audio_signals import RATE

SEMITONES = (-4, -2, 2, 4)
FACTORS = (0.75, 1.25)


@cache
def voices(corpus):
    """For each utterance: its samples, its f0 track and which frames have a voice."""
    spoken = signals.speech(corpus)
    return [(samples, measure.f0_track(samples), measure.voiced(samples)) for samples in spoken]


def voice_and_tone(tool, corpus, pitch_ratio, time_ratio):
    """What pitch and stretch have in common; also gives what became of each utterance."""
    spoken = voices(corpus)
    hertz, amplitude, rest = measure.tone(tool(signals.sine()), signals.SINE_HZ * pitch_ratio)
    width, offset, pre_echo = measure.smear(tool, time_ratio)
    made = [tool(samples) for samples, _, _ in spoken]
    errors = [
        measure.f0_error(track, is_voiced, measure.f0_track(out), pitch_ratio, time_ratio)
        for (_, track, is_voiced), out in zip(spoken, made)
    ]
    medians, spreads, gross = zip(*errors)
    figures = {
        "tone_error_cents": 1200 * np.log2(hertz / signals.SINE_HZ / pitch_ratio),
        "tone_rest_db": rest,
        "tone_gain_db": 20 * np.log10(amplitude / 0.5),
        "f0_error_cents": np.median(medians),
        "f0_spread_cents": np.median(spreads),
        "f0_gross_errors_pct": np.mean(gross),
        "click_width_ms": width,
        "click_offset_ms": offset,
        "click_pre_echo_pct": pre_echo,
        "level_change_db": np.mean([measure.level_change(s, out) for (s, _, _), out in zip(spoken, made)]),
    }
    return figures, [samples for samples, _, _ in spoken], made


def pitch_quality(tool, semitones, corpus):
    """`tool(signal, semitones)` on a tone, clicks and speech; the way back is the opposite shift."""
    figures, spoken, made = voice_and_tone(lambda y: tool(y, semitones), corpus, 2 ** (semitones / 12), 1.0)
    pairs = list(zip(spoken, made))
    figures["length_error_samples"] = max((len(out) - len(s) for s, out in pairs), key=abs)
    back = [measure.spectral_distance(s, tool(out, -semitones)) for s, out in pairs]
    figures["round_trip_lsd_db"] = np.mean(back)
    return rounded(figures)


def stretch_quality(tool, factor, corpus):
    """`tool(signal, factor)` likewise; the distance is taken to the input with its time axis warped."""
    figures, spoken, made = voice_and_tone(lambda y: tool(y, factor), corpus, 1.0, factor)
    pairs = list(zip(spoken, made))
    figures["length_error_samples"] = max((len(out) - round(len(s) / factor) for s, out in pairs), key=abs)
    figures["lsd_to_warped_db"] = np.mean([measure.spectral_distance(s, out, factor) for s, out in pairs])
    back = [measure.spectral_distance(s, tool(out, 1 / factor)) for s, out in pairs]
    figures["round_trip_lsd_db"] = np.mean(back)
    return rounded(figures)


def speed_quality(tool, factor, corpus):
    """Sinusoids through `tool(signal, factor)`: what passes unchanged, what comes out beside them.

    The band ends where input or output cannot hold more. `images`: all but the sinusoid, re the input, in dB. `leak`: what is
    left of sinusoids more than 2 % above the band.
    """
    edge = min(RATE / 2, RATE / 2 / factor)
    seconds = 4 * 4096 / RATE
    passed, leak = [], []
    for hertz in np.arange(62.5, 7990, 125.0):
        out = tool(signals.sine(hertz, seconds), factor)
        if hertz < edge:
            gain, rest = measure.gain_and_rest(out, min(hertz * factor, RATE / 2 - 1))
            # The sinusoid going in has half the amplitude of the measure's reference.
            passed.append((hertz / edge, gain + 6.0206, rest + 6.0206))
        elif hertz > 1.02 * edge:
            leak.append(10 * np.log10(8 * (measure.middle(out) ** 2).mean() + 1e-24))
    place, gain, rest = np.array(passed).T
    figures = {}
    for share in (80, 90):
        inside = place < share / 100
        figures[f"ripple_db_to_{share}pct"] = np.ptp(gain[inside])
        figures[f"images_db_to_{share}pct"] = rest[inside].max()
    figures["minus_3_db_at_pct"] = 100 * place[gain > -3].max()
    figures["leak_db"] = max(leak) if leak else None
    lengths = [len(samples) for samples in signals.speech(corpus)]
    made = [len(tool(samples, factor)) for samples in signals.speech(corpus)]
    # Halves go up, as is usual; Python's round goes to the even number.
    due = [int(length / factor + 0.5) for length in lengths]
    figures["length_error_samples"] = max((a - b for a, b in zip(made, due)), key=abs)
    energy = tool(signals.impulse(), factor).astype(np.float64) ** 2
    figures["delay_samples"] = (np.arange(len(energy)) * energy).sum() / energy.sum() - 2000 / factor
    return rounded(figures, 4)


def formant_quality(tool):
    """How far F1 to F3 of synthetic vowels move under `tool(signal, semitones)`, in %."""
    return formants_of(lambda name, f0, semitones: tool(signals.vowel(name, f0), semitones))


def formants_of(make):
    """Likewise of `make(vowel, f0, semitones)`.

    A resonance below 1.2 times f0, before or after, has no harmonics on both sides, so that no tool can know it: left out.
    """
    rows = []
    for semitones in (-4, 4):
        for f0 in signals.VOWEL_F0_HZ:
            shifted = f0 * 2 ** (semitones / 12)
            for name in signals.VOWELS:
                found = measure.formants(make(name, f0, semitones), shifted, name)
                for number, (true, got) in enumerate(zip(signals.VOWELS[name], found), start=1):
                    if true > 1.2 * max(f0, shifted):
                        rows.append((semitones, f0, name, number, float(100 * (got / true - 1))))
    size = np.array([abs(row[-1]) for row in rows])
    figures = {"median_pct": np.median(size), "p90_pct": np.percentile(size, 90), "worst_pct": size.max()}
    figures["within_3_pct"] = 100 * np.mean(size <= 3)
    for number in (1, 2, 3):
        figures[f"f{number}_p90_pct"] = np.percentile([abs(row[-1]) for row in rows if row[3] == number], 90)
    for f0 in signals.VOWEL_F0_HZ:
        figures[f"at_{f0:.0f}_hz_p90_pct"] = np.percentile([abs(row[-1]) for row in rows if row[1] == f0], 90)
    return rounded(figures) | {"all": rows}


def floors(corpus):
    """What the measures read where nothing is wrong: the least that a table can hope for.

    Of f0: harmonics along the f0 of each utterance beside the same harmonics made anew, higher or slower. It is not 0, since a
    window of 64 ms sees another part of a gliding voice, and a frame has no exact counterpart. Of formants: the vowels made
    anew at the other f0.
    """
    rows = {}
    for pitch_ratio, time_ratio, name in (
        *((2 ** (steps / 12), 1.0, f"pitch {steps:+d}") for steps in SEMITONES),
        *((1.0, factor, f"stretch {factor}") for factor in FACTORS),
    ):
        errors = []
        for _, track, is_voiced in voices(corpus):
            frames = np.arange(len(track))
            steady = np.exp(np.interp(frames, frames[is_voiced], np.log(track[is_voiced])))
            before = measure.f0_track(signals.sung(steady))
            after = measure.f0_track(signals.sung(steady, pitch_ratio, time_ratio))
            errors.append(measure.f0_error(before, is_voiced, after, pitch_ratio, time_ratio))
        medians, spreads, _ = zip(*errors)
        rows[name] = rounded({"f0_error_cents": np.median(medians), "f0_spread_cents": np.median(spreads)})
    anew = formants_of(lambda name, f0, semitones: signals.vowel(name, f0 * 2 ** (semitones / 12)))
    rows["formants kept"] = {"worst_pct": anew["worst_pct"]}
    unchanged = rounded(
        dict(zip(("click_width_ms", "click_offset_ms", "click_pre_echo_pct"), measure.smear(lambda y: y)))
    )
    rows["unchanged"] = unchanged | rounded({"tone_rest_db": measure.tone(signals.sine(), signals.SINE_HZ)[2]})
    return rows


def prepared(response):
    """A response as docs/room.md says, in float64: (samples, place of the direct path).

    The mean of its last fifth is taken out; the direct path is the first sample of at least half the maximum; the sound within
    2.5 ms of it gets unit energy.
    """
    response = response.astype(np.float64)
    response = response - response[len(response) - -(-len(response) // 5) :].mean()
    direct = int(np.argmax(np.abs(response) >= 0.5 * np.abs(response).max()))
    reach = round(0.0025 * RATE)
    near = response[max(0, direct - reach) : direct + reach + 1]
    return response / np.sqrt((near**2).sum()), direct


def room_quality(ours, corpus):
    """Rows of the room table: worst over the corpus's responses and two utterances.

    The exact result is numpy's direct convolution in float64: for `augment` of the prepared response from its direct path
    on, for the others, which do not align, of the response as it is.
    """
    spoken = signals.speech(corpus)[:2]
    responses = [signals.read(path) for path in sorted((Path(corpus) / "rir").glob("*.wav"))]
    gated, ends = signals.gated_noise()

    def whole(y, response):
        """With all of the reverberation, so that the onset can be found by division."""
        return ours.room(y, response, tail=round(len(response) / RATE, 3))

    def aligned(y, response):
        kept, direct = prepared(response)
        exact = np.convolve(y.astype(np.float64), kept)[direct:]
        return np.r_[exact, np.zeros(len(response))][: len(y) + round(round(len(response) / RATE, 3) * RATE)]

    def as_it_is(y, response):
        return np.convolve(y.astype(np.float64), response.astype(np.float64))

    contenders = {"augment": (whole, aligned)} if ours else {}
    contenders |= {name: (tool, as_it_is) for name, tool in tools.room_tools().items()}
    rows = {}
    for name, (tool, exact) in contenders.items():
        errors, shifts, decays = [], [], []
        for response in responses:
            for y in spoken:
                made = tool(y, response)
                errors.append(measure.error_db(made, exact(y, response)))
                shifts.append(measure.onset_shift(y, made))
            own = measure.rt60(response)
            decays.append(100 * (measure.rt60_of_gated_noise(tool(gated, response), ends) / own - 1))
        rows[name] = rounded(
            {
                "error_db": max(errors),
                "onset_shift_ms": max(shifts, key=abs),
                "rt60_error_pct": max(decays, key=abs),
            }
        )
    return rows


RATIOS_DB = (0, 5, 10, 20)


def noise_quality(ours, corpus):
    """Rows of the noise table: the worst error in dB of the ratio between input and what was added.

    Over the corpus's recordings at 0, 5, 10 and 20 dB; ours over the active speech and over all, and with the speech brought
    to -50 dBFS before.
    """
    spoken = signals.speech(corpus)[0]
    recordings = [signals.read(path) for path in sorted((Path(corpus) / "noise").glob("*.wav"))]
    soft = (spoken * np.sqrt(10**-5 / measure.active_power(spoken))).astype(np.float32)

    def worst(tool, y, power, steps=None):
        errors = []
        for recording in recordings:
            for ratio in RATIOS_DB:
                made = np.asarray(tool(y, recording, ratio), np.float64)
                heard = y
                if steps:
                    # What exceeds full scale is turned down as a whole before it is written.
                    down = max(1.0, np.abs(made).max() * steps / (steps - 1))
                    made, heard = np.round(made / down * steps) / steps, y / down
                added = measure.plain_power(made - heard)
                errors.append(10 * np.log10(power(heard) / added) - ratio)
        return max(errors, key=abs)

    rows = {}
    if ours:
        active, whole = measure.active_power, measure.plain_power
        rows["augment, active speech"] = {
            "error_db": worst(ours.noise, spoken, active),
            "error_db_after_16_bit": worst(ours.noise, spoken, active, 32768),
            "error_db_at_minus_50_dbfs": worst(ours.noise, soft, active),
            "error_db_at_minus_50_dbfs_after_16_bit": worst(ours.noise, soft, active, 32768),
        }
        over_all = lambda y, recording, ratio: ours.noise(y, recording, ratio, "all")  # noqa: E731
        rows["augment, all"] = {"error_db": worst(over_all, spoken, whole)}
    for name, tool in tools.noise_tools().items():
        rows[name] = {
            "error_db": worst(tool, spoken, measure.plain_power),
            "error_db_after_16_bit": worst(tool, spoken, measure.plain_power, 32768),
            "error_db_at_minus_50_dbfs": worst(tool, soft, measure.plain_power),
            "error_db_at_minus_50_dbfs_after_16_bit": worst(tool, soft, measure.plain_power, 32768),
        }
    return {name: rounded(row, 6) for name, row in rows.items()}


def rounded(figures, digits=3):
    def one(value):
        if value is None or isinstance(value, (int, np.integer)):
            return None if value is None else int(value)
        return round(float(value), digits) + 0.0

    return {name: one(value) for name, value in figures.items()}
