"""Makes AVIF files for the grid of images.py: those that Pillow and libavif's own encoder write, and damaged ones."""

import io
import itertools
import struct

import imagecodecs
import numpy as np
from PIL import Image


def still(image, **options):
    b = io.BytesIO()
    image.save(b, format="AVIF", speed=9, **options)
    return b.getvalue()


def deep(rng, w, h, bits, sampling, alpha=False):
    """An image of 10 or 12 bits, which Pillow cannot write."""
    channels = 4 if alpha else 1 if sampling == "yuv400" else 3
    y, x = np.mgrid[:h, :w].astype(np.float32)
    pixels = np.stack([np.sin(x / rng.uniform(2, 20)) + np.cos(y / rng.uniform(2, 20)) for _ in range(channels)], -1)
    pixels = ((pixels + 2) / 4 * (2**bits - 1)).round().astype(np.uint16)
    return imagecodecs.avif_encode(pixels if channels > 1 else pixels[..., 0], level=rng.choice([30, 80, 100]), speed=9, bitspersample=bits,
                                   pixelformat=sampling, numthreads=1)


def walk(data, at=0, end=None):
    """Yields kind, start and end of each box, and of those in boxes that hold boxes."""
    end = len(data) if end is None else end
    while at + 8 <= end:
        size = struct.unpack_from(">I", data, at)[0] or end - at
        kind = data[at + 4:at + 8]
        yield kind, at, at + size
        inner = {b"meta": 12, b"iprp": 8, b"ipco": 8, b"moov": 8, b"trak": 8, b"mdia": 8, b"minf": 8, b"stbl": 8}.get(kind)
        if inner:
            yield from walk(data, at + inner, at + size)
        at += size


def box(data, kind):
    return next((start, end) for name, start, end in walk(data) if name == kind)


def patched(data, kind, offset, value):
    at = box(data, kind)[0] + offset
    return data[:at] + value + data[at + len(value):]


FAULTS = {
    "cut": lambda d: d[:len(d) * 2 // 3], "cut in meta": lambda d: d[:box(d, b"meta")[0] + 60], "cut before meta": lambda d: d[:box(d, b"meta")[0]],
    "last byte": lambda d: d[:-1], "tail": lambda d: d + b"tail of the file",
    "free box": lambda d: (lambda at: d[:at] + struct.pack(">I4s", 8, b"free") + d[at:])(len(d)),
    "no ispe": lambda d: patched(d, b"ispe", 4, b"skip"), "wide ispe": lambda d: patched(d, b"ispe", 12, struct.pack(">I", 9)),
    "huge ispe": lambda d: patched(d, b"ispe", 12, struct.pack(">II", 60000, 60000)), "no pitm": lambda d: patched(d, b"pitm", 4, b"skip"),
    "other pitm": lambda d: patched(d, b"pitm", 12, struct.pack(">H", 77)), "no iloc": lambda d: patched(d, b"iloc", 4, b"skip"),
    "no ipma": lambda d: patched(d, b"ipma", 4, b"skip"), "brand mif1": lambda d: patched(d, b"ftyp", 8, b"mif1"),
    "no brand": lambda d: d.replace(b"avif", b"mif1", 2), "noise": lambda d: d[:-20] + bytes(20), "noise in av1C": lambda d: patched(d, b"av1C", 9, b"\xff\xff"),
    "hidden coded": lambda d: d[:box(d, b"mdat")[0] + 10] + b"\xff" * 6 + d[box(d, b"mdat")[0] + 16:],
}


def add_avifs(grid, rng, photo):
    for mode, sampling in itertools.product(("RGB", "RGBA", "L", "LA"), ("4:4:4", "4:2:2", "4:2:0")):
        for i in range(60):
            w, h = rng.randint(1, 70), rng.randint(1, 70)
            image = photo(rng, w, h)
            if mode.endswith("A"):
                image.putalpha(Image.fromarray(np.random.default_rng(i).integers(0, 256, (h, w), dtype=np.uint8)))
            image = image.convert(mode)
            options = {"quality": rng.choice([20, 60, 90, 100]), "subsampling": "4:0:0" if mode in ("L", "LA") and rng.random() < 0.5 else sampling}
            options["range"] = rng.choice(["full", "limited"])
            options["alpha_premultiplied"] = rng.random() < 0.3
            orientation = rng.choice([0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
            if orientation:
                exif = Image.Exif()
                exif[0x0112] = orientation
                options["exif"] = exif
            if rng.random() < 0.2:
                options["icc_profile"] = bytes(range(200))
            associated = options["alpha_premultiplied"] and mode.endswith("A")  # libyuv divides by alpha in SIMD with another rounding
            grid.add(f"avif {mode} {options['subsampling']} associated {associated} {w}x{h} {options['range']} orientation {orientation} {i}",
                     still(image, **options), int(associated))
    for bits, sampling, alpha in itertools.product((10, 12), ("yuv444", "yuv422", "yuv420", "yuv400"), (False, True)):
        for i in range(20):
            if alpha and sampling == "yuv400":
                continue
            w, h = rng.randint(1, 70), rng.randint(1, 70)
            grid.add(f"avif {bits} bits {sampling} alpha {alpha} {w}x{h} {i}", deep(rng, w, h, bits, sampling, alpha), 0)
    for i in range(60):
        frames = [photo(rng, rng.randint(4, 40), rng.randint(4, 40))]
        frames += [frames[0].rotate(90), frames[0].rotate(180)]
        grid.add(f"avif sequence {i}", still(frames[0], save_all=True, append_images=frames[1:], quality=70), 0)
    for name, i in itertools.product(FAULTS, range(12)):
        image = photo(rng, rng.randint(10, 60), rng.randint(10, 60))
        if i % 2:
            image.putalpha(Image.fromarray(np.random.default_rng(i).integers(0, 256, image.size[::-1], dtype=np.uint8)))
        grid.add(f"avif fault {name} {i}", FAULTS[name](still(image, quality=70)), 0, also=name in ("last byte", "noise", "hidden coded", "no ipma"))
