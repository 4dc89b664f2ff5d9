"""tokenizer.json for M2M100, as the hub's ONNX repositories carry one; transformers itself has no converter for it."""

from pathlib import Path
from types import SimpleNamespace

from tokenizers import AddedToken, Tokenizer, processors
from transformers import M2M100Tokenizer
from transformers.convert_slow_tokenizer import SpmConverter


class _Converter(SpmConverter):
    def vocab(self, proto):
        specials = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
        return specials + [(piece.piece, piece.score) for piece in proto.pieces[3:]]

    def unk_id(self, proto):
        return 3


def convert(slow: M2M100Tokenizer, spm: Path) -> Tokenizer:
    fast = _Converter(SimpleNamespace(vocab_file=str(spm))).converted()
    specials = ["<s>", "<pad>", "</s>", "<unk>", *slow.lang_token_to_id]
    fast.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in specials])
    assert all(fast.token_to_id(token) == i for token, i in slow.lang_token_to_id.items())
    fast.post_processor = processors.TemplateProcessing(
        single="__en__ $A </s>", pair="__en__ $A $B </s>",
        special_tokens=[(token, slow.convert_tokens_to_ids(token)) for token in ("__en__", "</s>")],
    )
    return fast
