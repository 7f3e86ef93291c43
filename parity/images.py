"""Makes a grid of odd image files with the pixels that Pillow reads from them.

    python parity/images.py build/parity/images    the whole grid, over 30,000 files
    python parity/images.py DIR --small            over a thousand, for `make test`; packed with `gzip -9 -n` they
                                                   are augment/testdata/grid

The test TestGridAgainstPillow of package augment reads testdata/grid and the folder that PALI3_PARITY_IMAGES names.
files.bin has the files one after another, pixels.bin the RGB of each, index.jsonl a line for each:

    name       kind and parameters
    file       offset and length in files.bin
    size       width and height of the upright image; absent if Pillow refuses the file
    pixels     offset in pixels.bin
    tolerance  maximum difference of a value, in levels
    also       true if pali3 may refuse what Pillow reads or the reverse, because both are right

The pixels are those that Pillow reads, upright by EXIF or TIFF orientation, with the upper byte of 16-bit samples, on
white. Parts of a GIF that no frame covers are white.
"""

import io
import itertools
import json
import pathlib
import random
import re
import struct
import sys
import warnings

import numpy as np
from PIL import Image, ImageFile, ImageOps

import jpegs
from pngs import png
from bmps import bmp
from gifs import gif
from tiffs import tiff

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = None
assert not ImageFile.LOAD_TRUNCATED_IMAGES

SAMPLINGS = {
    "444": [(1, 1)] * 3, "422": [(2, 1), (1, 1), (1, 1)], "420": [(2, 2), (1, 1), (1, 1)], "440": [(1, 2), (1, 1), (1, 1)],
    "411": [(4, 1), (1, 1), (1, 1)], "410": [(4, 2), (1, 1), (1, 1)], "441": [(1, 4), (1, 1), (1, 1)],
    "444as22": [(2, 2)] * 3, "cb": [(2, 2), (2, 1), (1, 2)], "cr": [(2, 1), (1, 1), (2, 1)], "small luma": [(1, 1), (2, 2), (2, 2)],
    "h3": [(3, 1), (1, 1), (1, 1)], "v3": [(1, 3), (1, 1), (1, 1)], "h4v2": [(4, 2), (2, 1), (1, 2)], "22 of 42": [(4, 2), (2, 2), (2, 2)],
}


def upright_rgb(data, covered=None, scale=1):
    """Returns what Pillow shows on white, as an array [H,W,3]. Pillow compares tRNS of 2 and 4 bits with pixels of 8 bits unscaled."""
    image = Image.open(io.BytesIO(data))
    if scale > 1 and "transparency" in image.info:
        image.info["transparency"] *= scale
    if image.format not in ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "TIFF"):
        raise OSError("another format")
    image.load()
    if image.mode.startswith("I;16") or image.mode == "I":
        grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        trns = image.info.get("transparency")
        rgb = Image.fromarray(grey).convert("RGBA")
        if isinstance(trns, int):
            rgb.putalpha(Image.fromarray(np.where(np.asarray(image) == trns, 0, 255).astype(np.uint8)))
        info, exif = image.info, image.getexif()
        image = rgb
        turn = exif.get(0x0112, 1)
        how = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}.get(turn)
        if how is not None:
            image = image.transpose(Image.Transpose(how))
    else:
        image = ImageOps.exif_transpose(image)
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA")).astype(np.int64)
        a = rgba[..., 3:]
        rgb = (rgba[..., :3] * a + 255 * (255 - a) + 127) // 255
    else:
        rgb = np.asarray(image.convert("RGB"))
    rgb = rgb.astype(np.uint8).copy()
    if covered:
        x, y, w, h = covered
        white = np.full_like(rgb, 255)
        white[y:y + h, x:x + w] = rgb[y:y + h, x:x + w]
        rgb = white
    return rgb


