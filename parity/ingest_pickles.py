"""Writes a small file in the layout of RefCOCO's refs(unc).p and a file of plain values with Python's pickle, protocols 0 to 5.

    python parity/ingest_pickles.py ingest/internal/pickle/testdata

It needs Python's standard library only. It also writes the contents of each file as JSON for the test.
"""

import json
import pathlib
import pickle
import sys

shared = ["the", "lady", "with", "the", "blue", "shirt"]
refs = [
    {"sent_ids": [0, 1], "file_name": "COCO_train2014_000000581857_16.jpg", "ann_id": 1719310, "ref_id": 0, "image_id": 581857,
     "split": "train", "category_id": 1, "sentences": [
         {"tokens": shared, "raw": "THE LADY WITH THE BLUE SHIRT", "sent_id": 0, "sent": "the lady with the blue shirt"},
         {"tokens": shared[-2:], "raw": "blue shirt", "sent_id": 1, "sent": "blue shirt"}]},
    {"sent_ids": [2], "file_name": "COCO_train2014_000000581857_3.jpg", "ann_id": 1719311, "ref_id": 1, "image_id": 581857,
     "split": "train", "category_id": 1, "sentences": [
         {"tokens": ["man", "at", "left"], "raw": "man at left", "sent_id": 2, "sent": "man at left"}]},
    {"sent_ids": [3], "file_name": "COCO_train2014_000000000009_7.jpg", "ann_id": 5, "ref_id": 2, "image_id": 9,
     "split": "testA", "category_id": 3, "sentences": [
         {"tokens": ["caf\u00e9", "\u732b"], "raw": "caf\u00e9 \u732b \U0001f408\n\\", "sent_id": 3, "sent": "caf\u00e9 \u732b \U0001f408\n\\"}]},
]
values = [None, True, False, 0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -2**31, 2**31, -2**63, 2**63, -2**200, 10**40,
          0.5, -1e300, "", "a'b\"c\\d\n\t\x00\x7f\u00ff\u0100\uffff\U0001f408", "x" * 300, [], {}, [[]], {"a": {"b": [1, [2, [3]]]}},
          list(range(1100)), {str(i): i for i in range(1100)}, shared, shared]

out = pathlib.Path(sys.argv[1])
for name, value in {"refs": refs, "values": values}.items():
    (out / f"{name}.json").write_text(json.dumps(value))
    for protocol in range(6):
        (out / f"{name}.{protocol}.p").write_bytes(pickle.dumps(value, protocol))
