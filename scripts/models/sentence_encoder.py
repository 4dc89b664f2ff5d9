"""sentence-encoder (laid out as all-MiniLM-L6-v2) and sentence-encoder-pooled (as optimum exports it): one training.

The first graph gives last_hidden_state and leaves pooling to the caller; the second gives token_embeddings and
sentence_embedding. tokenizer.json asks for truncation and fixed padding to 64 tokens, which sentence-transformers
overrides: it reads up to 256 tokens and pads to the longest of a batch.
"""

import json
import random
import shutil
import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from transformers import BertConfig, BertModel, BertTokenizerFast

import english
import wordpiece
from corpus import Sentence
from export import export

POSITIONS = 256
VOCAB = 320
WIDTH = 32
FILE_LENGTH = 64  # what tokenizer.json asks for

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]
POOLING = {
    "word_embedding_dimension": WIDTH,
    "pooling_mode_cls_token": False,
    "pooling_mode_mean_tokens": True,
    "pooling_mode_max_tokens": False,
    "pooling_mode_mean_sqrt_len_tokens": False,
}


def make(plain: Path, pooled: Path, sentences: list[Sentence], texts: list[str]) -> SentenceTransformer:
    tokenizer = wordpiece.make_tokenizer(texts, VOCAB, plain, POSITIONS, BertTokenizerFast)
    torch.manual_seed(21)
    model = BertModel(BertConfig(
        vocab_size=VOCAB, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=POSITIONS, pad_token_id=tokenizer.pad_token_id,
    ), add_pooling_layer=False)
    print(f"{plain.name}: loss {_train(model, tokenizer, sentences):.3f}")
    model.config.architectures = ["BertModel"]
    _write_settings(plain, model, tokenizer)
    export(model, "feature-extraction", plain, "onnx")

    encoder = _as_sentence_transformer(plain, model)
    shutil.copytree(plain, pooled, ignore=shutil.ignore_patterns("onnx"), dirs_exist_ok=True)
    export(encoder, "feature-extraction", pooled)
    return encoder


def _train(model: BertModel, tokenizer, sentences: list[Sentence], steps: int = 500, batch: int = 64) -> float:
    """Two wordings of one meaning belong together, all other pairs of the batch apart (softmax over cosines × 20)."""
    rng = random.Random(22)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    model.train()
    losses = []
    for _ in range(steps):
        chosen = rng.sample(sentences, batch)
        embedded = []
        for _ in range(2):
            encoded = tokenizer([english.say(s, rng) for s in chosen], padding=True, return_tensors="pt")
            hidden = model(**encoded).last_hidden_state
            mask = encoded["attention_mask"].unsqueeze(-1)
            embedded.append(torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1))
        loss = torch.nn.functional.cross_entropy(20 * embedded[0] @ embedded[1].T, torch.arange(batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    model.eval()
    return sum(losses[-50:]) / 50


def _write_settings(folder: Path, model: BertModel, tokenizer) -> None:
    tokenizer.backend_tokenizer.enable_truncation(FILE_LENGTH)
    tokenizer.backend_tokenizer.enable_padding(length=FILE_LENGTH, pad_id=tokenizer.pad_token_id, pad_token="[PAD]")
    tokenizer.save_pretrained(folder)
    model.config.save_pretrained(folder)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    for name, value in (
        ("modules.json", MODULES),
        ("sentence_bert_config.json", {"max_seq_length": POSITIONS, "do_lower_case": False}),
        ("1_Pooling/config.json", POOLING),
    ):
        (folder / name).write_text(json.dumps(value, indent=2) + "\n")


def _as_sentence_transformer(folder: Path, model: BertModel) -> SentenceTransformer:
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(folder, scratch, dirs_exist_ok=True)
        model.save_pretrained(scratch)
        (Path(scratch) / "2_Normalize").mkdir()
        encoder = SentenceTransformer(scratch, device="cpu")
    assert encoder.max_seq_length == POSITIONS
    return encoder
