"""A small part of SentencePiece's nmt_nfkc rules, as a rule file for its trainer.

The whole map takes 240 KB in each model. One model of the tree (marian-merged/source.spm) carries it whole; where size
matters more, this keeps the rules for Latin letters with their combining marks, spaces, invisible characters, ligatures
and full-width forms.
"""

from pathlib import Path

import sentencepiece

SINGLE = [*range(0x01, 0x250), *range(0x2000, 0x2070), *range(0x20A0, 0x20C0), *range(0x2100, 0x2190), 0x3000, 0xFEFF,
          *range(0xFB00, 0xFB07), *range(0xFF01, 0xFF5F), 0xFFFD]
MARKS = [0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x30A, 0x30B, 0x30C, 0x323, 0x327, 0x328]
LETTERS = "AaCcDdEeGgIiKkLlNnOoRrSsTtUuYyZz"


def write_rules(path: Path) -> None:
    """Tab-separated: code points in hexadecimal, then what replaces them (nothing, where they are removed)."""
    normalizer = sentencepiece.SentencePieceNormalizer(
        rule_name="nmt_nfkc", add_dummy_prefix=False, escape_whitespaces=False, remove_extra_whitespaces=False
    )
    sources = [chr(code) for code in SINGLE] + [letter + chr(mark) for letter in LETTERS for mark in MARKS]
    lines = []
    for source in sources:
        replaced = normalizer.normalize(source)
        if replaced != source:
            lines.append("\t".join(" ".join(f"{ord(c):X}" for c in text) for text in (source, replaced)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
