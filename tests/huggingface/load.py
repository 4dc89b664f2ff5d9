"""Loads a dataset made by `augment audio` as people do, and checks columns, splits and rows.

    load.py DIR
"""

import json
import os
import pathlib
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

from datasets import Audio, load_dataset  # noqa: E402  (after the variable it reads)

COLUMNS = {"audio", "label", "text", "source_id", "speaker", "transform", "mel_path", "parameters", "measured", "id"}


def main(folder):
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    with tempfile.TemporaryDirectory() as cache:
        loaded = load_dataset("audiofolder", data_dir=str(folder), cache_dir=cache)
        splits = {row["split"] for row in rows}
        assert set(loaded) == splits, (set(loaded), splits)
        for split, part in loaded.items():
            assert set(part.column_names) == COLUMNS, part.column_names
            # Without decoding, which needs more packages: the path is what has to be right.
            part = part.cast_column("audio", Audio(decode=False))
            expected = {row["id"]: row for row in rows if row["split"] == split and row["file"]}
            assert len(part) == len(expected), (len(part), len(expected))
            for item in part:
                row = expected.pop(item["id"])
                assert item["audio"]["path"].endswith(row["file"]), (item["audio"]["path"], row["file"])
                for key in ("label", "text", "source_id", "speaker", "transform"):
                    assert item[key] == row[key], (key, item[key], row[key])
                assert json.loads(item["parameters"]) == row["parameters"]
                assert json.loads(item["measured"]) == row["measured"]
            assert not expected
    print(f"Hugging Face datasets: {len(rows)} rows in {len(splits)} splits loaded with the right columns")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
