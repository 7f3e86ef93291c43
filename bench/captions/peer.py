"""Scores a file of captions with pycocoevalcap and prints the seconds that it took, as `captions score` does.

    pip install -r parity/requirements-metrics.txt        # and a Java runtime
    python bench/captions/peer.py FILE
"""

import contextlib
import io
import json
import sys
import time

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        corpus = json.load(file)
    gts = {i: [{"caption": c} for c in captions] for i, captions in enumerate(corpus["references"])}
    res = {i: [{"caption": c}] for i, c in enumerate(corpus["candidates"])}
    began = time.time()
    gts, res = PTBTokenizer().tokenize(gts), PTBTokenizer().tokenize(res)
    tokenized = time.time()
    with contextlib.redirect_stdout(io.StringIO()):
        bleu, _ = Bleu(4).compute_score(gts, res)
    rouge, _ = Rouge().compute_score(gts, res)
    cider, _ = Cider().compute_score(gts, res)
    ended = time.time()
    scores = {"cider": float(cider), "rouge_l": float(rouge), "bleu": [float(score) for score in bleu]}
    print(json.dumps({"seconds": ended - began, "after_tokenizer": ended - tokenized, **scores}))


if __name__ == "__main__":
    main()
