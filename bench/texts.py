"""Writes the lines of this repository's Go and Markdown files, ten times, as texts to tokenize.

    python texts.py OUT      byte strings, each preceded by its length as a little-endian uint32
"""

import pathlib
import struct
import sys

root = pathlib.Path(__file__).resolve().parent.parent
with open(sys.argv[1], "wb") as out:
    files = sorted(p for suffix in ("go", "md") for p in root.rglob("*." + suffix) if "build" not in p.relative_to(root).parts)
    lines = [line.encode() for p in files for line in p.read_text().splitlines() if line.strip()]
    for line in lines * 10:
        out.write(struct.pack("<I", len(line)) + line)
