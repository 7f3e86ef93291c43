"""Makes evalsuite/metrics/testdata/retrieval.json from NumPy and scikit-learn.

    pip install -r parity/requirements-retrieval.txt
    python parity/retrieval_goldens.py

Recalls follow big_vision's evaluators/proj/image_text/image_text_retrieval.py: argsort of the
distances, and any right item among the first k. Embeddings come from a generator that Go repeats.
"""

import json
import pathlib

import numpy as np
from sklearn.metrics import average_precision_score

OUT = pathlib.Path(__file__).parent.parent / "evalsuite/metrics/testdata/retrieval.json"


def numbers(seed, n):
    """The generator of ANSI C: 15 bits at a time."""
    state, out = seed, []
    for _ in range(n):
        state = (1103515245 * state + 12345) % 2**31
        out.append(state >> 16)
    return np.array(out)


def embeddings(seed, n, width, levels):
    values = numbers(seed, n * width).reshape(n, width)
    if levels:  # whole numbers, so that many similarities are equal
        return (values % levels - levels // 2).astype(np.float32)
    return (values / 32768 - 0.5).astype(np.float32)


def direction(similarities, right):
    """Metrics of queries, the rows, of which right says which candidates are right."""
    asked = right.any(axis=1)
    similarities, right = similarities[asked], right[asked]
    best = np.where(right, similarities, -np.inf).max(axis=1)
    ranks = ((similarities >= best[:, None]) & ~right).sum(axis=1)
    found = np.take_along_axis(right, (-similarities).argsort(axis=1), axis=1)
    return {
        "ties": bool(((similarities == best[:, None]) & ~right).any()), "queries": int(asked.sum()), "ranks": ranks.tolist(),
        "median": float(np.median(ranks) + 1), "mean": float(np.mean(ranks) + 1), "mrr": float(np.mean(1 / (ranks + 1))),
        "map": float(np.mean([average_precision_score(r, s) for r, s in zip(right, similarities)])),
        "recall": {str(k): float(found[:, :k].any(axis=1).mean()) for k in (1, 3, 5, 10, 50)},
    }


def case(seed, images, texts, width, levels, owners):
    i, t = embeddings(seed, images, width, levels), embeddings(seed + 1, texts, width, levels)
    similarities = i.astype(np.float64) @ t.T.astype(np.float64)
    right = np.zeros((images, texts), bool)
    for owner in range(owners):  # the images of text n; equal ones count once
        right[numbers(seed + 2 + owner, texts) % images, np.arange(texts)] = True
    if owners == 0:
        right[np.arange(texts) * images // texts, np.arange(texts)] = True
    return {
        "seed": seed, "images": images, "texts": texts, "width": width, "levels": levels, "owners": owners,
        "i2t": direction(similarities, right), "t2i": direction(similarities.T, right.T),
    }


OUT.write_text(json.dumps([
    case(11, 100, 500, 24, 0, 0), case(21, 37, 185, 16, 0, 0), case(31, 260, 260, 64, 0, 1), case(41, 30, 200, 8, 0, 3),
    case(51, 100, 500, 4, 5, 0), case(61, 64, 300, 6, 3, 2), case(71, 25, 40, 12, 0, 30), case(81, 300, 700, 32, 7, 1),
], separators=(",", ":")) + "\n")
