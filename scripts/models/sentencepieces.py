"""Trains SentencePiece models with the normalisation that the real translators have (nmt_nfkc), whole or in part."""

import io
import string
import tempfile
from pathlib import Path

import sentencepiece
from transformers.convert_slow_tokenizer import import_protobuf

import small_charsmap

ModelProto = import_protobuf().ModelProto

# So that no letter, digit or common sign of the languages at hand is unknown.
ALPHABET = " ".join(string.ascii_letters + string.digits + ".,!?'\"()-:;éèäöüçğışÄÖÜß")


def train(
    texts: list[str], path: Path, size: int, model_type: str, whole_charsmap: bool
) -> sentencepiece.SentencePieceProcessor:
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as scratch:
        rules = Path(scratch) / "rules.tsv"
        small_charsmap.write_rules(rules)
        whole, part = {"normalization_rule_name": "nmt_nfkc"}, {"normalization_rule_tsv": str(rules)}
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([*texts, ALPHABET]), model_writer=model, vocab_size=size, model_type=model_type,
            character_coverage=1.0, num_threads=1, minloglevel=2, **(whole if whole_charsmap else part),
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_without_paths(model.getvalue()))
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def _without_paths(serialized: bytes) -> bytes:
    """The trainer writes the path of the rule file into the model; nothing reads it there."""
    model = ModelProto.FromString(serialized)
    model.normalizer_spec.ClearField("normalization_rule_tsv")
    return model.SerializeToString()
