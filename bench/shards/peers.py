"""The peers' half of the shard benchmarks, and the alternation of both halves.

    python peers.py make DATASET OUT              the same rows (key, image, caption) as each peer keeps them, below OUT
    python peers.py PEER scan|captions|random OUT one measurement
    python peers.py table BINARY DATASET OUT JOB...   alternates the binary with all peers, and prints medians

Requirements: parity/requirements-shards.txt (MosaicML Streaming also needs torch).
"""

import glob
import json
import os
import random
import statistics
import subprocess
import sys
import time

ROUNDS, ROWS = int(os.environ.get("ROUNDS", 5)), 10_000


def rows(dataset):
    import pyarrow.parquet as pq
    for path in sorted(glob.glob(os.path.join(dataset, "part-*.parquet"))):
        for batch in pq.ParquetFile(path).iter_batches(1000, columns=["key", "images.list.element.bytes", "texts.list.element.value"]):
            for r in batch.to_pylist():
                yield {"key": r["key"], "image": r["images"][0]["bytes"], "caption": r["texts"][0]["value"]}


def make(dataset, out):
    import datasets
    import pyarrow as pa
    import pyarrow.parquet as pq
    import webdataset
    from streaming import MDSWriter
    os.makedirs(out, exist_ok=True)
    schema = pa.schema([("key", pa.string()), ("image", pa.binary()), ("caption", pa.string())])
    hf_schema = pa.schema([("key", pa.string()), ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])), ("caption", pa.string())])
    os.makedirs(os.path.join(out, "hf"))
    with pq.ParquetWriter(os.path.join(out, "data.parquet"), schema) as parquet, \
            pa.ipc.new_stream(os.path.join(out, "hf", "data-00000-of-00001.arrow"), hf_schema) as arrow, \
            webdataset.ShardWriter(os.path.join(out, "wds-%05d.tar"), maxcount=100_000, verbose=0) as tar, \
            MDSWriter(out=os.path.join(out, "mds"), columns={"key": "str", "image": "bytes", "caption": "str"}) as mds:
        batch = []

        def flush():
            parquet.write_table(pa.Table.from_pylist(batch, schema))
            arrow.write_table(pa.Table.from_pylist([{**r, "image": {"bytes": r["image"], "path": None}} for r in batch], hf_schema))
            batch.clear()
        for r in rows(dataset):
            batch.append(r)
            tar.write({"__key__": r["key"], "png": r["image"], "txt": r["caption"]})
            mds.write(r)
            if len(batch) == 1000:
                flush()
        if batch:
            flush()


def hf(job, out):
    import datasets
    data = datasets.Dataset.from_file(os.path.join(out, "hf", "data-00000-of-00001.arrow"))
    data = data.cast(datasets.Features({"key": datasets.Value("string"), "image": datasets.Image(decode=False), "caption": datasets.Value("string")}))
    began = time.perf_counter()
    if job == "scan":
        n = sum(len(r["image"]["bytes"]) + len(r["caption"]) for r in data)
    elif job == "captions":
        n = sum(len(r["caption"]) for r in data.select_columns("caption"))
    else:
        n = sum(len(data[i]["image"]["bytes"]) for i in drawn(len(data)))
    return began, n


def drawn(total):
    rng = random.Random(1)
    return [rng.randrange(total) for _ in range(ROWS)]


def pyarrow(job, out):
    import pyarrow.parquet as pq
    import pyarrow.dataset as ds
    path = os.path.join(out, "data.parquet")
    began = time.perf_counter()
    n = 0
    if job == "random":
        data = ds.dataset(path)
        rows = drawn(data.count_rows())
        for at in range(0, len(rows), 1000):  # row by row it takes minutes: it is asked for a thousand at once
            n += sum(len(b) for b in data.take(rows[at:at + 1000], columns=["image", "caption"]).column("image").to_pylist())
        return began, n
    columns = ["key", "image", "caption"] if job == "scan" else ["caption"]
    for batch in pq.ParquetFile(path).iter_batches(1000, columns=columns):
        for name in columns[1:] or columns:
            n += sum(len(v) for v in batch.column(name).to_pylist())
    return began, n


