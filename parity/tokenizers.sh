#!/usr/bin/env bash
# Compares tokenizer.json files of many kinds with Hugging Face's tokenizers, over odd texts.
set -euo pipefail
export RUST_BACKTRACE=0 # the other side panics on some files, which are left out
cd "$(dirname "$0")/.."
work=build/parity
mkdir -p "$work"
[ -x "$work/tokenizers-venv/bin/python" ] || python3 -m venv "$work/tokenizers-venv"
"$work/tokenizers-venv/bin/pip" install --quiet -r parity/requirements-tokenizers.txt
"$work/tokenizers-venv/bin/python" parity/tokenizers_grid.py --out "$work/tokenizers"
go test -count=1 -run TestGrid -v ./tokenize/tokenizerjson -grid "$PWD/$work/tokenizers"

# Which kinds of file may be given to sugarme/tokenizer.
"$work/tokenizers-venv/bin/python" parity/tokenizers_grid.py --plain --texts 400 --out "$work/tokenizers-plain"
go test -count=1 -run TestSugarme_Grid -v ./tokenize/tokenizerjson -grid "$PWD/$work/tokenizers-plain"
