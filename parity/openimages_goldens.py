"""Makes evalsuite/metrics/detection/testdata/openimages.json: boxes and what Open Images' metric makes of them.

    pip install -r parity/requirements-detection.txt
    python parity/openimages_goldens.py [--cases 24] [--seed 1] [--out FILE]

The owner's program is research/object_detection of tensorflow/models, which needs TensorFlow 1 to import. This is a
second writing of its arithmetic in NumPy, array for array: per_image_evaluation.py (matching), object_detection_evaluation.py
(OpenImagesDetectionChallengeEvaluator and OpenImagesDetectionEvaluator), metrics.py (average precision) and
dataset_tools/oid_hierarchical_labels_expansion.py (expansion along the hierarchy of classes).
"""

import argparse
import json
import pathlib

import numpy as np

CLASSES = 5


def overlaps(a, b):
    """Areas of the intersections of boxes [N, 4] and [M, 4] of y0, x0, y1, x1."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    side = np.maximum(high - low, 0)
    return side[..., 0] * side[..., 1]


def area(a):
    return (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])


def match(boxes, scores, truths, groups, weight):
    """Scores and labels of one class in one image: 1, 0, or the weight of a group."""
    if not len(boxes):
        return np.zeros(0), np.zeros(0)
    order = np.argsort(scores, kind="stable")[::-1][:10000]
    boxes, scores = boxes[order], scores[order]
    if not len(truths):
        return scores, np.zeros(len(scores))
    singles, many = truths[~groups], truths[groups]
    right, inside = np.zeros(len(boxes), bool), np.zeros(len(boxes), bool)
    if len(singles):
        both = overlaps(boxes, singles)
        iou = both / (area(boxes)[:, None] + area(singles)[None] - both)
        seen = np.zeros(len(singles), bool)
        for n, at in enumerate(iou.argmax(1)):
            if iou[n, at] >= 0.5 and not seen[at]:
                right[n] = seen[at] = True
    extra = np.zeros(0)
    if len(many):
        ioa = overlaps(boxes, many) / area(boxes)[:, None]
        best = np.zeros(len(many))
        for n, at in enumerate(ioa.argmax(1)):
            if not right[n] and ioa[n, at] >= 0.5:
                inside[n] = True
                best[at] = max(best[at], scores[n])
        extra = best[best > 0] if weight > 0 else extra
    return np.concatenate([scores[~inside], extra]), np.concatenate([right[~inside].astype(float), np.full(len(extra), weight)])


def average_precision(scores, labels, objects):
    order = np.argsort(scores, kind="stable")[::-1]
    labels = labels[order]
    right, wrong = np.cumsum(labels), np.cumsum((labels <= 0).astype(float))
    if not len(labels):
        return 0.0
    precision, recall = right / (right + wrong), right / objects
    recall = np.concatenate([[0], recall, [1]])
    precision = np.concatenate([[0], precision, [0]])
    for n in range(len(precision) - 2, -1, -1):
        precision[n] = max(precision[n], precision[n + 1])
    steps = np.where(recall[1:] != recall[:-1])[0] + 1
    return float(np.sum((recall[steps] - recall[steps - 1]) * precision[steps]))


def evaluate(images, weight, labelled):
    """The mean and each class's average precision; None for a class without objects."""
    found, objects = [[] for _ in range(CLASSES)], np.zeros(CLASSES)
    for image in images:
        truths = np.array(image["truths"], float).reshape(-1, 6)
        detections = np.array(image["detections"], float).reshape(-1, 6)
        valid = (detections[:, 1] < detections[:, 3]) & (detections[:, 2] < detections[:, 4])
        detections = detections[valid]
        known = set(image["labels"]) | set(truths[:, 0].astype(int))
        for c in range(CLASSES):
            of = truths[truths[:, 0] == c]
            groups = of[:, 5] == 1
            objects[c] += (~groups).sum() + weight * groups.sum()
            mine = detections[detections[:, 0] == c]
            if labelled and c not in known:
                continue
            found[c].append(match(mine[:, 1:5], mine[:, 5], of[:, 1:5], groups, weight))
    each = []
    for c in range(CLASSES):
        if objects[c] == 0:
            each.append(None)
            continue
        scores = np.concatenate([s for s, _ in found[c]] or [np.zeros(0)])
        labels = np.concatenate([l for _, l in found[c]] or [np.zeros(0)])
        each.append(average_precision(scores, labels, objects[c]))
    counted = [v for v in each if v is not None]
    return {"mean": float(np.mean(counted)), "each": each}


