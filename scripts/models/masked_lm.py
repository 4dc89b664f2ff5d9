"""bert-mlm (hub layout, graphs under onnx/, three precisions) and distilbert-mlm (optimum layout, graph at root)."""

from pathlib import Path

import torch
from transformers import (
    BertConfig, BertForMaskedLM, BertTokenizerFast, DistilBertConfig, DistilBertForMaskedLM, DistilBertTokenizerFast,
)

import precision
import wordpiece
from export import export
from train_mlm import train_mlm

POSITIONS = 128
VOCAB = {"bert": 440, "distilbert": 320}


def make_bert(folder: Path, texts: list[str]):
    tokenizer = wordpiece.make_tokenizer(texts, VOCAB["bert"], folder, POSITIONS, BertTokenizerFast)
    torch.manual_seed(11)
    model = BertForMaskedLM(BertConfig(
        vocab_size=VOCAB["bert"], hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=POSITIONS, pad_token_id=tokenizer.pad_token_id,
    ))
    _finish(model, tokenizer, texts, folder)
    graph = export(model, "fill-mask", folder, "onnx")[0]
    precision.quantized(graph)
    precision.half(graph)
    return model, tokenizer


def make_distilbert(folder: Path, texts: list[str]):
    tokenizer = wordpiece.make_tokenizer(texts, VOCAB["distilbert"], folder, POSITIONS, DistilBertTokenizerFast)
    torch.manual_seed(12)
    model = DistilBertForMaskedLM(DistilBertConfig(
        vocab_size=VOCAB["distilbert"], dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=POSITIONS,
        pad_token_id=tokenizer.pad_token_id,
    ))
    _finish(model, tokenizer, texts, folder)
    export(model, "fill-mask", folder)
    return model, tokenizer


def _finish(model, tokenizer, texts, folder: Path) -> None:
    tokenizer.save_pretrained(folder)  # before training, which sets a truncation that would be saved along
    loss = train_mlm(model, tokenizer, texts, steps=1500, seed=13)
    print(f"{folder.name}: loss {loss:.3f}")
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
