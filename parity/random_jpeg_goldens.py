"""Makes augment/testdata/random_jpeg.json.gz: digests of what TensorFlow writes as JPEG and reads again, at each quality.

    pip install -r parity/requirements-augment-ops.txt
    python parity/random_jpeg_goldens.py augment/testdata/random_jpeg.json.gz

A case is a size, grey or not, and for each quality of 1 to 100 the first 8 digits of the SHA-256 of the coded data of
encode_jpeg (from the last start of scan on, "" for grey) and of the pixels of adjust_jpeg_quality, by the accurate and by the
fast transform.
"""

import gzip
import hashlib
import json
import pathlib
import sys

import numpy as np
import tensorflow as tf

SIZES = [[1, 1], [1, 9], [7, 2], [2, 7], [8, 8], [15, 17], [16, 16], [17, 33], [33, 18], [41, 24], [64, 49], [31, 160]]


def scene(height, width, grey):
    """Returns the image that the Go test computes, too."""
    out = np.zeros((height, width, 3), np.uint8)
    state = height * 1009 + width
    for y in range(height):
        for x in range(width):
            for c in range(3):
                state = (state * 1664525 + 1013904223) % 2**32
                v = y * 3 + x * 5 + c * 80 + x // 11 % 2 * 70
                if y // 9 % 2 == 1:
                    v += state >> 24
                out[y, x, c] = v % 256
    return np.repeat(out[:, :, :1], 3, 2) if grey else out


def digest(data):
    return hashlib.sha256(data).hexdigest()[:8]


def at(image, grey, quality):
    if grey:
        image, coded = image[:, :, :1], ""
    else:
        file = tf.io.encode_jpeg(image, quality=quality).numpy()
        coded = digest(file[file.rindex(b"\xff\xda"):])
    read = [tf.image.adjust_jpeg_quality(image, quality, dct_method=m).numpy() for m in ("INTEGER_ACCURATE", "INTEGER_FAST")]
    return [coded] + [digest(np.broadcast_to(r, (*r.shape[:2], 3)).tobytes()) for r in read]


cases = []
for size in SIZES:
    for grey in (False, True):
        image = scene(*size, grey)
        cases.append({"size": size, "grey": grey, "want": [at(image, grey, q) for q in range(1, 101)]})
content = gzip.compress(json.dumps(cases, separators=(",", ":")).encode(), mtime=0)
pathlib.Path(sys.argv[1]).write_bytes(content)
print(len(cases), "cases,", len(content), "bytes")
