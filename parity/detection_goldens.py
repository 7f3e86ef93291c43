"""Makes the golden files of evalsuite/metrics/detection from pycocotools and lvis-api.

    pip install -r parity/requirements-detection.txt
    python parity/detection_goldens.py [--seeds 1] [--out evalsuite/metrics/detection/testdata]

A file has annotations and results in COCO's layouts, and what the owners' programs make of them: all scores for boxes
and masks, and those of each category. With more seeds and another folder it compares more:

    python parity/detection_goldens.py --seeds 40 --out /tmp/detection
    DETECTION_GOLDENS=/tmp/detection go test ./evalsuite/metrics/detection
"""

import argparse
import contextlib
import copy
import io
import json
import pathlib
import random

import numpy as np
from pycocotools import mask as mask_api
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

np.float = float  # lvis-api 0.5.3 uses the name that NumPy 1.24 removed
from lvis import LVIS, LVISEval, LVISResults  # noqa: E402

# ---------------------------------------------------------------------------------------------------------------------
# Data


def edge(r, most, kind):
    """A coordinate: a whole number, a multiple of a quarter, or one with two decimals."""
    v = r.uniform(0, most)
    return {"int": float(round(v)), "quarter": round(v * 4) / 4, "float": round(v, 2)}[kind]


def box(r, w, h, kind):
    x, y = edge(r, w * 0.8, kind), edge(r, h * 0.8, kind)
    scale = r.choice([0.1, 0.3, 1])
    return [x, y, max(edge(r, (w - x) * scale, kind), 0.5), max(edge(r, (h - y) * scale, kind), 0.5)]


def moved(r, b, kind):
    """A detection of a box: equal to it, or off by a little."""
    if r.random() < 0.2:
        return list(b)
    off = r.choice([0.02, 0.08, 0.2])
    near = [b[0] + r.gauss(0, off) * b[2], b[1] + r.gauss(0, off) * b[3], b[2] * (1 + r.gauss(0, off)), b[3] * (1 + r.gauss(0, off))]
    digits = {"int": 0, "quarter": 0, "float": 2}[kind]
    return [round(v, digits) for v in near[:2]] + [max(round(v, digits), 0) for v in near[2:]]


def polygon(r, b):
    """A polygon about a box."""
    n, (x, y, w, h) = r.randint(3, 9), b
    angles = sorted(r.uniform(0, 2 * np.pi) for _ in range(n))
    points = []
    for a in angles:
        d = r.uniform(0.5, 1.1)
        points += [round(x + w / 2 + d * w / 2 * np.cos(a), 2), round(y + h / 2 + d * h / 2 * np.sin(a), 2)]
    return points


def rle(counts):
    return {"size": counts["size"], "counts": counts["counts"].decode()}


