"""A grammar of everyday sentences about feelings and things: what is said, before any language says it.

A `Sentence` is a meaning. `english.py` and `constructed.py` put it into words, so one meaning gives a translation pair,
and two wordings of one meaning give a pair of paraphrases.
"""

import random
from dataclasses import dataclass

import lexicon


@dataclass(frozen=True)
class Thing:
    owner: str
    look: str | None
    noun: str


@dataclass(frozen=True)
class Clause:
    """`feeling` is set in "I am so happy today", `verb` and `thing` in "my sister lost the old key at school"."""

    subject: str
    negated: bool
    feeling: str | None = None
    degree: str | None = None
    verb: str | None = None
    thing: Thing | None = None
    place: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class Sentence:
    first: Clause
    join: str | None
    second: Clause | None
    mark: str


def draw_sentence(rng: random.Random) -> Sentence:
    """One sentence: a clause, in one of four cases joined to a second one."""
    mark = rng.choices([".", "!", "?"], [7, 2, 1])[0]
    if rng.random() < 0.25:
        join = rng.choice(sorted(lexicon.JOINS))
        return Sentence(_draw_clause(rng, short=True), join, _draw_clause(rng, short=True), mark)
    return Sentence(_draw_clause(rng), None, None, mark)


def _draw_clause(rng: random.Random, short: bool = False) -> Clause:
    subject = rng.choice(sorted(lexicon.PRONOUNS) + lexicon.PEOPLE)
    negated = rng.random() < 0.2
    time = rng.choice(sorted(lexicon.TIMES)) if not short and rng.random() < 0.5 else None
    if rng.random() < 0.5:
        degree = rng.choice(sorted(lexicon.DEGREES)) if not negated and rng.random() < 0.5 else None
        feeling = rng.choice(sorted(lexicon.FEELINGS))
        place = rng.choice(sorted(lexicon.PLACES)) if not short and rng.random() < 0.2 else None
        return Clause(subject, negated, feeling=feeling, degree=degree, place=place, time=time)
    look = rng.choice(sorted(lexicon.LOOKS)) if rng.random() < 0.6 else None
    thing = Thing(rng.choice(sorted(lexicon.OWNERS)), look, rng.choice(lexicon.THINGS))
    place = rng.choice(sorted(lexicon.PLACES)) if not short and rng.random() < 0.4 else None
    return Clause(subject, negated, verb=rng.choice(sorted(lexicon.VERBS)), thing=thing, place=place, time=time)


def draw_sentences(count: int, seed: int) -> list[Sentence]:
    rng = random.Random(seed)
    return [draw_sentence(rng) for _ in range(count)]
