"""Makes the small test models and their goldens: all of them, or those that are named.

    OMP_NUM_THREADS=1 python scripts/models/make.py [bert] [distilbert] [sentence] [marian] [m2m100]

Files land in tests/models. The same versions (requirements.txt) on the same kind of processor make the same bytes.
"""

import random
import sys
import warnings
from pathlib import Path

import torch

import corpus
import english
import masked_lm
import sentence_encoder
from golden_texts import all_texts
from goldens_embeddings import write_embeddings
from goldens_fills import write_fills
from goldens_tokens import write_tokens
from hard_texts import LONG_TEXT

MODELS = Path(__file__).resolve().parents[2] / "tests" / "models"
GOLDENS = MODELS / "goldens"


def make_masked_lm(name: str, make) -> None:
    _, texts = english_corpus()
    model, tokenizer = make(MODELS / name, texts)
    write_tokens(GOLDENS / f"{name}.tokens.jsonl", tokenizer, [*all_texts(), LONG_TEXT])
    write_fills(GOLDENS / f"{name}.fills.jsonl", model, tokenizer, all_texts(), masked_lm.POSITIONS)


def make_sentence_encoders() -> None:
    sentences, texts = english_corpus()
    encoder = sentence_encoder.make(MODELS / "sentence-encoder", MODELS / "sentence-encoder-pooled", sentences, texts)
    write_tokens(GOLDENS / "sentence-encoder.tokens.jsonl", encoder.tokenizer, [*all_texts(), LONG_TEXT])
    write_embeddings(GOLDENS / "sentence-encoder.embeddings.jsonl", encoder, all_texts())


def english_corpus() -> tuple[list[corpus.Sentence], list[str]]:
    rng = random.Random(2)
    sentences = corpus.draw_sentences(20_000, seed=1)
    return sentences, [english.say(sentence, rng) for sentence in sentences]


KINDS = {
    "bert": lambda: make_masked_lm("bert-mlm", masked_lm.make_bert),
    "distilbert": lambda: make_masked_lm("distilbert-mlm", masked_lm.make_distilbert),
    "sentence": make_sentence_encoders,
}

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    GOLDENS.mkdir(parents=True, exist_ok=True)
    unknown = set(sys.argv[1:]) - set(KINDS)
    if unknown:
        sys.exit(f"unknown kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    for kind in sys.argv[1:] or KINDS:
        KINDS[kind]()
