"""Writes digests of the pixels that TensorFlow's default transform (INTEGER_FAST) reads from the files of jpeg_goldens.py.

    pip install -r parity/requirements-augment-ops.txt
    python parity/jpeg_fast_goldens.py augment/jpeg/testdata

fast.jsonl.gz has a line for each file of at most three components (TensorFlow converts CMYK otherwise than Pillow): its name, and for the scales 1, 2, 4 and 8 width, height
and the first 16 digits of the SHA-256 of the RGB, or null where TensorFlow refuses it.
"""

import gzip
import hashlib
import json
import pathlib
import sys

import tensorflow as tf

folder = pathlib.Path(sys.argv[1])
files = gzip.decompress((folder / "files.bin.gz").read_bytes())


def pixels(data, scale):
    try:
        rgb = tf.io.decode_jpeg(data, channels=3, ratio=scale, dct_method="INTEGER_FAST").numpy()
    except (tf.errors.InvalidArgumentError, tf.errors.UnknownError):
        return None
    return [rgb.shape[1], rgb.shape[0], hashlib.sha256(rgb.tobytes()).hexdigest()[:16]]


lines = []
for line in gzip.decompress((folder / "index.jsonl.gz").read_bytes()).decode().splitlines():
    case = json.loads(line)
    if case["pixels"] is None or "four" in case["name"] or "CMYK" in case["name"]:
        continue
    at, length = case["file"]
    lines.append(json.dumps({"name": case["name"], "pixels": [pixels(files[at:at + length], s) for s in (1, 2, 4, 8)]}))
content = gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)
(folder / "fast.jsonl.gz").write_bytes(content)
print(len(lines), "files,", len(content), "bytes")
