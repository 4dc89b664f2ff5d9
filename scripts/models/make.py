"""Makes the small test models and their goldens: all of them, or those that are named.

    OMP_NUM_THREADS=1 python scripts/models/make.py [bert] [distilbert] [sentence] [classifier] [nli] [marian] [m2m100] [training]
        [networks] [encoders]

Files land in tests/models. The same versions (requirements.txt) on the same kind of processor make the same bytes.
"""

import os
import random
import sys
import warnings
from pathlib import Path

import torch
import transformers
from optimum.onnxruntime import ORTModelForSeq2SeqLM

import classifiers
import corpus
import english
import goldens_translations as translations
import jsonl
import m2m100
import marian
import masked_lm
import sentence_encoder
from golden_texts import GOLDEN_SEED, all_texts, ordinary
from goldens_bert import write_bert
from goldens_embeddings import write_embeddings
from goldens_encoders import write_encoders
from goldens_fills import write_fills
from goldens_labels import write_labels
from goldens_networks import write_networks
from goldens_tokens import literal_ids, write_tokens
from goldens_training import write_training
from hard_texts import HARD_TEXTS, LONG_TEXT

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


def make_classifier() -> None:
    model, tokenizer = classifiers.make_classifier(MODELS / "text-classifier", *english_corpus())
    texts = [(text, None) for text in all_texts()]
    write_labels(GOLDENS / "text-classifier.labels.jsonl", model, tokenizer, texts)


def make_nli() -> None:
    sentences, texts = english_corpus()
    model, tokenizer = classifiers.make_nli(MODELS / "text-nli", sentences, texts)
    pairs = [pair[:2] for pair in classifiers.pairs(corpus.draw_sentences(50, GOLDEN_SEED), GOLDEN_SEED)]
    pairs += zip(HARD_TEXTS, HARD_TEXTS[1:])
    write_labels(GOLDENS / "text-nli.labels.jsonl", model, tokenizer, pairs)


def make_marian() -> None:
    merged, split, plain = (MODELS / f"marian-{layout}" for layout in ("merged", "split", "plain"))
    model, tokenizer = marian.make(merged, english_corpus()[0], steps=3500)
    marian.export_layouts(model, merged, split, plain)
    write_tokens(GOLDENS / "marian.tokens.jsonl", tokenizer, [*all_texts(), LONG_TEXT])
    jobs = [{"text": text, "input": literal_ids(tokenizer, text)} for text in [*ordinary(), *HARD_TEXTS[::2]]]
    rows = make_translations("marian", model, tokenizer, jobs, marian.POSITIONS)
    layouts = {merged: {"subfolder": "onnx"}, split: {"use_merged": False}, plain: {"use_cache": False}}
    for folder, arguments in layouts.items():
        translations.check(folder.name, ORTModelForSeq2SeqLM.from_pretrained(folder, **arguments), rows, 1)


def make_m2m100() -> None:
    folder = MODELS / "m2m100"
    model, tokenizer = m2m100.make(folder, english_corpus()[0], steps=8000)
    ordinary_texts = m2m100.golden_texts(44, GOLDEN_SEED)
    jobs = [
        {"source": source, "target": target, "text": text, "input": m2m100.ids(tokenizer, source, text),
         "forced": tokenizer.get_lang_id(target)}
        for source, target, text in [*ordinary_texts, *(("en", "fr", text) for text in HARD_TEXTS[::3])]
    ]
    tokens = [(source, text) for source, _, text in ordinary_texts]
    tokens += [("en", text) for text in [*HARD_TEXTS, LONG_TEXT]]
    jsonl.write(GOLDENS / "m2m100.tokens.jsonl", m2m100.token_rows(tokenizer, folder, tokens))
    rows = make_translations("m2m100", model, tokenizer, jobs, m2m100.POSITIONS)
    translations.check(folder.name, ORTModelForSeq2SeqLM.from_pretrained(folder, subfolder="onnx"), rows, 1)


def make_translations(name: str, model, tokenizer, jobs: list[dict], limit: int) -> list[dict]:
    rows = translations.translation_rows(model, tokenizer, [job for job in jobs if len(job["input"]) <= limit])
    rows = translations.without_near_ties(rows)
    translations.write(GOLDENS, name, rows)
    translations.check(f"{name} in PyTorch", model, rows, 16)
    return rows


def make_encoders() -> None:
    # The networks of the latter are built around the files of the former.
    write_bert(MODELS)
    write_encoders(GOLDENS)


def english_corpus() -> tuple[list[corpus.Sentence], list[str]]:
    rng = random.Random(2)
    sentences = corpus.draw_sentences(20_000, seed=1)
    return sentences, [english.say(sentence, rng) for sentence in sentences]


KINDS = {
    "bert": lambda: make_masked_lm("bert-mlm", masked_lm.make_bert),
    "distilbert": lambda: make_masked_lm("distilbert-mlm", masked_lm.make_distilbert),
    "sentence": make_sentence_encoders,
    "classifier": make_classifier,
    "nli": make_nli,
    "marian": make_marian,
    "m2m100": make_m2m100,
    "training": lambda: write_training(GOLDENS),
    "networks": lambda: write_networks(GOLDENS),
    "encoders": make_encoders,
}

if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # optimum names the weights of a merged decoder in the order of a set, which differs from run to run otherwise.
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": "0"})
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    GOLDENS.mkdir(parents=True, exist_ok=True)
    unknown = set(sys.argv[1:]) - set(KINDS)
    if unknown:
        sys.exit(f"unknown kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    for kind in sys.argv[1:] or KINDS:
        KINDS[kind]()
