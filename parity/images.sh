#!/usr/bin/env bash
# Compares the decoders with Pillow over grids of over 60,000 odd images and 3,000 animations; `make parity` runs it.
# It takes two minutes of processor time, most of it Pillow's, and a quarter of an hour on two cores that are busy otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
work=build/parity
mkdir -p "$work"
[ -x "$work/images-venv/bin/python" ] || python3 -m venv "$work/images-venv"
"$work/images-venv/bin/pip" install --quiet -r parity/requirements-images.txt
"$work/images-venv/bin/python" parity/images.py "$work/images"
PALI3_PARITY_IMAGES="$PWD/$work/images" go test -count=1 -run TestGridAgainstPillow -v ./augment
"$work/images-venv/bin/python" -W ignore parity/animations.py "$work/animations" 1000
PALI3_PARITY_ANIMATIONS="$PWD/$work/animations" go test -count=1 -run TestContactSheet_EqualsPillow -v ./augment
"$work/images-venv/bin/python" parity/jpeg_goldens.py "$work/jpeg" 30000
PALI3_PARITY_JPEG="$PWD/$work/jpeg" go test -count=1 -run TestDecode_EqualsLibjpeg -v ./augment/jpeg
