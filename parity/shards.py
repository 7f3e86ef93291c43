"""Other programs' readers and writers against the packages below shards/.

    python parity/shards.py write          small files by each of them, into the testdata folders
    python parity/shards.py read EXPORTS   reads with each of them what `pali3 shards export` wrote, and compares

EXPORTS has, of one dataset: data/ (the dataset itself), samples.jsonl (pali3 shards head -n 1000000), and
the exports webdataset/, img2dataset/, parquet/, arrow/, hf/ and jsonl/.
Requirements: parity/requirements-shards.txt.
"""

import hashlib
import io
import json
import os
import shutil
import struct
import sys
import tarfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
TESTDATA = {n: os.path.join(HERE, "..", "shards", n, "testdata") for n in ("table", "hf", "arrow", "tfrecord", "mds", "webdataset")}


def png(i):
    """A grey picture of 3 x 2 pixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes([i, 2 * i, 3 * i]) for _ in range(2))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def rows(n):
    """Rows with nulls, lists, lists of lists, structs, large strings and binary."""
    return [{
        "key": f"k{i}",
        "caption": None if i % 7 == 3 else f"légende {i} " + "x" * (i % 5),
        "n": i if i % 3 else None,
        "score": i / 2,
        "tags": None if i % 4 == 1 else [f"t{j}" if j != 1 else None for j in range(i % 4)],
        "nested": [[i, j] for j in range(i % 3)],
        "image": {"bytes": png(i % 80), "path": f"{i}.png"},
    } for i in range(n)]


def write_tables():
    import duckdb
    import polars
    import pyarrow as pa
    import pyarrow.parquet as pq
    os.makedirs(TESTDATA["table"], exist_ok=True)
    data = rows(100)
    schema = pa.schema([("key", pa.string()), ("caption", pa.large_string()), ("n", pa.int64()), ("score", pa.float64()),
                        ("tags", pa.list_(pa.string())), ("nested", pa.list_(pa.list_(pa.int64()))),
                        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))])
    table = pa.Table.from_pylist(data, schema)
    for codec in ("none", "snappy", "zstd", "gzip", "lz4", "brotli"):
        for version in ("1.0", "2.0"):
            pq.write_table(table, os.path.join(TESTDATA["table"], f"pyarrow-{codec}-v{version[0]}.parquet"), compression=codec,
                           data_page_version=version, use_dictionary=codec != "zstd", row_group_size=40, data_page_size=2000,
                           write_page_index=version == "2.0")
    polars.from_arrow(table).write_parquet(os.path.join(TESTDATA["table"], "polars.parquet"))
    arrow_table = table  # duckdb finds it by its name
    duckdb.sql("SELECT * FROM arrow_table").write_parquet(os.path.join(TESTDATA["table"], "duckdb.parquet"))
    with open(os.path.join(TESTDATA["table"], "rows.jsonl"), "w") as out:
        for r in data:
            r["image"]["bytes"] = r["image"]["bytes"].hex()
            print(json.dumps(r, ensure_ascii=False), file=out)


def write_hf():
    import datasets
    os.makedirs(TESTDATA["hf"], exist_ok=True)
    os.makedirs(TESTDATA["arrow"], exist_ok=True)
    features = datasets.Features({"id": datasets.Value("string"), "image": datasets.Image(), "text": datasets.Value("string"),
                                  "label": datasets.ClassLabel(names=["a", "b"])})
    data = datasets.Dataset.from_list(
        [{"id": f"k{i}", "image": {"bytes": png(i), "path": None}, "text": f"légende {i}", "label": i % 2} for i in range(5)], features=features)
    data.to_parquet(os.path.join(TESTDATA["hf"], "datasets.parquet"))
    data.save_to_disk("/tmp/parity-hf")
    [shard] = [f for f in os.listdir("/tmp/parity-hf") if f.endswith(".arrow")]
    shutil.copy(os.path.join("/tmp/parity-hf", shard), os.path.join(TESTDATA["arrow"], "datasets.arrow"))


def write_arrow():
    import polars
    import pyarrow as pa
    table = pa.table({
        "key": pa.array([f"k{i}" for i in range(5)], pa.large_string()),
        "caption": pa.array([f"légende {i}" for i in range(5)]).dictionary_encode(),
        "image": pa.array([{"bytes": png(i), "path": None} for i in range(5)], pa.struct([("bytes", pa.large_binary()), ("path", pa.string())])),
    })
    for name, writer in (("stream", pa.ipc.new_stream), ("file", pa.ipc.new_file)):
        for codec in (None, "zstd", "lz4"):
            path = os.path.join(TESTDATA["arrow"], f"pyarrow-{name}-{codec or 'none'}.arrow")
            with writer(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as out:
                out.write_table(table, 2)
    polars.from_arrow(table).write_ipc(os.path.join(TESTDATA["arrow"], "polars.arrow"), compat_level=polars.CompatLevel.newest())


def write_tfrecord():
    import tfrecord
    os.makedirs(TESTDATA["tfrecord"], exist_ok=True)
    out = tfrecord.TFRecordWriter(os.path.join(TESTDATA["tfrecord"], "three.tfrecord"))
    for i in range(3):
        out.write({"key": (f"k{i}".encode(), "byte"), "image/encoded": (png(i), "byte"), "image/caption": (f"légende {i}".encode(), "byte"),
                   "image/width": (10 + i, "int"), "score": (0.5 + i / 10, "float")})
    out.close()


def write_mds():
    from mds import MDSWriter
    for name, compression in (("plain", None), ("zstd", "zstd:3"), ("gz", "gz:6")):
        path = os.path.join(TESTDATA["mds"], name)
        shutil.rmtree(path, ignore_errors=True)
        columns = {"key": "str", "image": "bytes", "caption": "str", "n": "int", "score": "float32", "small": "uint8"}
        with MDSWriter(out=path, columns=columns, compression=compression, hashes=["sha1", "xxh64"], size_limit=1000) as out:
            for i in range(8):
                out.write({"key": f"k{i}", "image": png(i), "caption": f"légende {i}", "n": -i, "score": i / 2, "small": i})


def write_webdataset():
    import webdataset
    os.makedirs(TESTDATA["webdataset"], exist_ok=True)
    for suffix in ("tar", "tar.gz"):
        with webdataset.TarWriter(os.path.join(TESTDATA["webdataset"], "three." + suffix), mtime=0) as out:
            for i in range(3):
                out.write({"__key__": f"k{i}", "png": png(i), "txt": f"légende {i}", "cls": i, "json": {"n": i}})


def samples_of(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def check(name, got, want):
    if got != want:
        for i, (g, w) in enumerate(zip(got, want)):
            if g != w:
                sys.exit(f"{name}: row {i}: {g!r}, want {w!r}")
        sys.exit(f"{name}: {len(got)} rows, want {len(want)}")
    if not got:
        sys.exit(f"{name}: no rows")
    print(f"{name}: {len(got)} rows agree")


def sha(b):
    return hashlib.sha256(b).hexdigest()


def columns_of(samples):
    """What every reader is asked for: key, split, image hashes, texts with languages, metadata."""
    return [(s["key"], s.get("split", ""), [m["sha256"] for m in s.get("images", [])],
             [(t["value"], t.get("language", "")) for t in s.get("texts", [])], s.get("metadata", {})) for s in samples]


def row_columns(row):
    """The same of a row of our Parquet and Arrow schema, as Python values."""
    metadata = row["metadata"] or []
    if isinstance(metadata, dict):
        metadata = list(zip(metadata["key"], metadata["value"])) if set(metadata) == {"key", "value"} else list(metadata.items())
    metadata = [(e["key"], e["value"]) if isinstance(e, dict) else e for e in metadata]
    return (row["key"], row["split"], [sha(m["bytes"]) for m in row["images"] or []],
            [(t["value"], t["language"]) for t in row["texts"] or []], dict(metadata))


def files(folder, suffix):
    return sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(suffix) and not f.startswith(("rejects", ".")))


def read(exports):
    import datasets
    import duckdb
    import polars
    import pyarrow as pa
    import pyarrow.parquet as pq
    import webdataset
    samples = samples_of(os.path.join(exports, "samples.jsonl"))
    want = columns_of(samples)
    for folder in ("data", "parquet"):
        paths = files(os.path.join(exports, folder), ".parquet")
        check(f"pyarrow reads {folder}", [row_columns(r) for p in paths for r in pq.read_table(p).to_pylist()], want)
        relation = duckdb.sql(f"SELECT * FROM read_parquet({paths!r})")
        check(f"duckdb reads {folder}", [row_columns(dict(zip(relation.columns, r))) for r in relation.fetchall()], want)
        check(f"polars reads {folder}", [row_columns(r) for p in paths for r in polars.read_parquet(p).iter_rows(named=True)], want)
        # datasets has no type for a map, so it reads the export hf, below
    for p in files(os.path.join(exports, "arrow"), ".arrow"):
        check("pyarrow reads arrow", [row_columns(r) for r in pa.ipc.open_file(p).read_all().to_pylist()], want)
        check("polars reads arrow", [row_columns(r) for r in polars.read_ipc(p).iter_rows(named=True)], want)
    loaded = datasets.Dataset.from_parquet(files(os.path.join(exports, "hf"), ".parquet"), cache_dir="/tmp/parity-cache", keep_in_memory=True)
    assert isinstance(loaded.features["images"].feature, datasets.Image), loaded.features
    loaded[0]["images"][0].load()  # the library decodes it
    loaded = loaded.cast_column("images", datasets.List(datasets.Image(decode=False)))
    check("datasets reads hf", [(r["key"], r["split"], [sha(m["bytes"]) for m in r["images"]], list(zip(r["captions"], r["languages"])),
                                 json.loads(r["metadata"]).get("metadata", {})) for r in loaded], want)
    got = []
    for record in webdataset.WebDataset(files(os.path.join(exports, "webdataset"), ".tar"), shardshuffle=False, empty_check=False):
        s = json.loads(record["json"])
        images = [record[k] for k in sorted(record) if k.split(".")[-1] in ("png", "jpg", "gif", "webp", "bmp")]
        assert not s.get("texts") or record["txt"].decode() == s["texts"][0]["value"]
        got.append((s["key"], s.get("split", ""), [sha(b) for b in images], [(t["value"], t.get("language", "")) for t in s.get("texts", [])],
                    s.get("metadata", {})))
    check("webdataset reads webdataset", got, want)
    got = []
    for path in files(os.path.join(exports, "img2dataset"), ".tar"):
        stats = json.load(open(path.replace(".tar", "_stats.json")))
        table = pq.read_table(path.replace(".tar", ".parquet")).to_pylist()
        assert stats["count"] == len(table) and stats["successes"] == sum(r["status"] == "success" for r in table)
        members = {m.name: tarfile.open(path).extractfile(m).read() for m in tarfile.open(path)}
        for r in table:
            if r["status"] == "success":
                [image] = [b for n, b in members.items() if n.startswith(r["key"]) and not n.endswith((".json", ".txt"))]
                assert json.loads(members[r["key"] + ".json"])["sha256"] == r["sha256"] == sha(image)
                assert members[r["key"] + ".txt"].decode() == r["caption"]
                got.append((r["sha256"], r["caption"]))
    check("img2dataset's layout", got, [(s["images"][0]["sha256"], s["texts"][0]["value"] if s.get("texts") else "") for s in samples if s.get("images")])


if __name__ == "__main__":
    if sys.argv[1] == "write":
        for make in (write_tables, write_hf, write_arrow, write_tfrecord, write_webdataset, write_mds):
            make()
    else:
        read(sys.argv[2])