def box(r):
    y, x = r.uniform(0, 0.7, 2)
    h, w = r.uniform(0.05, 0.3, 2)
    return [y, x, y + h, x + w]


def picture(r, equal):
    truths, detections = [], []
    for _ in range(r.integers(0, 7)):
        truths.append([int(r.integers(CLASSES)), *box(r), int(r.random() < 0.3)])
    for c, y0, x0, y1, x1, group in truths:
        for _ in range(r.integers(0, 4)):
            if group and r.random() < 0.7:  # a part of the group
                fy, fx = r.uniform(0, 0.5, 2)
                moved = [y0 + fy * (y1 - y0), x0 + fx * (x1 - x0), y0 + (fy + 0.4) * (y1 - y0), x0 + (fx + 0.4) * (x1 - x0)]
            else:
                off = r.normal(0, 0.1, 4) * [y1 - y0, x1 - x0, y1 - y0, x1 - x0]
                moved = [y0 + off[0], x0 + off[1], y1 + off[2], x1 + off[3]]
            detections.append([c if r.random() < 0.9 else int(r.integers(CLASSES)), *moved, r.random()])
    for _ in range(r.integers(0, 4)):
        detections.append([int(r.integers(CLASSES)), *box(r), r.random()])
    if equal:
        for d in detections:
            d[5] = round(d[5], 1)
    r.shuffle(detections)
    return {"labels": sorted({int(c) for c in r.integers(0, CLASSES, r.integers(0, 4))}), "truths": truths, "detections": [list(d) for d in detections]}


def plain(node, skip=False):
    """Ancestors and descendants by class, as _build_plain_hierarchy returns them."""
    up, down, below = {}, {}, []
    for child in node.get("Subcategory", []):
        more_down, more_up, names = plain(child)
        for all_, more in ((down, more_down), (up, more_up)):
            for name, values in more.items():
                all_.setdefault(name, []).extend(values)
        below.extend(names)
    if not skip:
        name = node["LabelName"]
        down[name] = list(below)
        below = [name] + below
        for other in up.values():
            other.append(name)
        up[name] = []
    return down, up, below


HIERARCHY = {"LabelName": "/m/0bl9f", "Subcategory": [
    {"LabelName": "/m/a", "Subcategory": [{"LabelName": "/m/b", "Subcategory": [{"LabelName": "/m/c"}]}, {"LabelName": "/m/d"}]},
    {"LabelName": "/m/e", "Subcategory": [{"LabelName": "/m/b", "Subcategory": [{"LabelName": "/m/c"}]}], "Part": [{"LabelName": "/m/p"}]},
    {"LabelName": "/m/f"},
]}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--cases", type=int, default=24)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", default="evalsuite/metrics/detection/testdata/openimages.json")
    a = p.parse_args()
    r = np.random.default_rng(a.seed)
    cases = []
    while len(cases) < a.cases:
        images = [picture(r, len(cases) % 3 == 2) for _ in range(r.integers(1, 8))]
        if not any(t for i in images for t in i["truths"]) or all(t[5] for i in images for t in i["truths"]):
            continue
        half = {"weight": 0.5, "labelled": True}
        cases.append({"images": images, "scores": [dict(kind, **evaluate(images, **kind)) for kind in ({"weight": 1.0, "labelled": True}, {"weight": 0.0, "labelled": False}, half)]})
    down, up, _ = plain(HIERARCHY, skip=True)
    out = {"cases": cases, "hierarchy": HIERARCHY, "up": up, "down": down}
    pathlib.Path(a.out).write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
