"""Golden files: one JSON object a line, compact, floats rounded well below the 1e-4 that a comparison asks for."""

import json
from pathlib import Path

DECIMALS = 6


def rounded(values) -> list[float]:
    return [round(float(v), DECIMALS) for v in values]


def write(path: Path, rows: list[dict]) -> None:
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(rows)} rows")
