"""Golden embeddings: a text and its normalised vector, as sentence-transformers computes it."""

from pathlib import Path

import torch

import jsonl
from goldens_tokens import literal_ids, parsed_ids


def write_embeddings(path: Path, encoder, texts: list[str]) -> None:
    """One text at a time. Texts beyond the encoder's limit have no row."""
    rows = []
    for text in texts:
        ids = literal_ids(encoder.tokenizer, text)
        if len(ids) > encoder.max_seq_length:
            continue
        with torch.no_grad():
            features = {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids), dtype=torch.long)}
            embedding = encoder(features)["sentence_embedding"][0]
        if parsed_ids(encoder.tokenizer, text) == ids:
            # Where no special token is spelled out in the text, `encode` itself has to agree.
            encoded = torch.tensor(encoder.encode([text], show_progress_bar=False)[0])
            assert torch.allclose(encoded, embedding, atol=1e-6), text
        rows.append({"text": text, "embedding": jsonl.rounded(embedding)})
    jsonl.write(path, rows)
