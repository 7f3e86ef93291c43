"""Makes evalsuite/metrics/testdata/bleu.json with pycocoevalcap's Bleu and Rouge.

    pip install -r parity/requirements-metrics.txt
    python parity/bleu_goldens.py

It takes captions from evalsuite/metrics/testdata/ptb.json, where PTBTokenizer has tokenized them, so it does not need Java.
"""

import json
import pathlib
import random

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.rouge.rouge import Rouge

TESTDATA = pathlib.Path("evalsuite/metrics/testdata")


def bleu(images):
    """Returns BLEU-1 to 4 and ROUGE-L of each image and of the corpus."""
    gts = {i: image["references"] for i, image in enumerate(images)}
    res = {i: [image["candidate"]] for i, image in enumerate(images)}
    corpus, each = Bleu(4).compute_score(gts, res, verbose=0)
    for i, image in enumerate(images):
        image["scores"] = [float(scores[i]) for scores in each]
    rouge, each_rouge = Rouge().compute_score(gts, res)
    for image, score in zip(images, each_rouge):
        image["rouge_l"] = float(score)
    return {"scores": [float(score) for score in corpus], "rouge_l": float(rouge), "images": images}


def near(coco, r):
    """Candidates that equal one of five captions, are part of it, or are longer."""
    images = []
    for captions in coco:
        words = captions[0].split()
        candidate = r.choice([
            words,
            [w for w in words if r.random() < 0.7],
            words + r.choice(coco)[0].split()[:4],
            r.choice(coco)[0].split(),
            words[:2] * 4,
        ])
        images.append({"candidate": " ".join(candidate), "references": captions[1:]})
    return images


def hard(tokens, r):
    """Captions of any script and length, empty ones too, against one to four references."""
    images = []
    for token in tokens:
        references = [r.choice([token, r.choice(tokens), token + " " + r.choice(tokens)]) for _ in range(r.randint(1, 4))]
        images.append({"candidate": r.choice([token, "", " ".join(token.split()[::-1]), r.choice(tokens)]), "references": references})
    return images


def main():
    r = random.Random(20261129)
    tokens = [row["tokens"] for row in json.loads((TESTDATA / "ptb.json").read_text())]
    coco = [tokens[i : i + 5] for i in range(0, 200, 5)]
    corpora = {
        "coco": bleu(near(coco, r)),
        "hard": bleu(hard(tokens[200:320], r)),
        "one image": bleu([{"candidate": "a dog runs on the grass", "references": ["a dog runs", "the dog runs on the green grass today"]}]),
    }
    (TESTDATA / "bleu.json").write_text(json.dumps(corpora, ensure_ascii=False, indent=1) + "\n")


main()