def pyarrow_columns(job, out):
    """Without making Python values."""
    import pyarrow.parquet as pq
    import pyarrow.compute as pc
    began = time.perf_counter()
    n = 0
    columns = ["key", "image", "caption"] if job == "scan" else ["caption"]
    for batch in pq.ParquetFile(os.path.join(out, "data.parquet")).iter_batches(10_000, columns=columns):
        for name in columns[1:] or columns:
            n += pc.sum(pc.binary_length(batch.column(name))).as_py()
    return began, n


def webdataset(job, out):
    import webdataset as wds
    began = time.perf_counter()
    data = wds.WebDataset(sorted(glob.glob(os.path.join(out, "wds-*.tar"))), shardshuffle=False)
    return began, sum(len(r["txt"]) + (len(r["png"]) if job == "scan" else 0) for r in data)


def mosaicml(job, out):
    from streaming.base.format.mds.reader import MDSReader
    path = os.path.join(out, "mds")
    began = time.perf_counter()
    readers = [MDSReader.from_json(path, None, s) for s in json.load(open(os.path.join(path, "index.json")))["shards"]]
    starts = [0]
    for r in readers:
        starts.append(starts[-1] + r.samples)
    n = 0
    import bisect
    for i in drawn(starts[-1]) if job == "random" else range(starts[-1]):
        shard = bisect.bisect(starts, i) - 1
        r = readers[shard][i - starts[shard]]
        n += len(r["image"]) + len(r["caption"])
    return began, n


def cat(job, out):
    began = time.perf_counter()
    subprocess.run("cat part-*.parquet > /dev/null", shell=True, cwd=out, check=True)
    return began, 0


PEERS = {"hf": hf, "pyarrow": pyarrow, "pyarrow_columns": pyarrow_columns, "webdataset": webdataset, "mosaicml": mosaicml}
JOBS = {"scan": ["hf", "pyarrow", "pyarrow_columns", "webdataset", "mosaicml"], "captions": ["hf", "pyarrow", "pyarrow_columns"], "random": ["hf", "pyarrow", "mosaicml"]}


def one(command):
    began = os.times()
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
    ended = os.times()
    return json.loads(line)["seconds"], ended.children_user + ended.children_system - began.children_user - began.children_system


def table(binary, dataset, out, jobs):
    for job in jobs:
        ours = [binary, job] + (["-rows", str(ROWS)] if job == "random" else []) + [dataset]
        commands = {"pali3": ours} | {p: [sys.executable, __file__, p, job, out] for p in JOBS.get(job, [])}
        if job == "scan":
            commands["cat"] = [sys.executable, __file__, "cat", job, dataset]
        if job == "verify":
            commands["sha256sum"] = [sys.executable, __file__, "sha256sum", job, dataset]
        seconds = {name: [] for name in commands}
        cpu = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                s, c = one(command)
                seconds[name].append(s)
                cpu[name].append(c)
        for name in commands:
            print(f"{job:9} {name:16} {statistics.median(seconds[name]):8.3f} s  {min(seconds[name]):8.3f} least  {statistics.median(cpu[name]):8.2f} s of CPU, start-up included", flush=True)


def sha256sum(job, out):
    began = time.perf_counter()
    subprocess.run("sha256sum part-*.parquet > /dev/null", shell=True, cwd=out, check=True)
    return began, 0


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(*sys.argv[2:])
    elif sys.argv[1] == "table":
        table(*sys.argv[2:5], sys.argv[5:])
    else:
        began, n = ({"cat": cat, "sha256sum": sha256sum} | PEERS)[sys.argv[1]](*sys.argv[2:])
        print(json.dumps({"seconds": time.perf_counter() - began, "bytes": n}))
