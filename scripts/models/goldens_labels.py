"""Golden labels: a text, or a pair of texts, and the probabilities that the model gives its labels."""

from pathlib import Path

import torch

import jsonl


def write_labels(path: Path, model, tokenizer, texts: list[tuple[str, str | None]]) -> None:
    """One text at a time. Texts beyond the model's limit have no row."""
    rows = []
    for first, second in texts:
        encoded = tokenizer(first, second, split_special_tokens=True, return_tensors="pt")
        if encoded["input_ids"].shape[1] > tokenizer.model_max_length:
            continue
        with torch.no_grad():
            probabilities = model(**encoded).logits[0].softmax(-1)
        row = {"text": first} | ({} if second is None else {"second": second})
        label = model.config.id2label[int(probabilities.argmax())]
        rows.append(row | {"label": label, "probabilities": jsonl.rounded(probabilities)})
    jsonl.write(path, rows)
