#!/usr/bin/env bash
# Compares the readers of tables with Python's csv, pandas and DuckDB over 2,000 odd files.
set -euo pipefail
cd "$(dirname "$0")/.."
work=build/parity
mkdir -p "$work"
[ -x "$work/tables-venv/bin/python" ] || python3 -m venv "$work/tables-venv"
"$work/tables-venv/bin/pip" install --quiet -r parity/requirements-tables.txt
"$work/tables-venv/bin/python" parity/tables.py "$work/tables"
PALI3_TABLES="$PWD/$work/tables" go test -count=1 -run TestTablesParity -v ./ingest/tabular
