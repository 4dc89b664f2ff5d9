"""Says a meaning of `corpus` in English, with a random choice among synonyms, contractions and word orders."""

import random

import lexicon
from corpus import Clause, Sentence


def say(sentence: Sentence, rng: random.Random) -> str:
    words = _clause(sentence.first, rng)
    if sentence.second is not None:
        words += f" {lexicon.JOINS[sentence.join]} {_clause(sentence.second, rng)}"
    text = " ".join("I" + w[1:] if w == "i" or w.startswith("i'") else w for w in words.split())
    return text[0].upper() + text[1:] + sentence.mark


def _clause(clause: Clause, rng: random.Random) -> str:
    body = _feeling(clause, rng) if clause.feeling else _action(clause, rng)
    if clause.place:
        body += " " + lexicon.PLACES[clause.place]
    if clause.time:
        time = lexicon.TIMES[clause.time]
        body = f"{time} {body}" if rng.random() < 0.3 else f"{body} {time}"
    return body


def _subject(clause: Clause) -> str:
    return clause.subject if clause.subject in lexicon.PRONOUNS else f"my {clause.subject}"


def _feeling(clause: Clause, rng: random.Random) -> str:
    full, contracted = lexicon.PRONOUNS.get(clause.subject, ("is", "'s"))
    contract = clause.subject in lexicon.PRONOUNS and rng.random() < 0.5
    words = [_subject(clause) + contracted] if contract else [_subject(clause), full]
    if clause.negated:
        words.append("not")
    if clause.degree:
        words.append(rng.choice(lexicon.DEGREES[clause.degree]))
    words.append(rng.choice(lexicon.FEELINGS[clause.feeling]))
    return " ".join(words)


def _action(clause: Clause, rng: random.Random) -> str:
    past, base = rng.choice(lexicon.VERBS[clause.verb])
    verb = past
    if clause.negated:
        verb = rng.choice(["did not", "didn't"]) + " " + base
    look = [rng.choice(lexicon.LOOKS[clause.thing.look])] if clause.thing.look else []
    return " ".join([_subject(clause), verb, lexicon.OWNERS[clause.thing.owner], *look, clause.thing.noun])
