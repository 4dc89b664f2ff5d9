#!/usr/bin/env python3
"""Makes the demo corpus: scripts/make-demo.py FOLDER

Needs espeak-ng (1.51 made the committed files) and sox. Running it again with the same versions gives the
same files: nothing is drawn at random.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

# Variants are named with a voice that takes them: "en-gb" may be an alias that drops them without a word.
# Name: (voice+variant, pitch 0-99 at rest, words per minute at rest).
SPEAKERS = {
    "ada": ("en-gb-x-rp+f2", 52, 182),
    "ben": ("en-us+m3", 42, 178),
    "cora": ("en-us+f4", 50, 190),
    "dan": ("en-gb-scotland+m1", 46, 176),
    "eva": ("en-gb-x-rp+Annie", 48, 186),
    "finn": ("en-us+m7", 36, 180),
    "gus": ("en-029+m2", 44, 172),
    "hana": ("en-us+linda", 55, 184),
}

# Class: (pitch added, range of the melody in percent, speed factor, amplitude 0-200).
MANNERS = {
    "angry": (14, 170, 1.20, 90),
    "happy": (18, 190, 1.06, 90),
    "neutral": (0, 100, 1.00, 72),
    "sad": (-14, 45, 0.80, 45),
}

SHARED = [
    "I told you about it.",
    "They are coming back.",
    "You said it was ready.",
]

SENTENCES = {
    "angry": [
        "Stop touching my things!",
        "I have had enough of this!",
        "Why did nobody call me?",
    ],
    "happy": [
        "We got the tickets!",
        "She said yes!",
        "What a lovely morning!",
        "I passed the exam!",
        "This is the best cake ever.",
        "My sister had a baby!",
        "Look, it is snowing!",
    ],
    "neutral": [
        "The bus leaves at nine.",
        "Put the box on the table.",
        "The shop closes at six.",
        "I need two copies of this.",
        "There is milk in the fridge.",
        "It is on the second floor.",
        "He lives near the station.",
        "We can talk on Monday.",
        "The keys are in my coat.",
        "It takes about ten minutes.",
        "She works in the library.",
        "Turn left after the bridge.",
        "The window is open.",
        "My number has not changed.",
        "Dinner is at half past seven.",
        "The report has twelve pages.",
        "I will send it by post.",
        "The blue one is larger.",
        "We need bread and eggs.",
        "The train was on time.",
        "You can leave it here.",
    ],
    "sad": [
        "I miss her so much.",
        "The dog died last night.",
        "Nobody came.",
        "I do not know what to do.",
        "We have to sell the house.",
    ],
}


def utterances():
    """(class, speaker, number of the speaker's utterance, sentence), in a fixed order."""
    names = list(SPEAKERS)
    spoken = dict.fromkeys(names, 0)
    turn = 0
    for label in sorted(SENTENCES):
        for sentence in SHARED + SENTENCES[label]:
            speaker = names[turn % len(names)]
            turn += 1
            spoken[speaker] += 1
            yield label, speaker, spoken[speaker], sentence


def speak(path, label, speaker, number, sentence):
    """One WAV file: 16 kHz, 16 bit, mono, with silence at both ends."""
    voice, pitch, speed = SPEAKERS[speaker]
    raised, melody, pace, amplitude = MANNERS[label]
    # Nobody says two sentences alike: up to 3 of pitch and 4 % of speed either way.
    pitch += raised + (number * 5) % 7 - 3
    speed = round(speed * pace * (1 + 0.01 * ((number * 7) % 9 - 4)))
    before = 0.12 + 0.02 * (number * 3 % 5)
    after = 0.14 + 0.02 * (number * 2 % 5)
    ssml = f'<speak><prosody range="{melody}%">{sentence}</prosody></speak>'
    with tempfile.TemporaryDirectory() as folder:
        raw = str(Path(folder) / "raw.wav")
        settings = ["-v", voice, "-p", str(max(0, min(99, pitch))), "-s", str(speed), "-a", str(amplitude)]
        subprocess.run(["espeak-ng", "-m", "-z", *settings, "-w", raw, ssml], check=True)
        cut = ["silence", "1", "0.005", "0.05%", "reverse"]
        pad = ["pad", f"{before:.2f}", f"{after:.2f}"]
        convert = ["sox", "-D", "-R", raw, "-b", "16", "-c", "1", str(path)]
        subprocess.run([*convert, *cut, *cut, "rate", "-v", "16000", *pad], check=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    rows = []
    for label, speaker, number, sentence in utterances():
        audio = f"{label}/{speaker}_{number:02}.wav"
        (folder / label).mkdir(parents=True, exist_ok=True)
        speak(folder / audio, label, speaker, number, sentence)
        rows.append((audio, sentence, label, speaker))
    with open(folder / "demo.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("audio", "text", "label", "speaker"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
