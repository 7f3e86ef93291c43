"""Compares readers and writers of other programs with the packages below shards/.

    python parity/shards.py write          writes small files with each of them to the testdata folders
    python parity/shards.py read EXPORTS   reads exports of `pali3 shards export` with each of them and compares

EXPORTS has a dataset in several forms: data/ (the dataset itself), samples.jsonl (pali3 shards head -n 1000000), and
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
    """A grey image of 3 x 2 pixels."""
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


def typed_rows(n):
    """Rows of every physical type; the columns that end with _null have nulls."""
    def row(i):
        return {
            "flag": i % 3 == 0, "flag_null": None if i % 5 == 2 else i % 7 < 3,
            "i32": (i * 7919) % 2**31 - 2**30, "i32_null": None if i % 4 == 1 else -i,
            "i64": (i * 0x9E3779B97F4A7C15) % 2**63 - 2**62, "i64_null": None if i % 9 < 4 else 2**40 + i,
            "f32": i / 4 - 3, "f64": i / 7, "f64_null": None if i % 3 == 1 else -i / 8,
            "text": f"row {i // 10:04d} of many, the {i}th", "text_null": None if i % 6 == 5 else "x" * (i % 40),
            "bytes": bytes([i % 256]) * (i % 5), "fixed": bytes([i // 256, i % 256, 7, 8, 9]), "fixed_null": None if i % 2 else bytes([i % 256] * 3),
            "flags": None if i % 4 == 2 else [None if (i + j) % 5 == 0 else j % 2 == 0 for j in range(i % 4)],
            "numbers": [i * j for j in range(i % 6)],
            "names": [{"name": f"n{i % 3}.{j}", "ids": list(range(j))} for j in range(i % 3)],
        }
    return [row(i) for i in range(n)]


def typed_schema():
    import pyarrow as pa
    required = {"flag": pa.bool_(), "i32": pa.int32(), "i64": pa.int64(), "f32": pa.float32(), "f64": pa.float64(), "text": pa.string(),
                "bytes": pa.binary(), "fixed": pa.binary(5)}
    optional = {"flag_null": pa.bool_(), "i32_null": pa.int32(), "i64_null": pa.int64(), "f64_null": pa.float64(), "text_null": pa.string(),
                "fixed_null": pa.binary(3), "flags": pa.list_(pa.bool_()), "numbers": pa.list_(pa.int64()),
                "names": pa.list_(pa.struct([("name", pa.string()), ("ids", pa.list_(pa.int32()))]))}
    names = list(typed_rows(1)[0])
    return pa.schema([pa.field(n, required.get(n) or optional[n], nullable=n not in required) for n in names])


ENCODINGS = {  # by physical type; lists by the path of their values
    "plain": {},
    "delta": {"flag": "RLE", "flag_null": "RLE", "flags.list.element": "RLE", "i32": "DELTA_BINARY_PACKED", "i32_null": "DELTA_BINARY_PACKED",
              "i64": "DELTA_BINARY_PACKED", "i64_null": "DELTA_BINARY_PACKED", "numbers.list.element": "DELTA_BINARY_PACKED",
              "names.list.element.ids.list.element": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY", "text_null": "DELTA_BYTE_ARRAY",
              "names.list.element.name": "DELTA_BYTE_ARRAY", "bytes": "DELTA_LENGTH_BYTE_ARRAY", "fixed": "DELTA_BYTE_ARRAY", "fixed_null": "DELTA_BYTE_ARRAY"},
    "split": {n: "BYTE_STREAM_SPLIT" for n in ("i32", "i32_null", "i64", "i64_null", "f32", "f64", "f64_null", "fixed", "fixed_null", "numbers.list.element")},
}


def write_types():
    """One file for each encoding of each physical type."""
    import datetime
    import duckdb
    import polars
    import pyarrow as pa
    import pyarrow.parquet as pq
    folder = os.path.join(TESTDATA["table"], "types")
    os.makedirs(folder, exist_ok=True)
    data = typed_rows(300)
    table = pa.Table.from_pylist(data, typed_schema())
    for version in ("1.0", "2.0"):
        for name, encoding in ENCODINGS.items():
            pq.write_table(table, os.path.join(folder, f"{name}-v{version[0]}.parquet"), compression="none" if name == "delta" else "zstd",
                           data_page_version=version, use_dictionary=False, column_encoding=encoding or None, row_group_size=200, data_page_size=500,
                           write_batch_size=64)
        pq.write_table(table, os.path.join(folder, f"dictionary-v{version[0]}.parquet"), compression="snappy", data_page_version=version,
                       dictionary_pagesize_limit=2000, data_page_size=500, write_batch_size=64, write_page_checksum=True)
    polars.from_arrow(table).write_parquet(os.path.join(folder, "polars.parquet"), row_group_size=120)
    arrow_table = table  # duckdb finds it by its name
    for version in ("V1", "V2"):
        duckdb.sql(f"COPY (SELECT * FROM arrow_table) TO '{folder}/duckdb-{version.lower()}.parquet' (FORMAT parquet, PARQUET_VERSION {version}, CODEC zstd)")
    with open(os.path.join(folder, "rows.jsonl"), "w") as out:
        for r in data:
            print(json.dumps({n: v.hex() if isinstance(v, bytes) else v for n, v in r.items()}), file=out)
    os.makedirs(os.path.join(TESTDATA["table"], "int96"), exist_ok=True)
    times = [None if i % 3 == 2 else datetime.datetime(1969 + i, 1 + i % 12, 3, 4, 5, 6, 1000 * i) for i in range(40)]
    pq.write_table(pa.table({"time": pa.array(times, pa.timestamp("us"))}), os.path.join(TESTDATA["table"], "int96", "times.parquet"),
                   use_deprecated_int96_timestamps=True, use_dictionary=False)


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
    """The values to compare: key, split, image hashes, texts with languages, metadata."""
    return [(s["key"], s.get("split", ""), [m["sha256"] for m in s.get("images", [])],
             [(t["value"], t.get("language", "")) for t in s.get("texts", [])], s.get("metadata", {})) for s in samples]


def row_columns(row):
    """The same values from a row of our Parquet and Arrow schema, as Python values."""
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
        for make in (write_tables, write_types, write_hf, write_arrow, write_tfrecord, write_webdataset, write_mds):
            make()
    else:
        read(sys.argv[2])
