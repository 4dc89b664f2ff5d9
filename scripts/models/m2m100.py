"""A tiny M2M100 for the chain en -> fr -> de -> tr -> en, in the hub's layout with a merged decoder.

"fr", "de" and "tr" are made-up languages under the codes that M2M100 knows. The SentencePiece model is BPE, as that of
the real M2M100 is.
"""

import json
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

import constructed
import corpus
import english
import goldens_tokens
import m2m100_fast
import sentencepieces
from corpus import Sentence
from export import export
from train_seq2seq import train_seq2seq

POSITIONS = 64
PIECES = 260
CHAIN = [("en", "fr"), ("fr", "de"), ("de", "tr"), ("tr", "en")]
MADE_UP = {"fr": constructed.FRENCH, "de": constructed.GERMAN, "tr": constructed.TURKISH}


def say(code: str, sentence: Sentence, rng: random.Random) -> str:
    return english.say(sentence, rng) if code == "en" else constructed.say(MADE_UP[code], sentence, rng)


def make(folder: Path, sentences: list[Sentence], steps: int) -> tuple[M2M100ForConditionalGeneration, M2M100Tokenizer]:
    rng = random.Random(51)
    pairs = [(*hop, say(hop[0], s, rng), say(hop[1], s, rng)) for s in sentences for hop in CHAIN]
    tokenizer = _make_tokenizer(folder, [source for _, _, source, _ in pairs])
    torch.manual_seed(52)
    model = M2M100ForConditionalGeneration(_config(tokenizer))
    sources = [ids(tokenizer, code, text) for code, _, text, _ in pairs]
    targets = [ids(tokenizer, code, text) for _, code, _, text in pairs]
    print(f"{folder.name}: loss {train_seq2seq(model, sources, targets, steps, seed=53):.3f}")
    # As facebook/m2m100_418M has it, but for the limit; the target language is the caller's to force.
    model.generation_config = GenerationConfig(
        bos_token_id=0, decoder_start_token_id=2, early_stopping=True, eos_token_id=2, max_length=POSITIONS,
        num_beams=5, pad_token_id=1,
    )
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    export(model, "text2text-generation-with-past", folder, "onnx")
    for unused in ("decoder_model.onnx", "decoder_with_past_model.onnx"):
        (folder / "onnx" / unused).unlink()
    return model, tokenizer


def ids(tokenizer: M2M100Tokenizer, code: str, text: str) -> list[int]:
    tokenizer.src_lang = code
    return tokenizer(text, split_special_tokens=True)["input_ids"]


def _make_tokenizer(folder: Path, texts: list[str]) -> M2M100Tokenizer:
    spm = folder / "sentencepiece.bpe.model"
    model = sentencepieces.train(texts, spm, PIECES, "bpe", whole_charsmap=False)
    words = ["<s>", "<pad>", "</s>", "<unk>", *(model.id_to_piece(i) for i in range(3, model.get_piece_size()))]
    vocab = folder / "vocab.json"
    vocab.write_text(json.dumps({word: i for i, word in enumerate(words)}, ensure_ascii=False), encoding="utf-8")
    # The published tokenizer lists its language tokens as special ones, so that decoding can leave them out.
    languages = [f"__{code}__" for code in FAIRSEQ_LANGUAGE_CODES["m2m100"]]
    tokenizer = M2M100Tokenizer(
        str(vocab), str(spm), src_lang="en", model_max_length=POSITIONS, additional_special_tokens=languages
    )
    tokenizer.save_pretrained(folder)
    m2m100_fast.convert(tokenizer, spm).save(str(folder / "tokenizer.json"), pretty=False)
    return tokenizer


def _config(tokenizer: M2M100Tokenizer) -> M2M100Config:
    return M2M100Config(
        vocab_size=len(tokenizer) + tokenizer.num_madeup_words, d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64,
        max_position_embeddings=POSITIONS, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0,
        encoder_layerdrop=0.0, decoder_layerdrop=0.0, architectures=["M2M100ForConditionalGeneration"],
    )


def golden_texts(count: int, seed: int) -> list[tuple[str, str, str]]:
    """Source, target and text; the hops of the chain take turns."""
    rng = random.Random(seed)
    hops = [CHAIN[i % len(CHAIN)] for i in range(count)]
    return [(*hop, say(hop[0], s, rng)) for hop, s in zip(hops, corpus.draw_sentences(count, seed))]


def token_rows(tokenizer: M2M100Tokenizer, folder: Path, texts: list[tuple[str, str]]) -> list[dict]:
    """`fast` is written where tokenizer.json, without special tokens, disagrees with the ids between them."""
    fast = Tokenizer.from_file(str(folder / "tokenizer.json"))
    fast.encode_special_tokens = True
    rows = []
    for code, text in texts:
        tokenizer.src_lang = code
        row = goldens_tokens.token_rows(tokenizer, [text], source=code)[0]
        by_json = fast.encode(text, add_special_tokens=False).ids
        rows.append(row | ({"fast": by_json} if by_json != row["ids"][1:-1] else {}))
    return rows
