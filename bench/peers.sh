#!/usr/bin/env bash
# Runs all comparisons with other projects (`make bench-peers`), or some by name:
#
#	bench/peers.sh [shards] [ingest] [tokenize] [stream_text] [models] [captions] [jpeg] [stream]
#
# It makes virtual environments from the pinned requirements and data in build/bench, about 13 GB with the
# defaults, and keeps them for the next run. The tables are in results.md. To make it smaller or steadier:
#
#	ROUNDS=5 SCAN_ROWS=12500 MILLION=1000000 FETCH=1000 MODELS="steps decode" bench/peers.sh
set -euo pipefail
cd "$(dirname "$0")/.."
export ROUNDS="${ROUNDS:-5}" GOTOOLCHAIN="${GOTOOLCHAIN:-auto}" GOEXPERIMENT="${GOEXPERIMENT:-simd}" CGO_ENABLED=0
scan_rows=${SCAN_ROWS:-12500} long=$((4 * ${SCAN_ROWS:-12500})) million=${MILLION:-1000000} fetch=${FETCH:-1000}
MODELS=${MODELS:-steps towers siglip ul2 decode loss}
at=build/bench
mkdir -p "$at"

# venv NAME makes the environment of requirements-NAME.txt and prints the folder of its programs.
venv() {
	if ! cmp -s "bench/requirements-$1.txt" "$at/venv-$1/requirements.txt"; then
		python3 -m venv --clear "$at/venv-$1"
		"$at/venv-$1/bin/pip" install --quiet --no-deps -r "bench/requirements-$1.txt" >&2
		cp "bench/requirements-$1.txt" "$at/venv-$1/requirements.txt"
	fi
	echo "$at/venv-$1/bin"
}

# once NAME COMMAND... runs a command that makes $at/NAME, unless an earlier run has made it.
once() {
	made=$1
	shift
	if ! [ -e "$at/$made.made" ]; then
		rm -rf "${at:?}/$made"
		"$@" > /dev/null
		touch "$at/$made.made"
	fi
}

go build -o "$at/" ./bench/shards ./bench/ingest ./bench/tokenize ./bench/stream ./bench/stream-text ./bench/captions ./bench/jpeg ./cmd/pali3
once photos "$at/shards" images -rows 200 -bytes 36000 "$at/photos"

shards() {
	python=$(venv shards)/python
	once small "$at/shards" images -rows 500 -bytes 500 "$at/small"
	once "scan-$scan_rows" "$at/shards" make -images "$at/photos" -rows "$scan_rows" "$at/scan-$scan_rows"
	once "scan-$long" "$at/shards" make -images "$at/photos" -rows "$long" "$at/scan-$long"
	once "many-$million" "$at/shards" make -images "$at/small" -rows "$million" "$at/many-$million"
	once "scan-peers-$scan_rows" "$python" bench/shards/write.py "$at/scan-$scan_rows" "$at/scan-peers-$scan_rows" parquet hf wds mds
	once "many-peers-$million" "$python" bench/shards/write.py "$at/many-$million" "$at/many-peers-$million" parquet hf mds
	echo "### Datasets: $scan_rows rows of 36 KB"
	"$python" bench/shards/table.py "$at/shards" "$at/pali3" "$at/scan-$scan_rows" "$at/scan-peers-$scan_rows" scan verify convert
	echo
	echo "### Datasets: $long rows of 36 KB"
	"$python" bench/shards/table.py "$at/shards" "$at/pali3" "$at/scan-$long" "$at/scan-peers-$scan_rows" long
	echo
	echo "### Datasets: $million rows of 500 bytes"
	"$python" bench/shards/table.py "$at/shards" "$at/pali3" "$at/many-$million" "$at/many-peers-$million" captions columns random whole batch
}

ingest() {
	peer=$(venv ingest)/img2dataset
	echo "### Images from the web"
	"$at/ingest" -images "$at/photos" -pali3 "$at/pali3" -img2dataset "$peer" -n "$fetch" -runs "$ROUNDS"
}

tokenize() {
	python=$(venv tokenize)/python
	echo "### SentencePiece"
	once texts "$python" bench/texts.py "$at/texts"
	"$python" bench/tokenize/compare.py --go "$at/tokenize" --pali3 "$at/pali3" --work "$at" --rounds "$ROUNDS" --texts "$at/texts" \
		--models tokenize/builtin/tokenizer.model
}

stream_text() {
	python=$(venv stream-text)/python
	echo "### Text streams"
	"$python" bench/stream-text/compare.py "$at/stream-text" "$at/texts-of-streams" tokenize/builtin/tokenizer.model "$ROUNDS"
}

models() {
	python=$(venv models)/python
	echo "### Models"
	if command -v cc > /dev/null && .ci/xla-plugin "$at/xla" >&2; then
		CGO_ENABLED=1 go build -tags xla -o "$at/" ./bench/models
		XLA=1 PJRT_PLUGIN_LIBRARY_PATH=$PWD/$at/xla "$python" bench/models/table.py "$at/models" "$at" $MODELS
	else
		echo "Without XLA: there is no C compiler, or no plugin."
		go build -o "$at/" ./bench/models
		"$python" bench/models/table.py "$at/models" "$at" $MODELS
	fi
}

captions() {
	if ! command -v java > /dev/null; then
		echo "Without captions: pycocoevalcap needs Java."
		return
	fi
	python=$(venv captions)/python
	echo "### Captions"
	once captions.json "$at/captions" make evalsuite/metrics/testdata/ptb.json "$at/captions.json"
	PYTHONUTF8=1 JAVA_TOOL_OPTIONS=-Dfile.encoding=UTF-8 "$python" bench/captions/compare.py "$at/captions" "$at/captions.json" "$ROUNDS"
}

jpeg() {
	echo "### Decoding JPEG"
	"$(venv jpeg)/python" bench/jpeg/compare.py "$at/jpeg" "${PHOTOS:-$at/photos}" "$ROUNDS"
}

# PHOTOS is a folder of JPEGs, with captions in text files beside them; else generated images are taken.
stream() {
	python=$(venv stream)/python
	photos=${PHOTOS:-$at/photos}
	model=tokenize/builtin/tokenizer.model
	echo "### Batches of images"
	rm -rf "$at/stream-data"
	"$at/stream" make "$photos" "$at/stream-data"
	"$python" bench/stream/table.py "$at/stream" "$photos" "$at/stream-data" "$model" 0
	"$python" bench/stream/table.py "$at/stream" "$photos" "$at/stream-data" "$model" "$ROUNDS"
}

[ $# -gt 0 ] || set -- shards ingest tokenize stream_text models captions jpeg stream
{
	echo "$(date +%Y-%m-%d), $(nproc) cores, $(go version | cut -d' ' -f3,4), median of $ROUNDS rounds; load at the start $(cut -d' ' -f1 /proc/loadavg 2> /dev/null)"
	for part in "$@"; do
		echo
		$part
	done
} | tee "$at/results.md"
