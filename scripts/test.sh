#!/usr/bin/env bash
# All tests: Rust's, and a check that Hugging Face datasets loads what the program makes (Python 3 with pip; the
# packages go into target/venv).
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v apertium >/dev/null || ! command -v apertium-apy >/dev/null; then
    echo "apertium is not installed: its tests are SKIPPED (apt-get install apertium apertium-eo-en apertium-en-es" \
        "apertium-fr-es apertium-apy)" >&2
fi

cargo test --no-fail-fast

out=target/huggingface
rm -rf "$out"
cargo run --quiet -- audio recipes/demo.toml --out "$out/demo" --quiet
venv=target/venv
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
if ! "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/huggingface/requirements.txt; then
    # On a machine without a package index the rest still counts; in CI it has to be checked.
    echo "Hugging Face datasets could not be installed: its check is SKIPPED" >&2
    [ -z "${CI:-}" ]
    exit
fi
"$venv/bin/python" tests/huggingface/load.py "$out/demo"
