#!/usr/bin/env bash
# Compares tokenizer.json files of many kinds with Hugging Face's tokenizers, over odd texts.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv build/parity-tokenizers
build/parity-tokenizers/bin/pip install -q -r parity/requirements-tokenizers.txt
build/parity-tokenizers/bin/python parity/tokenizers_grid.py --out build/tokenizers
GOTOOLCHAIN=auto GOEXPERIMENT=simd go test ./tokenize/tokenizerjson -run TestGrid -v -grid "$PWD/build/tokenizers"
