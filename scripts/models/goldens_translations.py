"""Golden translations: what transformers' `generate` makes of one text at a time under several settings.

Two checks run along: a padded batch of all texts gives the same ids, and so does ONNX Runtime through optimum.
"""

import json
from pathlib import Path

import torch

import jsonl

# Arguments of `generate`. "as-configured" takes all from generation_config.json; what another setting leaves out
# comes from there too, as with the real models.
SETTINGS = {
    "as-configured": {},
    "greedy": {"num_beams": 1},
    "greedy-cut": {"num_beams": 1, "max_new_tokens": 7},
    "beam2": {"num_beams": 2, "early_stopping": False, "num_return_sequences": 2},
    "beam4": {"num_beams": 4, "early_stopping": False, "num_return_sequences": 4},
    "beam6": {"num_beams": 6, "early_stopping": False, "num_return_sequences": 3},
    "beam4-short": {"num_beams": 4, "early_stopping": False, "length_penalty": 0.6, "num_return_sequences": 2},
    "beam4-long": {"num_beams": 4, "early_stopping": False, "length_penalty": 2.0, "num_return_sequences": 2},
    "beam4-early": {"num_beams": 4, "early_stopping": True, "num_return_sequences": 2},
    "beam4-never": {"num_beams": 4, "early_stopping": "never", "length_penalty": 2.0, "num_return_sequences": 2},
    "beam6-never-short": {"num_beams": 6, "early_stopping": "never", "length_penalty": 0.6, "num_return_sequences": 2},
    "beam4-cut": {"num_beams": 4, "early_stopping": False, "max_new_tokens": 7, "num_return_sequences": 4},
    "beam2-early-cut": {"num_beams": 2, "early_stopping": True, "max_new_tokens": 12},
    "beam4-no-repeat": {"num_beams": 4, "early_stopping": False, "no_repeat_ngram_size": 3, "num_return_sequences": 2},
}


def translation_rows(model, tokenizer, jobs: list[dict]) -> list[dict]:
    """A job holds `input` (ids), optionally `forced` (the id of the target language), and fields kept as they are.

    Settings often agree, so a row lists each sequence once and the results point into that list.
    """
    rows = []
    for job in jobs:
        distinct, results = [], {}
        for name, setting in SETTINGS.items():
            sequences, scores = generate(model, [job], setting)
            distinct += [ids for ids in sequences if ids not in distinct]
            results[name] = {"sequences": [distinct.index(ids) for ids in sequences]}
            if scores is not None:
                results[name]["scores"] = jsonl.rounded(scores)
        texts = tokenizer.batch_decode(distinct, skip_special_tokens=True)
        rows.append(job | {"sequences": distinct, "texts": texts, "results": results})
    return rows


def without_near_ties(rows: list[dict], gap: float = 2e-5) -> list[dict]:
    """Leaves out texts of which two neighbouring sequences score so alike that rounding decides their order."""
    def nearest(row: dict) -> float:
        scores = [result.get("scores", []) for result in row["results"].values()]
        return min((a - b for pair in scores for a, b in zip(pair, pair[1:])), default=1.0)

    return [row for row in rows if nearest(row) > gap]


def generate(model, jobs: list[dict], setting: dict) -> tuple[list[list[int]], list[float] | None]:
    """Sequences without the start token and the padding; the forced language token and </s> stay."""
    pad = model.config.pad_token_id
    width = max(len(job["input"]) for job in jobs)
    ids = torch.tensor([job["input"] + [pad] * (width - len(job["input"])) for job in jobs])
    mask = torch.tensor([[1] * len(job["input"]) + [0] * (width - len(job["input"])) for job in jobs])
    forced = {"forced_bos_token_id": jobs[0]["forced"]} if "forced" in jobs[0] else {}
    with torch.no_grad():
        out = model.generate(
            input_ids=ids, attention_mask=mask, return_dict_in_generate=True, output_scores=True, **forced, **setting,
        )
    scores = getattr(out, "sequences_scores", None)
    return [_trimmed(row[1:], pad) for row in out.sequences.tolist()], None if scores is None else scores.tolist()


def _trimmed(ids: list[int], pad: int) -> list[int]:
    while ids and ids[-1] == pad:
        ids = ids[:-1]
    return ids


def check(name: str, model, rows: list[dict], size: int) -> None:
    """Stops unless `model`, given batches of `size` jobs, makes the ids of `rows`, with scores within 1e-4."""
    worst = 0.0
    for forced in dict.fromkeys(row.get("forced") for row in rows):
        same = [row for row in rows if row.get("forced") == forced]
        for start in range(0, len(same), size):
            group = same[start : start + size]
            for setting_name, setting in SETTINGS.items():
                sequences, scores = generate(model, group, setting)
                wanted = [row["sequences"][i] for row in group for i in row["results"][setting_name]["sequences"]]
                if sequences != wanted:
                    differing = [row["text"] for row in group][:3]
                    raise SystemExit(f"{name}: other ids under {setting_name} in a batch with {differing}")
                if scores is not None:
                    golden = [score for row in group for score in row["results"][setting_name]["scores"]]
                    worst = max(worst, *(abs(a - b) for a, b in zip(scores, golden)))
    print(f"{name}: the same ids, batches of {size}; scores differ by at most {worst:.1e}")
    assert worst < 1e-4, worst


def write(folder: Path, stem: str, rows: list[dict]) -> None:
    settings = json.dumps(SETTINGS, indent=2) + "\n"
    (folder / "translation-settings.json").write_text(settings, encoding="utf-8")
    jsonl.write(folder / f"{stem}.translations.jsonl", rows)