class Grid:
    def __init__(self, folder, keep):
        folder.mkdir(parents=True, exist_ok=True)
        self.files = open(folder / "files.bin", "wb")
        self.pixels = open(folder / "pixels.bin", "wb")
        self.index = open(folder / "index.jsonl", "w")
        self.keep, self.count, self.at, self.pixel_at, self.refused = keep, 0, 0, 0, 0

    def add(self, name, data, tolerance, also=False, covered=None, scale=1):
        if not self.keep(name, data):
            return
        line = {"name": name, "file": [self.at, len(data)], "tolerance": tolerance}
        if also:
            line["also"] = True
        try:
            rgb = upright_rgb(data, covered, scale)
            line["size"], line["pixels"] = [rgb.shape[1], rgb.shape[0]], self.pixel_at
            self.pixel_at += self.pixels.write(rgb.tobytes())
        except Exception as problem:
            line["refused"] = type(problem).__name__ + ": " + str(problem)[:80]
            self.refused += 1
        self.at += self.files.write(data)
        self.index.write(json.dumps(line) + "\n")
        self.count += 1


def wild_jpegs(grid, rng):
    """Structures that few programs write, with random coefficients."""
    for name, factors in SAMPLINGS.items():
        tight = sum(h * v for h, v in factors) > 10
        for process, n in ((0xC0, 130), (0xC1, 30), (0xC2, 150)):
            for i in range(n):
                w, h = rng.randint(1, 70), rng.randint(1, 70)
                if rng.random() < 0.2:
                    w = rng.choice([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33])
                split = tight or rng.random() < 0.25
                restart = rng.choice([0, 0, 0, 1, 2, 5, 9])
                data = jpegs.encode(rng, w, h, factors, process=process, restart=restart, split=split, lively=rng.choice([0, 2, 6, 20]),
                                    quant16=process != 0xC0 and rng.random() < 0.2)
                grid.add(f"jpeg {name} {process:x} {w}x{h} restart {restart} split {split} {i}", data, 0)
    rgb = [("rgb ids", (82, 71, 66), b""), ("adobe0", (1, 2, 3), jpegs.adobe(0)), ("adobe0 ids", (82, 71, 66), jpegs.adobe(0)),
           ("jfif adobe0", (1, 2, 3), jpegs.JFIF + jpegs.adobe(0)), ("adobe0 jfif", (1, 2, 3), jpegs.adobe(0) + jpegs.JFIF),
           ("jfif ids", (82, 71, 66), jpegs.JFIF), ("adobe1", (1, 2, 3), jpegs.adobe(1)), ("adobe1 ids", (82, 71, 66), jpegs.adobe(1)),
           ("adobe2", (1, 2, 3), jpegs.adobe(2)), ("no marker", (1, 2, 3), b""), ("ids 0", (0, 1, 2), b""), ("ids 35", (35, 36, 37), b""),
           ("jfif jfxx adobe0", (1, 2, 3), jpegs.JFIF + b"\xff\xe0\x00\x08JFXX\0\x10" + jpegs.adobe(0))]
    for (name, idents, markers), sampling, process in itertools.product(rgb, ("444", "420", "422", "cb"), (0xC0, 0xC2)):
        for i in range(14):
            w, h = rng.randint(1, 50), rng.randint(1, 40)
            data = jpegs.encode(rng, w, h, SAMPLINGS[sampling], idents=idents, markers=markers, process=process, lively=3)
            grid.add(f"jpeg model {name} {sampling} {process:x} {w}x{h} {i}", data, 0)
    four = {"1111": [(1, 1)] * 4, "2112": [(2, 2), (1, 1), (1, 1), (2, 2)], "2111": [(2, 2), (1, 1), (1, 1), (1, 1)], "h2": [(2, 1), (1, 1), (1, 1), (2, 1)]}
    for (name, factors), markers, process in itertools.product(four.items(), (b"", jpegs.adobe(0), jpegs.adobe(2), jpegs.JFIF), (0xC0, 0xC2)):
        for i in range(16):
            w, h = rng.randint(1, 50), rng.randint(1, 40)
            data = jpegs.encode(rng, w, h, factors, markers=markers, process=process, restart=rng.choice([0, 0, 2]), lively=3)
            grid.add(f"jpeg four {name} {markers[6:7].hex()}{markers[-1:].hex()} {process:x} {w}x{h} {i}", data, 0)
    for factors, process in itertools.product(([(1, 1)], [(2, 2)], [(2, 1)], [(3, 4)]), (0xC0, 0xC1, 0xC2)):
        for i in range(30):
            w, h = rng.randint(1, 70), rng.randint(1, 70)
            data = jpegs.encode(rng, w, h, factors, process=process, restart=rng.choice([0, 0, 1, 3]))
            grid.add(f"jpeg grey {factors[0]} {process:x} {w}x{h} {i}", data, 0)
    for orientation, sampling, process in itertools.product(range(0, 10), ("444", "420", "cb"), (0xC0, 0xC2)):
        for i in range(6):
            w, h = rng.randint(1, 40), rng.randint(1, 40)
            data = jpegs.encode(rng, w, h, SAMPLINGS[sampling], markers=jpegs.exif(orientation), process=process)
            grid.add(f"jpeg orientation {orientation} {sampling} {process:x} {w}x{h} {i}", data, 0)


