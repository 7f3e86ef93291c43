"""Writes outlines of objects and their masks by COCO's code, for the test of ingest/benchmarks:

    pip install -r parity/requirements-ingest.txt
    python parity/ingest_outlines.py > ingest/benchmarks/testdata/outlines.json
"""

import json
import random

from pycocotools import mask

rng = random.Random(7)
cases = []
for n in range(160):
    height, width = rng.randint(1, 60), rng.randint(1, 60)
    polygons = []
    for _ in range(rng.randint(1, 3)):
        corners = rng.choice([3, 4, 5, 9, 30])
        beyond = rng.choice([0, 0, 5, 40])  # corners outside of the image
        digits = rng.choice([0, 1, 2, 8])
        polygons.append([round(rng.uniform(-beyond, (width if i % 2 == 0 else height) + beyond), digits) for i in range(2 * corners)])
    drawn = mask.merge(mask.frPyObjects(polygons, height, width))
    pixels = mask.decode(drawn)
    runs, last, run = [], 0, 0
    for value in pixels.T.flatten().tolist():  # column by column
        if value != last:
            runs.append(run)
            last, run = value, 0
        run += 1
    runs.append(run)
    cases.append({"size": [height, width], "polygons": polygons, "runs": runs,
                  "text": drawn["counts"].decode("ascii"), "pixels": int(pixels.sum())})
print("[" + ",\n".join(json.dumps(case) for case in cases) + "]")
