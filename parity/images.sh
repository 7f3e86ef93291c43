#!/usr/bin/env bash
# Compares the decoders with Pillow over a grid of over 30,000 odd images; `make parity` runs it.
set -euo pipefail
cd "$(dirname "$0")/.."
work=build/parity
mkdir -p "$work"
[ -x "$work/images-venv/bin/python" ] || python3 -m venv "$work/images-venv"
"$work/images-venv/bin/pip" install --quiet -r parity/requirements-images.txt
"$work/images-venv/bin/python" parity/images.py "$work/images"
PALI3_PARITY_IMAGES="$PWD/$work/images" go test -count=1 -run TestGridAgainstPillow -v ./augment