def faulty_jpegs(grid, rng):
    noise = lambda n: bytes(rng.choice(b"abcdef\x00\x01\x80\xfe") for _ in range(n))
    faults = {
        "no EOI": lambda d: d[:-2], "half EOI": lambda d: d[:-1], "tail": lambda d: d + noise(40), "long tail": lambda d: d + noise(7) * 10000,
        "second image": lambda d: d + d, "cut data": lambda d: d[:-2 - rng.randint(2, 9)], "cut half": lambda d: d[:len(d) * 2 // 3],
        "cut half with EOI": lambda d: d[:len(d) * 2 // 3] + b"\xff\xd9",
        "fill bytes": lambda d: d[:2] + b"\xff\xff\xff" + d[2:], "comment": lambda d: d[:2] + b"\xff\xfe\x00\x06\xff\xd9ab" + d[2:],
        "empty comment": lambda d: d[:2] + b"\xff\xfe\x00\x02" + d[2:], "unknown APP": lambda d: d[:2] + b"\xff\xea\x00\x04\xff\xda" + d[2:],
        "garbage between": lambda d: d[:2] + noise(3).replace(b"\xff", b"a") + d[2:], "RST before": lambda d: d[:2] + b"\xff\xd3" + d[2:],
        "bytes before EOI": lambda d: d[:-2] + noise(3).replace(b"\xff", b"a") + d[-2:], "RST before EOI": lambda d: d[:-2] + b"\xff\xd0\xff\xd9",
        "fill before EOI": lambda d: d[:-2] + b"\xff\xff\xff\xd9", "JPG0": lambda d: d[:2] + b"\xff\xf0\x00\x04ab" + d[2:],
        "space before": lambda d: b" " + d, "newline before": lambda d: b"\r\n" + d,
        "arithmetic": lambda d: d.replace(b"\xff\xc0\x00", b"\xff\xc9\x00").replace(b"\xff\xc2\x00", b"\xff\xca\x00"),
        "lossless": lambda d: d.replace(b"\xff\xc0\x00", b"\xff\xc3\x00"), "12 bits": lambda d: d.replace(b"\xff\xc1\x00\x11\x08", b"\xff\xc1\x00\x11\x0c"),
        "no height": lambda d: d.replace(d[d.index(b"\x00\x11\x08"):][:5], b"\x00\x11\x08\x00\x00"), "TEM": lambda d: d[:2] + b"\xff\x01" + d[2:],
    }
    both = {"space before", "newline before", "garbage between", "RST before", "cut half with EOI", "arithmetic", "lossless", "no EOI", "half EOI", "TEM", "JPG0"}
    for (name, fault), sampling, process in itertools.product(faults.items(), ("444", "420", "h3"), (0xC0, 0xC1, 0xC2)):
        if name == "cut half with EOI" and process == 0xC2:
            continue  # may lack whole scans, which libjpeg smooths over
        for i in range(6):
            data = jpegs.encode(rng, rng.randint(9, 40), rng.randint(9, 40), SAMPLINGS[sampling], process=process)
            if rng.random() < 0.4 and name not in ("cut data", "cut half", "cut half with EOI"):
                data = jpegs.encode(rng, rng.randint(9, 40), rng.randint(9, 40), SAMPLINGS[sampling], process=process, restart=3)
            grid.add(f"jpeg fault {name} {sampling} {process:x} {i}", fault(data), 0, also=name in both)
    for i in range(60):
        w, h = rng.randint(1, 40), rng.randint(1, 40)
        data = jpegs.encode(rng, w, h, [(1, 1)] * 2, idents=(1, 2))
        grid.add(f"jpeg two components {i}", data, 0)


def photo(rng, w, h):
    y, x = np.mgrid[:h, :w].astype(np.float32)
    a, b, c = (rng.uniform(2, 30) for _ in range(3))
    rgb = np.stack([128 + 90 * np.sin(x / a), 128 + 90 * np.cos(y / b), 128 + 90 * np.sin((x + y) / c)], -1)
    rgb[(x - w / 2) ** 2 + (y - h / 2) ** 2 < (min(w, h) / 4) ** 2] = [rng.randint(0, 255) for _ in range(3)]
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def saved(image, **options):
    b = io.BytesIO()
    image.save(b, **options)
    return b.getvalue()


def plain_jpegs(grid, rng):
    """Every size from 1 to 70, as Pillow writes it."""
    for side, sampling, progressive in itertools.product(range(1, 71), ("4:4:4", "4:2:2", "4:2:0"), (False, True)):
        for other in rng.sample(range(1, 71), 10):
            w, h = (side, other) if rng.random() < 0.5 else (other, side)
            options = dict(quality=rng.choice([30, 75, 90, 100]), subsampling=sampling, progressive=progressive, optimize=rng.random() < 0.3)
            if rng.random() < 0.25:
                options["restart_marker_blocks"] = rng.randint(1, 9)
            grid.add(f"jpeg pillow {sampling} progressive {progressive} {w}x{h}", saved(photo(rng, w, h), format="JPEG", **options), 0)
    for side, mode in itertools.product(range(1, 71), ("L", "CMYK")):
        image = photo(rng, side, rng.randint(1, 70)).convert(mode)
        for progressive in (False, True):
            grid.add(f"jpeg pillow {mode} progressive {progressive} {image.size}", saved(image, format="JPEG", quality=85, progressive=progressive), 0)


def pngs(grid, rng):
    kinds = [(0, d) for d in (1, 2, 4, 8, 16)] + [(2, 8), (2, 16)] + [(3, d) for d in (1, 2, 4, 8)] + [(4, 8), (4, 16), (6, 8), (6, 16)]
    for (colour, depth), interlace, trns in itertools.product(kinds, (False, True), (False, True)):
        if trns and colour in (4, 6):
            continue
        for i in range(90):
            w, h = rng.randint(1, 70), rng.randint(1, 70)
            if i < 20:
                w, h = rng.randint(1, 9), rng.randint(1, 9)
            orientation = rng.choice([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
            data = png(rng, w, h, colour, depth, interlace, trns, orientation)
            if trns and (colour, depth) == (2, 16):
                continue  # Pillow compares 16-bit colours with tRNS in 8 bits
            grid.add(f"png colour {colour} depth {depth} interlace {interlace} trns {trns} {w}x{h} orientation {orientation} {i}", data, 0,
                     scale={2: 85, 4: 17}.get(depth, 1) if colour == 0 else 1)
    for fault in ("no IEND", "half IEND", "IEND crc", "tail", "long tail", "extra rows", "extra bytes", "ancillary crc", "ancillary cut", "IDAT crc",
                  "adler", "many IDAT", "empty IDAT", "cut IDAT", "short data", "PLTE crc", "bad filter", "no IDAT", "unknown chunk", "long index",
                  "no adler", "IHDR crc"):
        for (colour, depth), interlace in itertools.product([(0, 8), (2, 8), (3, 4), (6, 8), (2, 16)], (False, True)):
            for i in range(4):
                data = png(rng, rng.randint(3, 40), rng.randint(3, 40), colour, depth, interlace, False, 0, fault)
                grid.add(f"png fault {fault} colour {colour} depth {depth} interlace {interlace} {i}", data, 0,
                         also=fault in ("ancillary crc", "IDAT crc", "adler", "PLTE crc", "no IDAT", "short data", "cut IDAT", "bad filter", "no IEND",
                                        "half IEND", "IEND crc", "no adler", "ancillary cut", "unknown chunk", "IHDR crc", "long index"))


def gifs(grid, rng):
    for interlace, trns, local in itertools.product((False, True), repeat=3):
        for i in range(150):
            w, h = rng.randint(1, 70), rng.randint(1, 70)
            data, covered = gif(rng, w, h, interlace=interlace, transparent=trns, local=local, bits=rng.randint(1, 8), frames=rng.choice([1, 1, 2]))
            grid.add(f"gif interlace {interlace} transparent {trns} local {local} {w}x{h} {i}", data, 0, covered=covered)
    for fault in ("small screen", "zero screen", "off the edge", "inside", "no trailer", "tail", "no terminator", "long data", "cut data", "short data",
                  "no end code", "87a", "extensions", "empty comment", "code size 1"):
        for i in range(25):
            data, covered = gif(rng, rng.randint(4, 40), rng.randint(4, 40), interlace=rng.random() < 0.3, transparent=rng.random() < 0.3,
                                local=False, bits=rng.randint(2, 8), frames=rng.choice([1, 2]), fault=fault)
            grid.add(f"gif fault {fault} {i}", data, 0, also=fault in ("cut data", "short data", "no end code", "no terminator", "code size 1"), covered=covered)


def bmps(grid, rng):
    for bits, header, down, compression in itertools.product((1, 4, 8, 16, 24, 32), (12, 40, 52, 56, 64, 108, 124), (False, True), ("raw", "rle", "masks")):
        if compression == "rle" and (bits not in (4, 8) or down or header == 12) or compression == "masks" and (bits < 16 or header in (12, 64)):
            continue
        if header == 12 and (bits in (16, 32) or down):
            continue
        for i in range(18):
            w, h = rng.randint(1, 70), rng.randint(1, 70)
            grid.add(f"bmp {bits} bits header {header} top down {down} {compression} {w}x{h} {i}", bmp(rng, w, h, bits, header, down, compression), 0,
                     also=compression == "masks" or header == 64)
    for fault in ("file size", "data size", "tail", "no padding", "cut", "reserved", "offset 0", "few colours", "planes", "huge colours"):
        for bits in (1, 4, 8, 24, 32):
            for i in range(8):
                data = bmp(rng, rng.randint(2, 40), rng.randint(2, 40), bits, 40, False, "raw", fault)
                grid.add(f"bmp fault {fault} {bits} bits {i}", data, 0, also=fault in ("offset 0", "huge colours", "few colours"))


def webps(grid, rng):
    for side, kind, alpha in itertools.product(range(1, 71), ("lossy", "lossless"), (False, True)):
        for _ in range(4):
            w, h = side, rng.randint(1, 70)
            image = photo(rng, w, h)
            if alpha:
                image.putalpha(Image.fromarray(np.random.default_rng(side).integers(0, 256, (h, w), dtype=np.uint8)))
            options = dict(format="WEBP", quality=rng.choice([20, 80, 100]), lossless=kind == "lossless", method=0)
            if rng.random() < 0.3:
                exif = Image.Exif()
                exif[0x0112] = rng.randint(1, 8)
                options["exif"] = exif.tobytes()
            grid.add(f"webp {kind} alpha {alpha} {w}x{h}", saved(image, **options), 0)
    for i in range(150):
        frames = [photo(rng, rng.randint(4, 40), rng.randint(4, 40))]
        frames.append(frames[0].rotate(90))
        grid.add(f"webp animated {i}", saved(frames[0], format="WEBP", save_all=True, append_images=frames[1:], lossless=i % 2 == 0, method=0), 0)
    for i in range(40):
        image = photo(rng, rng.randint(4, 40), rng.randint(4, 40))
        image.putalpha(Image.fromarray(np.random.default_rng(i).integers(0, 256, image.size[::-1], dtype=np.uint8)))
        data = saved(image, format="WEBP", quality=80, method=0)
        flag = data.index(b"VP8X") + 8
        without = data[:data.index(b"ALPH")] + data[data.index(b"VP8 "):]
        faults = {
            "chunk without flag": data[:flag] + b"\0" + data[flag + 1:], "flag without chunk": without[:4] + struct.pack("<I", len(without) - 8) + without[8:],
            "tail": data + b"tail", "size too large": data[:4] + struct.pack("<I", len(data) + 100) + data[8:],
            "size too small": data[:4] + struct.pack("<I", len(data) // 2) + data[8:], "size 0": data[:4] + b"\0\0\0\0" + data[8:],
            "cut": data[:len(data) * 2 // 3], "unknown chunk": data[:30] + b"ABCD\4\0\0\0abcd" + data[30:],
        }
        for name, faulty in faults.items():
            grid.add(f"webp fault {name} {i}", faulty, 0, also=name in ("size too large", "size too small", "size 0", "unknown chunk"))


def tiffs(grid, rng):
    """Every kind with every compression, byte order, layout and orientation."""
    tile = lambda: (16 * rng.randint(1, 3), 16 * rng.randint(1, 3))
    layouts = {"strip": lambda: {}, "strips": lambda: {"rows": rng.randint(1, 20)}, "tiles": lambda: {"tile": tile()},
               "planes": lambda: {"planar": 2, "rows": rng.randint(1, 20)}, "tiled planes": lambda: {"planar": 2, "tile": tile()}}
    kinds = [("white is zero", b) for b in (1, 2, 4, 8)] + [("black is zero", b) for b in (1, 2, 4, 8, 16)] + [("rgb", 8), ("rgb", 16)] \
        + [("palette", b) for b in (1, 2, 4, 8)] + [("rgba", 8), ("rgba", 16), ("rgba associated", 8), ("rgba associated", 16), ("rgbx", 8),
                                                    ("rgb untold", 8), ("rgbax", 8), ("grey alpha", 8), ("palette alpha", 8),
                                                    ("cmyk", 8), ("cmyk", 16), ("cmykx", 8)]
    for (kind, bits), compression, order, (layout, options) in itertools.product(
            kinds, ("none", "lzw", "deflate", "old deflate", "packbits"), "<>", layouts.items()):
        if "planes" in layout and (kind not in ("rgb", "rgba", "rgba associated", "cmyk") or bits == 16 and compression == "none"):
            continue  # Pillow mixes up the bytes of 16-bit planes without compression
        for predictor in (1, 2):
            if predictor == 2 and (bits < 8 or compression in ("none", "packbits")):
                continue
            for i in range(3):
                w, h = rng.randint(1, 70), rng.randint(1, 70)
                if i == 0:
                    w, h = rng.randint(1, 9), rng.randint(1, 9)
                data = tiff(rng, w, h, kind, bits, compression, predictor, order, orientation=rng.choice([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]), **options())
                grid.add(f"tiff {kind} {bits} bits {compression} predictor {predictor} {'II' if order == '<' else 'MM'} {layout} {w}x{h} {i}", data, 0,
                         also="planes" in layout and kind == "rgba associated")
    for kind, compression, fill in itertools.product(("black is zero", "rgb", "palette"), ("none", "lzw", "packbits"), (2,)):
        for i in range(6):
            bits = 1 if kind == "black is zero" and i % 2 else 8
            data = tiff(rng, rng.randint(1, 40), rng.randint(1, 40), kind, bits, compression, fill=fill)
            grid.add(f"tiff fill order 2 {kind} {compression} {i}", data, 0)
    both = {"counts 0", "no counts", "short data", "adler", "no photometric", "reduced", "colours", "compression", "one depth", "loop"}
    for fault, compression in itertools.product(("directory first", "short data", "long data", "adler", "no counts", "counts 0", "no photometric", "one depth",
                                                 "unknown tags", "compression", "colours", "reduced", "float", "tail", "loop"), ("none", "lzw", "deflate", "packbits")):
        if fault == "adler" and compression != "deflate":
            continue
        for i in range(6):
            options = rng.choice([{}, {"rows": rng.randint(1, 9)}, {"tile": (16, 16)}])
            data = tiff(rng, rng.randint(2, 40), rng.randint(2, 40), rng.choice(["rgb", "black is zero", "palette"]), 8, compression, fault=fault,
                        order=rng.choice("<>"), pages=rng.randint(2, 3) if fault == "loop" else 1, **options)
            grid.add(f"tiff fault {fault} {compression} {i}", data, 0, also=fault in both)
    for compression in ("none", "lzw", "deflate", "packbits"):
        for i in range(15):
            data = tiff(rng, rng.randint(5, 40), rng.randint(5, 40), rng.choice(["rgb", "black is zero"]), 8, compression, fault="directory first")
            grid.add(f"tiff fault cut {compression} {i}", data[:rng.randint(len(data) * 2 // 3, len(data) - 3)], 0)
    for side, mode, compression in itertools.product(range(1, 71), ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")):
        image = photo(rng, side, rng.randint(1, 70))
        if mode == "I;16":
            image = Image.fromarray(np.random.default_rng(side).integers(0, 65536, image.size[::-1], dtype=np.uint16))
        elif mode in ("LA", "RGBA"):
            image.putalpha(Image.fromarray(np.random.default_rng(side).integers(0, 256, image.size[::-1], dtype=np.uint8)))
        image = image.convert(mode)
        options = {"compression": compression} if compression else {}
        pages = [image.rotate(180)] if rng.random() < 0.1 else []
        if pages:
            options |= {"save_all": True, "append_images": pages}
        if rng.random() < 0.3:
            options["tiffinfo"] = {274: rng.randint(1, 8)}
        grid.add(f"tiff pillow {mode} {compression} {image.size}", saved(image, format="TIFF", **options), 0)
    for mode, compression in itertools.product(("1", "CMYK", "RGB", "F", "YCbCr", "LAB"), ("group3", "group4", "jpeg", "zstd", "tiff_lzw", None)):
        try:
            data = saved(photo(rng, 30, 20).convert("L" if mode == "F" else mode).convert(mode), format="TIFF", **({"compression": compression} if compression else {}))
        except Exception:
            continue
        grid.add(f"tiff other {mode} {compression}", data, 0, also=(mode, compression) not in (("RGB", None), ("RGB", "tiff_lzw"), ("CMYK", None), ("CMYK", "tiff_lzw")))


def main():
    small = "--small" in sys.argv
    rng = random.Random(20261128)
    seen = {}

    def keep(name, data):
        """Whether a file is in the small grid: two of each kind, and short files."""
        if not small:
            return True
        if name.startswith("tiff") and " bits " in name:  # each kind of pixels, and each coding, not each with each
            kind, coding = re.split(r" \d+x\d+", name)[0].split(" bits ")
            wanted = len(data) < 600 and (seen.get(kind, 0) < 3 or coding not in seen)
            if wanted:
                seen[kind], seen[coding] = seen.get(kind, 0) + 1, True
            return wanted
        kind = re.split(r" \d+x\d+| \(\d+, \d+\)| \d+$", name)[0]
        if len(data) > 1000 and "long tail" not in name or seen.get(kind, 0) == (2 if kind.startswith("png") and "fault" not in kind else 1):
            return False
        seen[kind] = seen.get(kind, 0) + 1
        return True

    grid = Grid(pathlib.Path(sys.argv[1]), keep)
    for part in (wild_jpegs, faulty_jpegs, plain_jpegs, pngs, gifs, bmps, webps, tiffs):
        before = grid.count
        part(grid, rng)
        print(f"{part.__name__}: {grid.count - before} files")
    print(f"{grid.count} files, {grid.refused} of them refused by Pillow")


main()
