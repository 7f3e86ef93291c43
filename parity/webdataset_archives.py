"""Writes archives of many layouts, with the samples that the Python library webdataset finds in them.

    python parity/webdataset_archives.py     writes ingest/archive/testdata/archives/grid.json.gz

Each case is a tar with a random layout (formats, compressions, sparse and contiguous members, names with prefixes and
several dots, texts and JSON of several kinds, members that belong to no sample), and the members by sample as
webdataset.tariterators groups them. Python is needed only to write the file. Requirements: parity/requirements-shards.txt.
"""

import base64
import bz2
import gzip
import hashlib
import io
import json
import os
import random
import struct
import tarfile
import zlib

from webdataset.tariterators import group_by_keys, tar_file_iterator

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "ingest", "archive", "testdata", "archives", "grid.json.gz")


def png(i):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + bytes([i % 256, i // 256, 9])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")


def members(r, n):
    """The members of n samples, in order."""
    for i in range(n):
        key = r.choice(["", "./", "train/", "a.b/"]) + r.choice(["%03d", "img_%d", "x y %d", "é%d", "k" * 110 + "%d"]) % i
        made = []
        for ending in r.sample([r.choice(["png", "PNG"]), "0.png", "1.png", "seg.png"], r.randint(0, 2)):
            made.append((ending, png(r.randrange(60000))))
        for ending in r.sample(["txt", "short.txt", "long.txt", "caption", "text"], r.randint(0, 3)):
            made.append((ending, r.choice(["text %d", " légende %d\n", "two\nlines %d", "\ufeffmark %d"]).replace("%d", ending + str(i)).encode()))
        if r.random() < 0.5:
            made.append(("json", json.dumps(r.choice([
                {"caption": "said %d" % i, "width": 3}, {"text": "said %d" % i, "nan": float("nan")}, {"captions": ["one %d" % i, "two %d" % i]},
                {"boxes": [[0, 0, 1, 1]], "caption": "said %d" % i}, {"metadata": {"n": 1}, "alt": "said %d" % i}])).encode()))
        if r.random() < 0.3:
            made.append((r.choice(["npy", "mp4", "pth"]), b"\x93NUMPY" + bytes(r.randrange(900))))
        if r.random() < 0.3:
            made.append(("cls", str(i).encode()))
        r.shuffle(made)
        yield from ((key + "." + ending, content) for ending, content in made)
        if r.random() < 0.2:
            yield r.choice(["README", ".DS_Store", "._%d.png" % i]), b"of no sample"


def archive(r):
    out = io.BytesIO()
    form = r.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, content in members(r, r.randint(1, 5)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if r.random() < 0.15:
                info.type = tarfile.CONTTYPE
            if r.random() < 0.1:
                folder = tarfile.TarInfo("folder")
                folder.type = tarfile.DIRTYPE
                tar.addfile(folder)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def packed(r, content):
    return r.choice([bytes, lambda b: gzip.compress(b, mtime=0), lambda b: gzip.compress(b[:700], mtime=0) + gzip.compress(b[700:], mtime=0), bz2.compress])(content)


def expected(sample):
    """The sample of its members: images, texts, class, and the number of other members."""
    images, texts, left = [], [], 0
    if "json" in sample:
        said = json.loads(sample["json"])
        for name in ("alt", "caption", "captions", "text"):
            texts += [said[name]] if isinstance(said.get(name), str) else said.get(name, [])
    for name, content in sample.items():
        if name.endswith("png"):
            images.append(hashlib.sha256(content).hexdigest())
        elif name.endswith(("txt", "caption", "text")):
            texts.append(content.decode("utf-8-sig").strip())
        elif name in ("npy", "mp4", "pth"):
            left += 1
    return {"key": sample["__key__"], "images": images, "texts": list(dict.fromkeys(texts)), "cls": sample.get("cls", b"").decode(), "left": left}


def main():
    r, cases = random.Random(7), []
    while len(cases) < 60:
        try:
            content = archive(r)
        except (ValueError, UnicodeEncodeError):
            continue  # a name that the format cannot have
        files = [dict(f, __url__="x") for f in tar_file_iterator(io.BytesIO(content))]
        samples = []
        for sample in group_by_keys(iter(files)):
            samples.append(expected(sample))
        cases.append({"archive": base64.b64encode(packed(r, content)).decode(), "samples": samples})
    with open(OUT, "wb") as f:
        f.write(gzip.compress(json.dumps(cases).encode(), mtime=0))
    print(len(cases), "archives,", os.path.getsize(OUT), "bytes")


main()
