"""Makes the golden files of referring expressions in evalsuite/benchmarks.

    pip install -r parity/requirements-detection.txt pillow==13.0.0
    python parity/referring_goldens.py [--out evalsuite/benchmarks/testdata/referring]

It writes refs.p (refs(unc).p there) and instances.json as github.com/lichengunc/refer publishes them, predictions, and scores by the
rules of big_vision's evaluators/proj/paligemma/transfers/segmentation.py (0127fb6) and, for masks in run lengths, of
LAVT's test.py (sums of intersections and unions, shares above thresholds). In place of the mask VQ-VAE stands a formula
of the codes, which the test repeats.
"""

import argparse
import json
import pathlib
import pickle
import random
import re

import numpy as np
import PIL.Image
from pycocotools import mask as mask_api

from detection_goldens import box, moved, polygon


def values_of(codes):
    """The 64 by 64 values that stand in place of the VQ-VAE's."""
    y, x = np.mgrid[:64, :64]
    code = np.array(codes).reshape(4, 4)[y // 16, x // 16]
    return (((code * 37 + x * 5 + y * 3) % 17 - 2.3) / 8).astype(np.float32)


def area(y1, x1, y2, x2):
    return max(x2 - x1, 0.0) * max(y2 - y1, 0.0)


def score(predictions, truths):
    """big_vision's loop, for answers of 4 and 16 pieces, read from text."""
    ious, both, any_, boxes, alone, invalid = [], [], [], [], [], 0
    for text, (mask, edges) in zip(predictions, truths):
        h, w = mask.shape
        pieces = re.match(r"\s*((?:<loc\d{4}>){4})\s*((?:<seg\d{3}>)*)", text)
        locations = [int(v) for v in re.findall(r"<loc(\d{4})>", pieces[1])] if pieces else []
        codes = [int(v) for v in re.findall(r"<seg(\d{3})>", pieces[2])][:16] if pieces else []
        real = len(locations) == 4 and max(locations) < 1024 and locations[2] > locations[0] and locations[3] > locations[1]
        valid = real and len(codes) == 16 and max(codes) < 128

        def box_iou(t):
            y1, x1, y2, x2 = np.array(t) / 1023
            g = edges
            inner = area(max(y1, g[0]), max(x1, g[1]), min(y2, g[2]), min(x2, g[3]))
            return inner / (area(y1, x1, y2, x2) + area(*g) - inner)

        boxes.append(box_iou(locations) if valid else 0.0)
        alone.append(box_iou(locations) if real and (valid or not codes) else 0.0)
        truth = int(mask.sum())
        if valid:
            y1, x1, y2, x2 = np.array(locations) / 1023
            y1, x1, y2, x2 = map(int, (y1 * h, x1 * w, y2 * h, x2 * w))
        if not valid or x2 <= x1 or y2 <= y1:
            ious.append(0.0)
            both.append(0)
            any_.append(truth)
            invalid += 1
            continue
        m = np.asarray(PIL.Image.fromarray(values_of(codes)).resize([x2 - x1, y2 - y1], resample=PIL.Image.BILINEAR)) > 0.0
        inner = int((mask[y1:y2, x1:x2] & m).sum())
        both.append(inner)
        any_.append(int(truth + m.sum() - inner))
        ious.append(inner / any_[-1])
    scores = {"miou": np.mean(ious), "ciou": sum(both) / sum(any_), "box_acc_50": np.mean([v >= 0.5 for v in alone]), "box_acc_75": np.mean([v >= 0.75 for v in alone])}
    scores |= {f"precision_{p}": np.mean([v >= p / 100 for v in ious]) for p in (50, 60, 70, 80, 90)}
    strict = {"box_acc_50": np.mean([v >= 0.5 for v in boxes]), "box_acc_75": np.mean([v >= 0.75 for v in boxes])}
    return {"scores": {k: float(v) for k, v in scores.items()}, "big_vision": {k: float(v) for k, v in strict.items()}, "invalid": invalid}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--out", default="evalsuite/benchmarks/testdata/referring")
    args.add_argument("--seed", type=int, default=0)
    args = args.parse_args()
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    r = random.Random(args.seed)
    images, annotations, refs, sentence = [], [], [], 0
    answers, masks, truths = [], [], []
    for n in range(25):
        h, w = r.choice([(64, 48), (320, 200), (375, 500), (33, 71)])
        images.append({"id": 100 + n, "file_name": f"COCO_train2014_{n:012d}.jpg", "height": h, "width": w})
        b = box(r, w, h, "float")
        parts = [polygon(r, b) for _ in range(r.choice([1, 2]))]
        annotations.append({"id": 1000 + n, "image_id": 100 + n, "category_id": 1, "bbox": b, "area": b[2] * b[3], "iscrowd": 0, "segmentation": parts})
        ref = {"ref_id": n, "image_id": 100 + n, "ann_id": 1000 + n, "split": "val", "category_id": 1, "sentences": [], "sent_ids": []}
        code = mask_api.merge(mask_api.frPyObjects(parts, h, w))
        mask = mask_api.decode(code).astype(bool)
        edges = [float(np.float32(v)) for v in (b[1] / h, b[0] / w, (b[1] + b[3]) / h, (b[0] + b[2]) / w)]
        for _ in range(r.randint(1, 3)):
            near = moved(r, b, "float")
            at = [near[1] / h, near[0] / w, (near[1] + near[3]) / h, (near[0] + near[2]) / w]
            locations = [min(max(round(v * 1023), 0), 1023) for v in at]
            pieces = "".join(f"<loc{v:04d}>" for v in locations)
            codes = "".join(f"<seg{r.randrange(128):03d}>" for _ in range(16))
            text = r.choice([pieces + codes + " thing"] * 20 + [pieces + " thing", "a thing", pieces + codes[:24], pieces[:18] + codes, pieces + "<seg999>" * 16,
                            "<loc0100><loc0100><loc0101><loc0101>" + codes, "<loc0500><loc0100><loc0400><loc0200>" + codes])
            other = mask_api.merge(mask_api.frPyObjects([[v + r.choice([0, 0, 3]) for v in p] for p in parts], h, w))
            answers.append({"id": sentence, "prediction": text})
            masks.append({"id": sentence, "segmentation": {"size": [h, w], "counts": other["counts"].decode()}})
            ref["sentences"].append({"sent_id": sentence, "sent": f"thing {sentence}", "raw": f"Thing {sentence}", "tokens": ["thing", str(sentence)]})
            ref["sent_ids"].append(sentence)
            truths.append((mask, edges))
            sentence += 1
        refs.append(ref)
    inner = [int((mask_api.decode(m["segmentation"]).astype(bool) & t).sum()) for m, (t, _) in zip(masks, truths)]
    outer = [int((mask_api.decode(m["segmentation"]).astype(bool) | t).sum()) for m, (t, _) in zip(masks, truths)]
    ious = [a / b if b else 0.0 for a, b in zip(inner, outer)]
    runs = {"miou": float(np.mean(ious)), "ciou": sum(inner) / sum(outer)} | {f"precision_{p}": float(np.mean([v >= p / 100 for v in ious])) for p in (50, 60, 70, 80, 90)}
    (out / "refs.p").write_bytes(pickle.dumps(refs, protocol=2))
    (out / "instances.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "thing"}]}, separators=(",", ":")))
    (out / "answers.jsonl").write_text("".join(json.dumps(a) + "\n" for a in answers))
    (out / "masks.jsonl").write_text("".join(json.dumps(a) + "\n" for a in masks))
    (out / "scores.json").write_text(json.dumps(score([a["prediction"] for a in answers], truths) | {"masks": runs}) + "\n")


if __name__ == "__main__":
    main()
