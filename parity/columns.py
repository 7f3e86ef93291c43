"""Writes columns in the encodings of other programs, with their contents, for shards/*/testdata.

    python parity/columns.py PATH_TO_MOSAICML_STREAMING   (the folder `streaming` of the package, or of its wheel)

Requirements: parity/requirements-columns.txt. Only MosaicML's module of encodings is loaded, because the package requires PyTorch.
"""

import importlib.util
import io
import json
import os
import struct
import sys

import numpy as np
import polars
import pyarrow as pa
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
TESTDATA = {n: os.path.join(HERE, "..", "shards", n, "testdata") for n in ("arrow", "tfrecord", "mds")}


def png(i):
    out = io.BytesIO()
    Image.new("RGB", (3 + i, 2), (40 * i, 10, 200)).save(out, "PNG")
    return out.getvalue()


def write_arrow():
    """A column of images for each type of bytes, and columns that are not images."""
    n = 3
    images = [png(i) for i in range(n)]
    width = max(map(len, images))
    columns = {
        "binary": pa.array(images, pa.binary()),
        "large_binary": pa.array(images, pa.large_binary()),
        "binary_view": pa.array(images, pa.binary_view()),
        "fixed_size_binary": pa.array([b + bytes(width - len(b)) for b in images], pa.binary(width)),
        "list_binary": pa.array([[b, images[0]] for b in images], pa.list_(pa.binary())),
        "list_uint8": pa.array([list(b) for b in images], pa.list_(pa.uint8())),
        "dictionary": pa.array(images, pa.binary()).dictionary_encode(),
        "struct": pa.array([{"bytes": b, "path": None} for b in images]),
    }
    for name, column in columns.items():
        table = pa.table({"shot": column, "caption": [f"légende {i}" for i in range(n)], "latents": pa.array([b"\x00\xff%d" % i for i in range(n)], pa.binary()),
                          "pixels": pa.array([[[i, 2], [3, 4]] for i in range(n)], pa.list_(pa.list_(pa.uint8()))),
                          "vector": pa.array([[float(i)] * 300 for i in range(n)], pa.list_(pa.float32())), "n": pa.array(range(n), pa.uint16())})
        with pa.OSFile(os.path.join(TESTDATA["arrow"], "columns", name + ".arrow"), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
            writer.write_table(table)
    polars.DataFrame({"shot": images, "caption": [f"légende {i}" for i in range(n)]}).write_ipc(os.path.join(TESTDATA["arrow"], "columns", "polars.arrow"))


def write_sequence_examples():
    """Frames and captions as tf.SequenceExample, with the package tfrecord (without TensorFlow)."""
    import tfrecord
    writer = tfrecord.TFRecordWriter(os.path.join(TESTDATA["tfrecord"], "sequence.tfrecord"))
    for i in range(3):
        writer.write({"clip/id": (b"clip%d" % i, "byte"), "caption/string": (f"légende {i}".encode(), "byte"), "fps": (12.5, "float")},
                     {"image/encoded": ([png(i), png(i + 1)], "byte"), "image/timestamp": ([10 * i, 10 * i + 1], "int"), "rgb": ([[0.5] * 300, [0.25] * 300], "float")})
    writer.close()


ENCODINGS = {
    "int": -7, "uint8": 200, "uint16": 60000, "uint32": 4000000000, "uint64": 2**63 + 1, "int8": -3, "int16": -300, "int32": -70000, "int64": 2**40,
    "float16": 0.333, "float32": 0.1, "float64": 1 / 3, "str_int": 10**30, "str_float": 0.1, "str_decimal": None, "json": {"a": [1, "x"]}, "str": "légende",
    "bytes": b"\x00\xff", "pkl": {"a": 1}, "ndarray": np.arange(6, dtype=np.float32).reshape(2, 3), "ndarray:uint8": np.arange(4, dtype=np.uint8),
    "ndarray:float16:2,2": np.ones((2, 2), np.float16), "pil": None, "jpeg": None, "png": None, "jpeg_array": None, "jpegarray": None,
    "list[pil]": None, "list[jpeg]": None, "list[png]": None,
}


def write_mds(streaming):
    """A dataset with a column of each encoding."""
    import decimal
    spec = importlib.util.spec_from_file_location("encodings", os.path.join(streaming, "base", "format", "mds", "encodings.py"))
    mds = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mds)
    assert set(mds.get_mds_encodings()) <= set(e.split(":")[0] for e in ENCODINGS), mds.get_mds_encodings()
    samples = []
    for i in range(2):
        image = Image.open(io.BytesIO(png(i)))
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG")
        values = dict(ENCODINGS, str=f"légende {i}", str_decimal=decimal.Decimal("1.10"), pil=image, jpeg=image, png=image, jpeg_array=[jpeg.getvalue()] * 2,
                      jpegarray=[jpeg.getvalue()])
        values.update({"list[pil]": [image.convert("L"), image.convert("RGBA")], "list[jpeg]": [image], "list[png]": [image, image]})
        samples.append(values)
    names = sorted("c_" + e for e in ENCODINGS)
    encodings = [n[2:] for n in names]
    sizes = [mds.get_mds_encoded_size(e) for e in encodings]
    encoded = []
    for values in samples:
        cells = [mds.mds_encode(e, values[e]) for e in encodings]
        encoded.append(b"".join(struct.pack("<I", len(c)) for c, s in zip(cells, sizes) if s is None) + b"".join(cells))
    config = json.dumps({"column_encodings": encodings, "column_names": names, "column_sizes": sizes, "compression": None, "format": "mds", "hashes": [],
                         "size_limit": 1 << 26, "version": 2}).encode()
    at = 4 + 4 * (len(encoded) + 1) + len(config)
    offsets = np.cumsum([at] + [len(e) for e in encoded]).astype("<u4")
    shard = struct.pack("<I", len(encoded)) + offsets.tobytes() + config + b"".join(encoded)
    folder = os.path.join(TESTDATA["mds"], "encodings")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "shard.00000.mds"), "wb") as out:
        out.write(shard)
    index = {"version": 2, "shards": [{**json.loads(config), "raw_data": {"basename": "shard.00000.mds", "bytes": len(shard), "hashes": {}}, "samples": len(encoded), "zip_data": None}]}
    with open(os.path.join(folder, "index.json"), "w") as out:
        json.dump(index, out)


if __name__ == "__main__":
    os.makedirs(os.path.join(TESTDATA["arrow"], "columns"), exist_ok=True)
    write_arrow()
    write_sequence_examples()
    write_mds(sys.argv[1])
