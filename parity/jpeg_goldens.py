"""Writes JPEG files, whole and damaged, with digests of the pixels that Pillow (libjpeg-turbo) reads from them at each scale.

    python parity/jpeg_goldens.py augment/jpeg/testdata              the small grid of the package's tests
    python parity/jpeg_goldens.py build/parity/jpeg 30000 [folder of photos]    a large one, for PALI3_PARITY_JPEG

Needs parity/requirements-images.txt. files.bin.gz has the files one after another, index.jsonl.gz a line for each:

    name    kind and parameters
    file    offset and length in files.bin
    pixels  for the scales 1, 2, 4 and 8: width, height and the first 16 digits of the SHA-256 of the RGB; null where
            Pillow refuses the file

Of files of which libjpeg makes other pixels when it reads them in small pieces, these are taken, and counted.
Each damaged file ends with an end marker, so that Pillow does not wait for more and libjpeg fills in what is missing.
"""

import gzip
import hashlib
import io
import json
import pathlib
import random
import sys

import numpy as np
from PIL import Image, features

import jpegs

Image.MAX_IMAGE_PIXELS = None
assert features.version("libjpeg_turbo") == "3.2.0", features.version("libjpeg_turbo")

SAMPLINGS = {
    "444": [(1, 1)] * 3, "422": [(2, 1), (1, 1), (1, 1)], "420": [(2, 2), (1, 1), (1, 1)], "440": [(1, 2), (1, 1), (1, 1)],
    "411": [(4, 1), (1, 1), (1, 1)], "410": [(4, 2), (1, 1), (1, 1)], "441": [(1, 4), (1, 1), (1, 1)], "444as22": [(2, 2)] * 3,
    "cb": [(2, 2), (2, 1), (1, 2)], "cr": [(2, 1), (1, 1), (2, 1)], "small luma": [(1, 1), (2, 2), (2, 2)], "h3": [(3, 1), (1, 1), (1, 1)],
    "v3": [(1, 3), (1, 1), (1, 1)], "h4v2": [(4, 2), (2, 1), (1, 2)], "22 of 42": [(4, 2), (2, 2), (2, 2)], "grey": [(1, 1)], "grey22": [(2, 2)],
    "four": [(1, 1)] * 4, "four420": [(2, 2), (1, 1), (1, 1), (2, 2)],
}
END = b"\xff\xd9"


