"""Golden token ids: a text and the ids that transformers' tokenizer makes of it, special tokens included."""

from pathlib import Path

import jsonl


def literal_ids(tokenizer, text: str) -> list[int]:
    """The ids when a "[MASK]" or "</s>" in the text is text like any other, which is what a user's text is."""
    return tokenizer(text, split_special_tokens=True, truncation=False, padding=False)["input_ids"]


def parsed_ids(tokenizer, text: str) -> list[int]:
    """The ids by transformers' default, which takes special tokens written in the text for special tokens."""
    return tokenizer(text, split_special_tokens=False, truncation=False, padding=False)["input_ids"]


def token_rows(tokenizer, texts: list[str], **fields) -> list[dict]:
    """`parsed` is written only where it differs from `ids`."""
    rows = []
    for text in texts:
        row = {"text": text, **fields, "ids": literal_ids(tokenizer, text)}
        parsed = parsed_ids(tokenizer, text)
        rows.append(row | ({"parsed": parsed} if parsed != row["ids"] else {}))
    return rows


def write_tokens(path: Path, tokenizer, texts: list[str]) -> None:
    jsonl.write(path, token_rows(tokenizer, texts))