def dataset(seed, images=12, categories=5, kind="float", per_image=6, detections=12, ties=False, crowd=0.1, odd=False, lvis=False, masks=True):
    r = random.Random(seed)
    gt = {"images": [], "categories": [], "annotations": []}
    for c in range(categories):
        gt["categories"].append({"id": 3 * c + 1, "name": f"kind {c}"} | ({"frequency": "rcf"[c % 3]} if lvis else {}))
    absent_gt = categories - 1 if categories > 2 else -1  # a category without objects
    results, ids = [], 0 if odd else 1
    names = r.sample(range(1, 10 * images), images)
    for image in names:
        w, h = r.choice([(64, 48), (320, 200), (500, 375), (33, 71)])
        about = {"id": image, "width": w, "height": h, "file_name": f"{image:012d}.jpg"}
        found = []
        for _ in range(r.randint(0, per_image)):
            c = r.randrange(categories)
            if c == absent_gt:
                continue
            b = box(r, w, h, kind)
            if odd and r.random() < 0.3:
                side = r.choice([32, 96])
                b = [b[0], b[1], float(side), float(side)]  # an area at a boundary
            is_crowd = not lvis and r.random() < crowd
            parts = [polygon(r, b) for _ in range(r.choice([1, 1, 2]))]
            a = {"id": ids, "image_id": image, "category_id": 3 * c + 1, "bbox": b, "area": round(b[2] * b[3] * r.choice([1, 1, 0.7]), 2), "iscrowd": int(is_crowd)}
            if odd:
                a["area"] = b[2] * b[3] * r.choice([1, 1, 1, 0])
            if masks:
                a["segmentation"] = parts
                if is_crowd:
                    whole = mask_api.merge(mask_api.frPyObjects(parts, h, w))
                    flat = mask_api.decode(whole).flatten(order="F")
                    counts, last = [], 0
                    for v in flat:
                        if v != last or not counts:
                            if v != last and not counts:
                                counts.append(0)
                            counts.append(0)
                            last = v
                        counts[-1] += 1
                    a["segmentation"] = {"size": [h, w], "counts": counts}
            if lvis:
                del a["iscrowd"]
                if r.random() < 0.05:
                    a["ignore"] = 1
            gt["annotations"].append(a)
            found.append(a)
            ids += 1
        if lvis:
            present = {a["category_id"] for a in found}
            others = [c["id"] for c in gt["categories"] if c["id"] not in present]
            about["neg_category_ids"] = r.sample(others, len(others) // 2)
            about["not_exhaustive_category_ids"] = r.sample(sorted(present), len(present) // 3)
        gt["images"].append(about)
        for _ in range(r.randint(0, detections)):
            c = r.choice(gt["categories"])["id"]
            b = box(r, w, h, kind)
            near = None
            if found and r.random() < 0.7:
                near = r.choice(found)
                b = moved(r, near["bbox"], kind)
                if r.random() < 0.85:
                    c = near["category_id"]
            if odd and r.random() < 0.1:
                b[r.choice([2, 3])] = 0
            d = {"image_id": image, "category_id": c, "bbox": b, "score": r.choice([0.1, 0.5, 0.5, 0.9, 1]) if ties else round(r.random(), 6)}
            if masks:
                parts = [polygon(r, b)]
                if near and r.random() < 0.8:
                    mask = near["segmentation"]
                    if isinstance(mask, list):
                        parts = [[v + r.choice([0, 0, 0.4, 2]) for v in p] for p in mask]
                d["segmentation"] = rle(mask_api.merge(mask_api.frPyObjects(parts, h, w)))
            results.append(d)
    r.shuffle(results)
    return gt, results


# ---------------------------------------------------------------------------------------------------------------------
# The owners' programs


def coco_scores(gt, results, kind):
    owner = COCO()
    owner.dataset = copy.deepcopy(gt)
    owner.createIndex()
    e = COCOeval(owner, owner.loadRes(copy.deepcopy(results)), kind)
    e.evaluate()
    e.accumulate()
    e.summarize()

    def mean(s):
        s = s[s > -1]
        return float(np.mean(s)) if len(s) else -1.0

    each = []
    for k in range(len(e.params.catIds)):
        p, c = e.eval["precision"][:, :, k], e.eval["recall"][:, k]
        each.append([mean(p[:, :, 0, 2]), mean(p[0, :, 0, 2]), mean(p[5, :, 0, 2])] + [mean(p[:, :, a, 2]) for a in (1, 2, 3)]
                    + [mean(c[:, 0, m]) for m in range(3)] + [mean(c[:, a, 2]) for a in (1, 2, 3)])
    return {"scores": [float(v) for v in e.stats], "categories": each}


def lvis_scores(gt, results, kind):
    owner = LVIS.__new__(LVIS)
    owner.dataset = copy.deepcopy(gt)
    owner.logger = __import__("logging").getLogger("lvis")
    owner._create_index()
    e = LVISEval(owner, LVISResults(owner, copy.deepcopy(results)), kind)
    e.run()
    return {"scores": [float(v) for v in e.get_results().values()]}


def repeated(gt, results, weights):
    """The data with each image as often as its weight says, in the order of ids."""
    into, out = {"images": [], "categories": gt["categories"], "annotations": []}, []
    number, annotation = 0, 0
    for image in sorted(gt["images"], key=lambda i: i["id"]):
        for _ in range(weights[str(image["id"])]):
            number += 1
            into["images"].append(image | {"id": number})
            for a in gt["annotations"]:
                if a["image_id"] == image["id"]:
                    annotation += 1
                    into["annotations"].append(a | {"id": annotation, "image_id": number})
            out += [d | {"image_id": number} for d in results if d["image_id"] == image["id"]]
    return into, out


# ---------------------------------------------------------------------------------------------------------------------
# Files

CASES = {
    "plain": dict(),
    "ties": dict(ties=True, kind="int"),
    "odd": dict(odd=True, kind="quarter", ties=True),
    "crowds": dict(crowd=0.5, detections=20),
    "many_detections": dict(images=3, categories=2, per_image=4, detections=260, kind="int", masks=False),
    "many_categories": dict(images=40, categories=300, per_image=10, detections=20, masks=False),
    "one_image": dict(images=1, per_image=3),
    "no_objects": dict(images=3, per_image=0),
}
LVIS_CASES = {
    "plain": dict(categories=9, images=30),
    "ties": dict(categories=9, images=30, ties=True, kind="int"),
    "odd": dict(categories=6, odd=True, images=30, ties=True, kind="quarter"),
    "many_detections": dict(categories=12, images=3, detections=700, masks=False, ties=True),
}


def masks(seed, n):
    """Runs, areas, boxes and overlaps of polygons."""
    r, all = random.Random(seed), []
    for _ in range(n):
        h, w = r.choice([(1, 1), (7, 5), (48, 64), (33, 100), (1, 40), (200, 3)])
        parts = []
        for _ in range(r.choice([1, 1, 2, 3])):
            k = r.randint(3, 8)
            digits = r.choice([0, 1, 2, 6])
            parts.append([round(r.uniform(-0.3, 1.3) * (w if i % 2 == 0 else h), digits) for i in range(2 * k)])
        if r.random() < 0.2:
            parts[0] = parts[0][:2] * 2 + parts[0][2:]  # a corner twice
        one = mask_api.merge(mask_api.frPyObjects(parts, h, w))
        other = mask_api.encode(np.asfortranarray(np.array([[r.random() < r.choice([0.1, 0.5, 0.9]) for _ in range(w)] for _ in range(h)], dtype=np.uint8)))
        all.append({"height": h, "width": w, "polygons": parts, "counts": one["counts"].decode(), "area": int(mask_api.area(one)),
                    "box": [float(v) for v in mask_api.toBbox(one)], "other": other["counts"].decode(), "other_box": [float(v) for v in mask_api.toBbox(other)],
                    "union": mask_api.merge([one, other])["counts"].decode(), "intersection": mask_api.merge([one, other], 1)["counts"].decode(),
                    "iou": float(mask_api.iou([one], [other], [0])[0, 0]), "crowd_iou": float(mask_api.iou([one], [other], [1])[0, 0])})
    return all


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--seeds", type=int, default=1)
    args.add_argument("--out", default="evalsuite/metrics/detection/testdata")
    args = args.parse_args()
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    write = lambda name, value: (out / f"{name}.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")
    for seed in range(args.seeds):
        tail = f"_{seed}" if args.seeds > 1 else ""
        for name, options in CASES.items():
            gt, results = dataset(1000 + seed, **options)
            case = {"annotations": gt, "results": results}
            with contextlib.redirect_stdout(io.StringIO()):
                case["boxes"] = coco_scores(gt, results, "bbox")
                if options.get("masks", True):
                    case["masks"] = coco_scores(gt, results, "segm")
                    bare = [{k: v for k, v in d.items() if k != "bbox"} for d in results]
                    case["masks_alone"] = coco_scores(gt, bare, "segm")
                    case["boxes_of_masks"] = coco_scores(gt, bare, "bbox")
                if name == "plain":
                    r = random.Random(seed)
                    case["weights"] = {str(i["id"]): r.choice([0, 0, 1, 1, 2, 3]) for i in gt["images"]}
                    case["weighted"] = coco_scores(*repeated(gt, results, case["weights"]), "bbox")
            write(f"coco_{name}{tail}", case)
        for name, options in LVIS_CASES.items():
            gt, results = dataset(2000 + seed, lvis=True, **options)
            case = {"annotations": gt, "results": results, "boxes": lvis_scores(gt, results, "bbox")}
            if options.get("masks", True):
                case["masks"] = lvis_scores(gt, results, "segm")
            write(f"lvis_{name}{tail}", case)
        write(f"masks{tail}", masks(3000 + seed, 140))


if __name__ == "__main__":
    main()
