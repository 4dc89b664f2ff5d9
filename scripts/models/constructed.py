"""Made-up languages for the translators: words from a keyed draw of syllables, and rules of order and endings.

The translations are regular enough for a tiny model to learn and free enough (synonyms, optional pronouns, two places
for the time) that a beam has something to choose from.
"""

import random
from dataclasses import dataclass

import lexicon
from corpus import Clause, Sentence


@dataclass(frozen=True)
class Language:
    """`order` places Subject, Verb, Object, Place and Negation; a time stands first or last."""

    name: str
    consonants: str
    vowels: str
    order: str
    look_first: bool
    time_first: float
    drop_pronoun: float
    endings: dict[str, str]


SIX = ("i", "you", "he", "she", "we", "they")


def _endings(six: str) -> dict[str, str]:
    return dict(zip(SIX, six.split()))


LUNIC = Language("lunic", "lmnrstvk", "aeiouü", "SOPNV", False, 0.6, 0.4, _endings("a e o o u s"))
# Stand-ins that borrow the codes of real languages, because M2M100 has a fixed list of them.
FRENCH = Language("fr", "bcdfglmnprstv", "aeiouéè", "SNVOP", False, 0.3, 0.0, _endings("e es a a ons ez"))
GERMAN = Language("de", "bdfghklmnrstwz", "aeiouäöü", "SVOPN", True, 0.7, 0.0, _endings("e st t t en n"))
TURKISH = Language("tr", "bcçdgğklmnprsşyz", "aeıioöuü", "SPONV", True, 0.8, 0.5, _endings("ım sın dı dı ız lar"))


def say(language: Language, sentence: Sentence, rng: random.Random) -> str:
    words = _clause(language, sentence.first, rng)
    if sentence.second is not None:
        words += [_word(language, sentence.join, rng), *_clause(language, sentence.second, rng)]
    text = " ".join(words)
    return text[0].upper() + text[1:] + sentence.mark


def _clause(language: Language, clause: Clause, rng: random.Random) -> list[str]:
    pronoun = clause.subject in lexicon.PRONOUNS
    parts = {letter: [] for letter in "SVOPN"}
    if not (pronoun and clause.subject not in ("he", "she") and rng.random() < language.drop_pronoun):
        parts["S"] = [_word(language, clause.subject, rng)]
        if not pronoun:
            parts["S"].insert(0, _word(language, "my", rng))
    ending = language.endings[clause.subject if pronoun else "he"]
    if clause.feeling:
        degree = [_word(language, clause.degree, rng)] if clause.degree else []
        parts["V"] = [*degree, _word(language, clause.feeling, rng) + ending]
    else:
        parts["V"] = [_word(language, clause.verb, rng) + ending]
        look = [_word(language, clause.thing.look, rng)] if clause.thing.look else []
        noun = [_word(language, clause.thing.noun, rng)]
        parts["O"] = [_word(language, clause.thing.owner, rng), *(look + noun if language.look_first else noun + look)]
    if clause.place:
        parts["P"] = [_word(language, "in " + clause.place, rng)]
    if clause.negated:
        parts["N"] = [_word(language, "not", rng)]
    words = [word for letter in language.order for word in parts[letter]]
    if not clause.time:
        return words
    time = [_word(language, clause.time, rng)]
    return time + words if rng.random() < language.time_first else words + time


def _word(language: Language, concept: str, rng: random.Random) -> str:
    """The word of a concept; every third concept has a second word, drawn a third of the time."""
    key = random.Random(f"{language.name}/{concept}")
    first, second, has_second = _draw(language, key), _draw(language, key), key.random() < 1 / 3
    return second if has_second and rng.random() < 1 / 3 else first


def _draw(language: Language, key: random.Random) -> str:
    return "".join(key.choice(language.consonants) + key.choice(language.vowels) for _ in range(key.choice([2, 2, 3])))
