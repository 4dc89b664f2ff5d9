"""The texts of the goldens: sentences that no model was trained on, then the hard ones."""

import random

import corpus
import english
from hard_texts import HARD_TEXTS

GOLDEN_SEED = 90_001


def ordinary(count: int = 40, seed: int = GOLDEN_SEED) -> list[str]:
    rng = random.Random(seed)
    return [english.say(sentence, rng) for sentence in corpus.draw_sentences(count, seed)]


def all_texts() -> list[str]:
    return ordinary() + HARD_TEXTS
