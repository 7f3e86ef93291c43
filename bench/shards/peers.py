"""Measures one job of a peer.

    python peers.py PEER JOB DATASET OUT     DATASET is one of pali3, OUT what write.py made of it

It prints wall-clock and CPU seconds of the job without start-up and imports, and the number of bytes read. Jobs: scan
(every image and text), captions and columns (every text), random and batch (ROWS rows drawn at random, one by one or in
one call), verify, convert (the tar files to Parquet).
"""

import bisect
import glob
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "parity"))
ROWS = int(os.environ.get("ROWS", 10_000))


def processor():
    return sum(r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class Clock:
    """A clock that a job starts after its imports."""

    def start(self):
        self.wall, self.cpu = time.perf_counter(), processor()


clock = Clock()


def drawn(total):
    rng = random.Random(1)
    return [rng.randrange(total) for _ in range(ROWS)]


def hf(job, dataset, out):
    import datasets
    if job == "convert":
        tars = sorted(glob.glob(os.path.join(out, "wds-*.tar")))
        with tempfile.TemporaryDirectory(dir=out) as scratch:
            clock.start()
            data = datasets.load_dataset("webdataset", data_files=tars, split="train", cache_dir=os.path.join(scratch, "cache"))
            data.to_parquet(os.path.join(scratch, "data.parquet"))
            return len(data)
    clock.start()
    data = datasets.Dataset.from_file(os.path.join(out, "hf", "data.arrow"))
    if job == "captions":
        return sum(len(r["caption"]) for r in data.select_columns("caption"))
    if job == "scan":
        return sum(len(r["image"]["bytes"]) + len(r["caption"]) for r in data)
    if job == "batch":
        return sum(len(image["bytes"]) for image in data[drawn(len(data))]["image"])
    return sum(len(data[i]["image"]["bytes"]) for i in drawn(len(data)))


def pyarrow(job, dataset, out):
    """Reads Python values."""
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq
    if job == "convert":
        return convert(out)
    clock.start()
    path = os.path.join(out, "data.parquet")
    if job == "batch":
        data = ds.dataset(path)
        return sum(len(b) for b in data.take(drawn(data.count_rows()), columns=["key", "image", "caption"]).column("image").to_pylist())
    columns = ["image", "caption"] if job == "scan" else ["caption"]
    batches = pq.ParquetFile(path).iter_batches(1000, columns=columns)
    return sum(len(v) for batch in batches for name in columns for v in batch.column(name).to_pylist())


def pyarrow_columns(job, dataset, out):
    """Reads columns without making Python values."""
    return summed(job, [os.path.join(out, "data.parquet")], {"image": "image", "caption": "caption"})


def pyarrow_ours(job, dataset, out):
    """Reads columns of pali3's parts."""
    return summed(job, sorted(glob.glob(os.path.join(dataset, "part-*.parquet"))),
                  {"image": "images.list.element.bytes", "caption": "texts.list.element.value"})


def summed(job, paths, names):
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    clock.start()
    columns = [names["image"], names["caption"]] if job == "scan" else [names["caption"]]
    n = 0
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(10_000, columns=columns):
            for column in batch.columns:
                if hasattr(column, "flatten"):
                    column = column.flatten()
                    column = column.field(0) if hasattr(column, "field") else column[0]
                n += pc.sum(pc.binary_length(column)).as_py()
    return n


def convert(out):
    """Converts a tar to Parquet in a dozen lines."""
    import tarfile

    import pyarrow as pa
    import pyarrow.parquet as pq
    clock.start()
    n, schema = 0, pa.schema([("key", pa.string()), ("image", pa.binary()), ("caption", pa.string())])
    with tempfile.TemporaryDirectory(dir=out) as scratch, pq.ParquetWriter(os.path.join(scratch, "data.parquet"), schema) as writer:
        row, batch = {}, []
        for path in sorted(glob.glob(os.path.join(out, "wds-*.tar"))):
            with tarfile.open(path) as tar:
                for member in tar:
                    key, _, extension = member.name.partition(".")
                    if row.get("key") != key and row:
                        batch.append(row)
                        row = {}
                        if len(batch) == 1000:
                            writer.write_table(pa.Table.from_pylist(batch, schema))
                            n, batch = n + len(batch), []
                    content = tar.extractfile(member).read()
                    row["key"] = key
                    row.update({"caption": content.decode()} if extension == "txt" else {"image": content})
        batch.append(row)
        writer.write_table(pa.Table.from_pylist(batch, schema))
        return n + len(batch)


def webdataset(job, dataset, out):
    import webdataset as wds
    clock.start()
    data = wds.WebDataset(sorted(glob.glob(os.path.join(out, "wds-*.tar"))), shardshuffle=False)
    return sum(len(r["txt"]) + len(r.get("jpg") or r["png"]) for r in data)


def mosaicml(job, dataset, out):
    from mds import MDSReader
    clock.start()
    path = os.path.join(out, "mds")
    with open(os.path.join(path, "index.json")) as f:
        readers = [MDSReader.from_json(path, None, s) for s in json.load(f)["shards"]]
    starts = [0]
    for r in readers:
        starts.append(starts[-1] + r.samples)
    n = 0
    for i in drawn(starts[-1]) if job == "random" else range(starts[-1]):
        shard = bisect.bisect(starts, i) - 1
        r = readers[shard][i - starts[shard]]
        n += len(r["image"]) + len(r["caption"])
    return n


def shell(command):
    def run(job, dataset, out):
        clock.start()
        subprocess.run(command + " part-*.parquet > /dev/null", shell=True, cwd=dataset, check=True)
        return sum(os.path.getsize(p) for p in glob.glob(os.path.join(dataset, "part-*.parquet")))
    return run


PEERS = {"hf": hf, "pyarrow": pyarrow, "pyarrow_columns": pyarrow_columns, "pyarrow_ours": pyarrow_ours, "webdataset": webdataset,
         "mosaicml": mosaicml, "cat": shell("cat"), "sha256sum": shell("sha256sum")}

if __name__ == "__main__":
    _, peer, job, dataset, out = sys.argv
    size = PEERS[peer](job, dataset, out)
    print(json.dumps({"seconds": time.perf_counter() - clock.wall, "processor": processor() - clock.cpu, "bytes": size}))
