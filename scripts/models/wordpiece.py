"""Makes the uncased WordPiece vocabulary of the BERT-like models from the corpus.

The trainer of the `tokenizers` library breaks ties by the order of a hash map, so two runs differ. This one merges the
most frequent pair, the alphabetically first among equals, and makes the same vocabulary each time.
"""

import string
from collections import Counter
from pathlib import Path

from tokenizers.pre_tokenizers import BertPreTokenizer

# The special tokens lie where BERT's own vocabulary has them: after some unused entries.
SPECIALS = ["[PAD]", *(f"[unused{i}]" for i in range(5)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ALPHABET = string.ascii_lowercase + string.digits + ".,!?'\"()[]-:;@#&%/_$*+=<>"


def make_tokenizer(texts: list[str], size: int, folder: Path, max_length: int, tokenizer_class):
    """Writes vocab.txt with `size` entries; small enough that some words of the corpus fall into pieces."""
    folder.mkdir(parents=True, exist_ok=True)
    vocab = folder / "vocab.txt"
    vocab.write_text("\n".join(_vocabulary(texts, size)) + "\n", encoding="utf-8")
    return tokenizer_class(vocab_file=str(vocab), do_lower_case=True, model_max_length=max_length)


def _vocabulary(texts: list[str], size: int) -> list[str]:
    split = BertPreTokenizer().pre_tokenize_str
    words = Counter(word for text in texts for word, _ in split(text.lower()))
    spelled = {word: [word[0], *("##" + letter for letter in word[1:])] for word in words}
    vocabulary = [*SPECIALS, *ALPHABET, *("##" + letter for letter in string.ascii_lowercase + string.digits)]
    known = set(vocabulary)
    while len(vocabulary) < size:
        pairs = Counter()
        for word, pieces in spelled.items():
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] += words[word]
        left, right = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merged = left + right.removeprefix("##")
        if merged not in known:
            known.add(merged)
            vocabulary.append(merged)
        spelled = {word: _merge(pieces, left, right, merged) for word, pieces in spelled.items()}
    return vocabulary


def _merge(pieces: list[str], left: str, right: str, merged: str) -> list[str]:
    out = []
    for piece in pieces:
        if piece == right and out and out[-1] == left:
            out[-1] = merged
        else:
            out.append(piece)
    return out
