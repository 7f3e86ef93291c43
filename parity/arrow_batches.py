"""Reads what `pali3 mix --materialize DIR` wrote, with pyarrow alone, and prints a JSON line per step.

    python parity/arrow_batches.py DIR

A line has the step, and for each tensor its shape, its sum and the sha256 of its bytes.
Tested with pyarrow 26.0.1 and numpy 2.1.
"""
import hashlib
import json
import pathlib
import sys

import pyarrow as pa


def batches(folder):
    folder = pathlib.Path(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == 1 and manifest["complete"]
    for file in manifest["files"]:
        content = (folder / file["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"], file["name"]
        with pa.memory_map(str(folder / file["name"])) as mapped:
            reader = pa.ipc.open_file(mapped)
            for n in range(reader.num_record_batches):
                yield manifest, reader.get_batch(n)


for manifest, batch in batches(sys.argv[1]):
    info = json.loads(batch.schema.metadata[b"pali3"])
    assert info["recipe"] == manifest["recipe"]
    line = {"step": batch.column("step")[0].as_py(), "keys": batch.column("key").to_pylist(), "tasks": info["tasks"], "tensors": {}}
    for name, column in zip(batch.schema.names, batch.columns):
        if isinstance(column, pa.FixedShapeTensorArray):
            array = column.to_numpy_ndarray()
            line["tensors"][name] = {"shape": list(array.shape), "sha256": hashlib.sha256(array.tobytes()).hexdigest()}
    print(json.dumps(line))
