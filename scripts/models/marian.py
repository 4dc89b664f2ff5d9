"""A Marian translator from English to a made-up language, in the three layouts that optimum exports.

marian-merged holds all files, with the graphs under onnx/. marian-split and marian-plain hold only what differs; the
tokenizer's files, the settings and the encoder are links to those of marian-merged.
"""

import json
import random
from pathlib import Path

import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel, MarianTokenizer

import constructed
import english
import sentencepieces
from corpus import Sentence
from export import export
from train_seq2seq import train_seq2seq

POSITIONS = 64
PIECES = 200


def make(folder: Path, sentences: list[Sentence], steps: int) -> tuple[MarianMTModel, MarianTokenizer]:
    rng = random.Random(41)
    pairs = [(english.say(s, rng), constructed.say(constructed.LUNIC, s, rng)) for s in sentences]
    tokenizer = _make_tokenizer(folder, pairs)
    torch.manual_seed(42)
    model = MarianMTModel(_config(tokenizer))
    sources = [tokenizer(source)["input_ids"] for source, _ in pairs]
    targets = [tokenizer(text_target=target)["input_ids"] for _, target in pairs]
    print(f"{folder.name}: loss {train_seq2seq(model, sources, targets, steps, seed=43):.3f}")
    model.generation_config = _generation_config(tokenizer)
    return model, tokenizer


def _make_tokenizer(folder: Path, pairs: list[tuple[str, str]]) -> MarianTokenizer:
    english_texts, lunic_texts = zip(*pairs)
    source = sentencepieces.train(english_texts, folder / "source.spm", PIECES, "unigram", whole_charsmap=True)
    target = sentencepieces.train(lunic_texts, folder / "target.spm", PIECES, "unigram", whole_charsmap=False)
    pieces = [model.id_to_piece(i) for model in (source, target) for i in range(3, model.get_piece_size())]
    words = ["</s>", "<unk>", *dict.fromkeys(pieces), "<pad>"]
    vocab = folder / "vocab.json"
    vocab.write_text(json.dumps({word: i for i, word in enumerate(words)}, ensure_ascii=False), encoding="utf-8")
    tokenizer = MarianTokenizer(
        source_spm=str(folder / "source.spm"), target_spm=str(folder / "target.spm"), vocab=str(vocab),
        source_lang="eng", target_lang="lun", model_max_length=POSITIONS,
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def _config(tokenizer: MarianTokenizer) -> MarianConfig:
    return MarianConfig(
        vocab_size=len(tokenizer), d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=POSITIONS,
        activation_function="swish", scale_embedding=True, dropout=0.0, pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id, decoder_start_token_id=tokenizer.pad_token_id,
        forced_eos_token_id=tokenizer.eos_token_id, architectures=["MarianMTModel"],
    )


def _generation_config(tokenizer: MarianTokenizer) -> GenerationConfig:
    """As the opus-mt models have it."""
    return GenerationConfig(
        bad_words_ids=[[tokenizer.pad_token_id]], bos_token_id=0, decoder_start_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id, forced_eos_token_id=tokenizer.eos_token_id, max_length=POSITIONS,
        num_beams=4, pad_token_id=tokenizer.pad_token_id, renormalize_logits=True,
    )


SHARED = ["config.json", "generation_config.json", "source.spm", "target.spm", "tokenizer_config.json",
          "special_tokens_map.json", "vocab.json"]


def export_layouts(model: MarianMTModel, merged: Path, split: Path, plain: Path) -> None:
    """Three folders that each load by themselves, with one copy of what they share."""
    model.config.save_pretrained(merged)
    model.generation_config.save_pretrained(merged)
    export(model, "text2text-generation-with-past", merged, "onnx")
    export(model, "text2text-generation", plain)
    split.mkdir(exist_ok=True)
    for graph in ("decoder_model.onnx", "decoder_with_past_model.onnx"):
        (merged / "onnx" / graph).rename(split / graph)
    for folder in (split, plain):
        (folder / "encoder_model.onnx").unlink(missing_ok=True)
        (folder / "encoder_model.onnx").symlink_to(Path("..") / merged.name / "onnx" / "encoder_model.onnx")
        for name in SHARED:
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(Path("..") / merged.name / name)