def pixels(data, scale, piece=None):
    """Returns width, height and digest of what Pillow shows at a scale, or None. Piece is how many bytes it reads at a time."""
    try:
        image = Image.open(io.BytesIO(data))
        if image.format != "JPEG":
            return None
        w, h = image.size
        image._size = (-(-w // scale), -(-h // scale))
        image.decoderconfig = (scale, 0)  # as Image.draft sets it, without its choice of scale
        image.tile = [t._replace(extents=(0, 0) + image.size) for t in image.tile]
        image.decodermaxblock = piece or image.decodermaxblock
        rgb = np.asarray(image.convert("RGB"))
    except Exception:
        return None
    return [image.size[0], image.size[1], hashlib.sha256(rgb.tobytes()).hexdigest()[:16]]


def decoded_slowly(data, whole):
    """Returns what libjpeg makes of a damaged file, of which whole is what it makes with all bytes at hand.

    It then decodes fast, and takes FF FF for a marker. It decodes the MCU again, slowly, where FF FF is FF and a fill byte, on top
    of the coefficients that it has written already (decode_mcu_fast in jdhuff.c). So the pixels depend on the caller's
    buffer. Those of the slow decoder, which sees few bytes at a time, are the file's."""
    if b"\xff\xff" not in data:
        return whole
    pieces = [pixels(data, s, 400) for s in (1, 2, 4, 8)]
    return [b if a and b else a for a, b in zip(whole, pieces)]


def check_draft():
    """decoderconfig does what Image.draft does."""
    data = saved(drawing(random.Random(1), 83, 61), quality=90)
    for scale in (1, 2, 4, 8):
        image = Image.open(io.BytesIO(data))
        image.draft("RGB", (83 // scale, 61 // scale))
        digest = hashlib.sha256(np.asarray(image.convert("RGB")).tobytes()).hexdigest()[:16]
        assert pixels(data, scale) == [image.size[0], image.size[1], digest]


def drawing(rng, w, h):
    y, x = np.mgrid[:h, :w].astype(np.float32)
    a, b, c = (rng.uniform(2, 30) for _ in range(3))
    rgb = np.stack([128 + 90 * np.sin(x / a), 128 + 90 * np.cos(y / b), 128 + 90 * np.sin((x + y) / c)], -1)
    rgb[(x - w / 2) ** 2 + (y - h / 2) ** 2 < (min(w, h) / 4) ** 2] = [rng.randint(0, 255) for _ in range(3)]
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def saved(image, **options):
    b = io.BytesIO()
    image.save(b, format="JPEG", **options)
    return b.getvalue()


def plain(rng, largest):
    """A file as Pillow writes it."""
    image = drawing(rng, rng.randint(1, largest), rng.randint(1, largest))
    mode = rng.choice(["RGB"] * 8 + ["L", "CMYK"])
    sampling, progressive = rng.choice(["4:4:4", "4:2:2", "4:2:0"]), rng.random() < 0.5
    options = dict(quality=rng.choice([5, 30, 75, 90, 100]), progressive=progressive, optimize=rng.random() < 0.3)
    if mode == "RGB":
        options |= {"subsampling": sampling}
        if sampling == "4:4:4" and rng.random() < 0.2:
            options["keep_rgb"] = True
    if rng.random() < 0.3:
        options["restart_marker_blocks"] = rng.randint(1, 9)
    return f"pillow {mode} {sampling} progressive {progressive}", saved(image.convert(mode), **options)


def wild(rng, largest):
    """A file of a structure that few programs write."""
    name, factors = rng.choice(list(SAMPLINGS.items()))
    process = rng.choice([0xC0, 0xC1, 0xC2, 0xC2])
    split = sum(h * v for h, v in factors) > 10 or rng.random() < 0.25
    markers = rng.choice([jpegs.JFIF] * 4 + [b"", jpegs.adobe(0), jpegs.adobe(1), jpegs.adobe(2)])
    data = jpegs.encode(rng, rng.randint(1, largest), rng.randint(1, largest), factors, process=process, split=split, markers=markers,
                        restart=rng.choice([0, 0, 1, 2, 5]), lively=rng.choice([0, 2, 6, 20]), quant16=rng.random() < 0.1)
    return f"wild {name} {process:x}", data


def scans(data):
    """Offsets of the scan headers."""
    return [i for i in range(2, len(data) - 1) if data[i] == 0xFF and data[i + 1] == 0xDA]


def without_scans(rng, data):
    starts = scans(data) + [len(data) - 2]
    if len(starts) < 3:
        return data
    drop = rng.randint(1, len(starts) - 2)
    if rng.random() < 0.7:
        return data[:starts[drop]] + END
    return data[:starts[drop]] + data[starts[drop + 1]:]


def flipped(rng, data, of):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        data[rng.randrange(of, len(data) - 2)] ^= 1 << rng.randrange(8)
    return bytes(data)


def replaced(rng, data, of):
    data = bytearray(data)
    for _ in range(rng.choice([1, 2, 5])):
        data[rng.randrange(of, len(data) - 2)] = rng.choice([0, 0xFF, 0xD0, 0xD3, 0xD9, rng.randrange(256)])
    return bytes(data)


def markers_moved(rng, data, of):
    """Restart markers dropped, doubled, renumbered or in the wrong place."""
    at = [i for i in range(of, len(data) - 1) if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 0xD7]
    mark = bytes([0xFF, 0xD0 + rng.randrange(8)])
    if not at or rng.random() < 0.2:
        i = rng.randrange(of, len(data) - 2)
        return data[:i] + mark + data[i:]
    i, how = rng.choice(at), rng.randrange(5)
    if how == 0:
        return data[:i] + data[i + 2:]
    if how == 1:
        return data[:i] + data[i:i + 2] + data[i:]
    if how == 2:
        return data[:i] + mark + data[i + 2:]
    if how == 3:
        j = rng.choice(at)
        return data[:min(i, j)] + data[max(i, j):]
    return data[:i] + bytes(rng.randrange(255) for _ in range(rng.randint(1, 9))) + data[i:]


def damaged(rng, largest):
    name, data = (plain if rng.random() < 0.6 else wild)(rng, largest)
    start = scans(data)[0] + 8
    of = min(start, len(data) - 4)
    how = rng.choice(["cut", "flipped", "flipped", "replaced", "hole", "markers", "scans", "scans", "tables", "extra"])
    if how == "cut":
        data = data[:rng.randrange(of, len(data) - 2)] + END
    elif how == "flipped":
        data = flipped(rng, data, of)
    elif how == "replaced":
        data = replaced(rng, data, of)
    elif how == "hole":
        i = rng.randrange(of, len(data) - 2)
        data = data[:i] + data[min(i + rng.choice([1, 2, 10, 100]), len(data) - 2):]
    elif how == "markers":
        data = markers_moved(rng, data, of)
    elif how == "scans":
        data = without_scans(rng, data)
        if rng.random() < 0.3:
            data = flipped(rng, data, of)
    elif how == "tables":  # headers, too
        data = flipped(rng, data, 2)
    else:
        i = rng.randrange(of, len(data) - 2)
        data = data[:i] + bytes(rng.randrange(256) for _ in range(rng.randint(1, 40))) + data[i:]
    return f"damaged {how} {name}", data


def main():
    folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    check_draft()
    rng = random.Random(20261129)
    kinds = [(plain, 70), (wild, 70), (damaged, 70), (damaged, 150)] if count else [(plain, 40), (wild, 33), (damaged, 40), (damaged, 33)]
    files, index, seen, twofold = bytearray(), [], set(), []

    def add(name, data):
        line = {"name": name, "file": [len(files), len(data)], "pixels": [pixels(data, s) for s in (1, 2, 4, 8)]}
        slow = decoded_slowly(data, line["pixels"])
        if slow != line["pixels"]:
            twofold.append(name)
            line["pixels"] = slow
        index.append(json.dumps(line) + "\n")
        files.extend(data)

    for n in range(count or 1600):
        kind, largest = kinds[n % len(kinds)]
        name, data = kind(rng, largest)
        if count or len(data) < 900 and name not in seen:
            seen.add(name)
            add(name, data)
    for photo in sorted(pathlib.Path(sys.argv[3]).iterdir()) if len(sys.argv) > 3 else []:
        add("photo " + photo.name, photo.read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "files.bin.gz").write_bytes(gzip.compress(bytes(files), 9, mtime=0))
    (folder / "index.jsonl.gz").write_bytes(gzip.compress("".join(index).encode(), 9, mtime=0))
    print(f"{len(index)} files of {len(files)} bytes; of {len(twofold)} libjpeg's pixels depend on how they are read: {twofold}")


main()
