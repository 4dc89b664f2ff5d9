"""Golden fills: a text cut at a masked word, and what the model thinks of the mask."""

import random
import re
from pathlib import Path

import torch

import jsonl
from goldens_tokens import literal_ids, parsed_ids

TOP = 10


def write_fills(path: Path, model, tokenizer, texts: list[str], limit: int) -> None:
    """One text at a time, without padding, in float32. The last row has exactly `limit` ids."""
    rng = random.Random(31)
    cuts = [_cut(text, rng) for text in texts]
    cuts.append(("a " * (limit - 3), ""))
    rows = [_row(model, tokenizer, left, right) for left, right in cuts]
    assert len(rows[-1]["ids"]) == limit
    jsonl.write(path, rows)


def _cut(text: str, rng: random.Random) -> tuple[str, str]:
    """What stands before and after a random run of word characters (of any characters, if there is none)."""
    spans = [m.span() for m in re.finditer(r"\w+", text)] or [m.span() for m in re.finditer(r"\S+", text)] or [(0, 0)]
    start, end = rng.choice(spans)
    return text[:start], text[end:]


def _row(model, tokenizer, left: str, right: str) -> dict:
    cls, sep, mask = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id
    before, after = literal_ids(tokenizer, left)[1:-1], literal_ids(tokenizer, right)[1:-1]
    ids = [cls, *before, mask, *after, sep]
    if "[" not in left + right:
        assert ids == parsed_ids(tokenizer, left + tokenizer.mask_token + right), (left, right)
    position = 1 + len(before)
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0, position]
    values, best = logits.topk(TOP)
    return {
        "left": left, "right": right, "ids": ids, "position": position, "top_ids": best.tolist(),
        "top_logits": jsonl.rounded(values), "logsumexp": round(float(logits.logsumexp(-1)), jsonl.DECIMALS),
    }
