"""text-classifier (DistilBERT, optimum's layout) and text-nli (BERT, the hub's layout, pairs of sentences).

The first tells what a sentence of the corpus feels, the second whether one sentence follows from another. A negated
meaning contradicts the plain one, another wording of it follows, anything else is neutral.
"""

import dataclasses
import random
from pathlib import Path

import torch
from transformers import (
    BertConfig, BertForSequenceClassification, BertTokenizerFast, DistilBertConfig,
    DistilBertForSequenceClassification, DistilBertTokenizerFast,
)

import english
import wordpiece
from corpus import Sentence
from export import export

POSITIONS = 128
VOCAB = 320
FEELINGS = {
    "joy": {"happy", "proud", "grateful", "calm"},
    "sadness": {"sad", "lonely", "tired"},
    "anger": {"angry", "jealous"},
    "fear": {"afraid", "nervous", "surprised"},
}
LABELS = [*FEELINGS, "neutral"]
NLI = ["contradiction", "entailment", "neutral"]


def feeling(sentence: Sentence) -> str:
    """What the first clause that feels anything feels; a negated feeling is none."""
    for clause in filter(None, (sentence.first, sentence.second)):
        for label, names in FEELINGS.items():
            if clause.feeling in names and not clause.negated:
                return label
    return "neutral"


def make_classifier(folder: Path, sentences: list[Sentence], texts: list[str]):
    tokenizer = wordpiece.make_tokenizer(texts, VOCAB, folder, POSITIONS, DistilBertTokenizerFast)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(31)
    model = DistilBertForSequenceClassification(DistilBertConfig(
        vocab_size=VOCAB, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=POSITIONS,
        pad_token_id=tokenizer.pad_token_id, **_names(LABELS),
    ))
    rows = [(text, None, LABELS.index(feeling(sentence))) for sentence, text in zip(sentences, texts)]
    _finish(model, tokenizer, rows, folder, "", steps=1500)
    return model, tokenizer


def make_nli(folder: Path, sentences: list[Sentence], texts: list[str]):
    tokenizer = wordpiece.make_tokenizer(texts, VOCAB, folder, POSITIONS, BertTokenizerFast)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(32)
    model = BertForSequenceClassification(BertConfig(
        vocab_size=VOCAB, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=POSITIONS, pad_token_id=tokenizer.pad_token_id, **_names(NLI),
    ))
    _finish(model, tokenizer, pairs(sentences, seed=33), folder, "onnx", steps=2500)
    return model, tokenizer


def pairs(sentences: list[Sentence], seed: int) -> list[tuple[str, str, int]]:
    """A sentence with another wording of it, with its negation, or with another sentence."""
    rng = random.Random(seed)
    rows = []
    for sentence in sentences:
        label = rng.randrange(len(NLI))
        other = [_negated(sentence), sentence, rng.choice(sentences)][label]
        rows.append((english.say(sentence, rng), english.say(other, rng), label))
    return rows


def _negated(sentence: Sentence) -> Sentence:
    first = dataclasses.replace(sentence.first, negated=not sentence.first.negated, degree=None)
    return dataclasses.replace(sentence, first=first)


def _names(labels: list[str]) -> dict:
    return {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}


def _finish(model, tokenizer, rows, folder: Path, subfolder: str, steps: int, batch: int = 64) -> None:
    rng = random.Random(34)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    model.train()
    right = []
    for _ in range(steps):
        firsts, seconds, labels = zip(*rng.sample(rows, batch))
        encoded = tokenizer(list(firsts), list(seconds) if seconds[0] else None, padding=True, return_tensors="pt")
        labels = torch.tensor(labels)
        output = model(**encoded, labels=labels)
        optimizer.zero_grad()
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        right.append(float((output.logits.argmax(-1) == labels).float().mean()))
    model.eval()
    print(f"{folder.name}: {sum(right[-50:]) / 50:.3f} right")
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    export(model, "text-classification", folder, subfolder)
