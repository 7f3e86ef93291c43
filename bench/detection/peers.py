"""Makes data like COCO's val2017 and times pycocotools and hotcoco on them.

    pip install -r bench/requirements-detection.txt
    python bench/detection/peers.py make /tmp/detection
    python bench/detection/peers.py time /tmp/detection hotcoco [--threads 2] [--masks]
    go run ./bench/detection /tmp/detection

Times are those of reading the files and of evaluating, apart. The scores are printed, so that they can be compared.
"""

import argparse
import contextlib
import io
import json
import os
import pathlib
import time

import numpy as np

IMAGES, OBJECTS, CATEGORIES, DETECTIONS = 5000, 36781, 80, 100


def make(folder):
    """Writes instances.json and results.json: 5,000 images, 36,781 objects, 500,000 detections with boxes and masks of octagons."""
    from pycocotools import mask as mask_api

    r = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [(480, 640), (640, 480), (427, 640), (375, 500)]
    images = [{"id": int(i) * 7 + 1, "file_name": f"{i:012d}.jpg", "height": sizes[i % 4][0], "width": sizes[i % 4][1]} for i in range(IMAGES)]
    kinds = r.zipf(1.3, 4 * OBJECTS) - 1
    kinds = kinds[kinds < CATEGORIES][:OBJECTS]
    owners = np.sort(r.integers(0, IMAGES, OBJECTS))
    octagon = np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], 1)

    def outline(b):
        x, y, w, h = b
        points = octagon * [w / 2, h / 2] + [x + w / 2, y + h / 2]
        return [round(float(v), 2) for v in points.flatten()]

    annotations, by_image = [], [[] for _ in range(IMAGES)]
    for n in range(OBJECTS):
        i = int(owners[n])
        h, w = images[i]["height"], images[i]["width"]
        side = np.exp(r.normal(-2, 1, 2)).clip(0.01, 0.9)
        bw, bh = side[0] * w, side[1] * h
        b = [round(float(v), 2) for v in (r.uniform(0, w - bw), r.uniform(0, h - bh), bw, bh)]
        a = {"id": n + 1, "image_id": images[i]["id"], "category_id": int(kinds[n]) + 1, "bbox": b, "area": round(b[2] * b[3] * 0.7, 2), "iscrowd": int(r.random() < 0.01), "segmentation": [outline(b)]}
        annotations.append(a)
        by_image[i].append(a)
    for a in annotations:
        if a["iscrowd"]:
            image = images[(a["image_id"] - 1) // 7]
            mask = mask_api.decode(mask_api.merge(mask_api.frPyObjects(a["segmentation"], image["height"], image["width"]))).flatten(order="F")
            ends = np.flatnonzero(np.diff(mask)) + 1
            counts = np.diff(np.concatenate([[0], ends, [len(mask)]])).tolist()
            a["segmentation"] = {"size": [image["height"], image["width"]], "counts": ([0] if mask[0] else []) + counts}
    (folder / "instances.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": [{"id": c + 1, "name": f"kind {c}"} for c in range(CATEGORIES)]}))
    results, bare = [], []
    for i, image in enumerate(images):
        h, w = image["height"], image["width"]
        mine = by_image[i]
        for _ in range(DETECTIONS):
            if mine and r.random() < 0.3:
                a = mine[r.integers(len(mine))]
                b, c, score = np.array(a["bbox"]) * r.normal(1, 0.06, 4), a["category_id"], r.beta(3, 2)
            else:
                b, c, score = np.array([r.uniform(0, w * 0.8), r.uniform(0, h * 0.8), r.uniform(1, w * 0.5), r.uniform(1, h * 0.5)]), int(r.integers(CATEGORIES)) + 1, r.beta(1, 6)
            b = [round(float(v), 3) for v in b]
            d = {"image_id": image["id"], "category_id": c, "bbox": b, "score": round(float(score), 5)}
            bare.append(d)
            mask = mask_api.merge(mask_api.frPyObjects([outline(b)], h, w))
            results.append({"image_id": d["image_id"], "category_id": c, "score": d["score"], "segmentation": {"size": [h, w], "counts": mask["counts"].decode()}})
    (folder / "results.json").write_text(json.dumps(bare))
    (folder / "masks.json").write_text(json.dumps(results))


def measure(folder, peer, threads, masks):
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    if peer == "hotcoco":
        from hotcoco import COCO, COCOeval
    else:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO(str(folder / "instances.json"))
        dt = gt.loadRes(str(folder / ("masks.json" if masks else "results.json")))
        read = time.perf_counter()
        e = COCOeval(gt, dt, "segm" if masks else "bbox")
        e.evaluate()
        matched = time.perf_counter()
        e.accumulate()
        e.summarize()
    end = time.perf_counter()
    print(json.dumps({"peer": peer, "threads": threads, "masks": masks, "read": round(read - start, 3), "evaluate": round(end - read, 3),
                      "match": round(matched - read, 3), "all": round(end - start, 3), "scores": [float(s) for s in e.stats]}))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("what", choices=["make", "time"])
    args.add_argument("folder", type=pathlib.Path)
    args.add_argument("peer", nargs="?", default="hotcoco", choices=["hotcoco", "pycocotools"])
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--masks", action="store_true")
    args = args.parse_args()
    if args.what == "make":
        make(args.folder)
    else:
        measure(args.folder, args.peer, args.threads, args.masks)


if __name__ == "__main__":
    main()
