"""Writes the rows of a dataset of pali3 (key, first image, first text) in the formats of its peers, to folders of OUT.

    python write.py DATASET OUT FORMAT...      formats: parquet, hf, wds, mds
"""

import contextlib
import glob
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "parity"))
FIELDS = [("key", pa.string()), ("image", pa.binary()), ("caption", pa.string())]
HF_FIELDS = [("key", pa.string()), ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])), ("caption", pa.string())]


def rows(dataset):
    for path in sorted(glob.glob(os.path.join(dataset, "part-*.parquet"))):
        for batch in pq.ParquetFile(path).iter_batches(1000, columns=["key", "images.list.element.bytes", "texts.list.element.value"]):
            yield [{"key": r["key"], "image": r["images"][0]["bytes"], "caption": r["texts"][0]["value"]} for r in batch.to_pylist()]


def parquet(out, stack):
    writer = stack.enter_context(pq.ParquetWriter(os.path.join(out, "data.parquet"), pa.schema(FIELDS)))
    return lambda batch: writer.write_table(pa.Table.from_pylist(batch, pa.schema(FIELDS)))


def hf(out, stack):
    os.makedirs(os.path.join(out, "hf"), exist_ok=True)
    schema = pa.schema(HF_FIELDS)
    writer = stack.enter_context(pa.ipc.new_stream(os.path.join(out, "hf", "data.arrow"), schema))
    return lambda batch: writer.write_table(pa.Table.from_pylist([{**r, "image": {"bytes": r["image"], "path": None}} for r in batch], schema))


def wds(out, stack):
    import webdataset
    tar = stack.enter_context(webdataset.ShardWriter(os.path.join(out, "wds-%05d.tar"), maxcount=10_000, verbose=0))

    def write(batch):
        for r in batch:
            extension = "png" if r["image"].startswith(b"\x89PNG") else "jpg"
            tar.write({"__key__": r["key"], extension: r["image"], "txt": r["caption"]})
    return write


def mds(out, stack):
    from mds import MDSWriter
    writer = stack.enter_context(MDSWriter(out=os.path.join(out, "mds"), columns={"key": "str", "image": "bytes", "caption": "str"}))

    def write(batch):
        for r in batch:
            writer.write(r)
    return write


if __name__ == "__main__":
    _, dataset, out, *formats = sys.argv
    os.makedirs(out, exist_ok=True)
    with contextlib.ExitStack() as stack:
        writers = [{"parquet": parquet, "hf": hf, "wds": wds, "mds": mds}[f](out, stack) for f in formats]
        for batch in rows(dataset):
            for write in writers:
                write(batch)
