"""Writes image files of kinds that public bug reports mention, with the pixels that Pillow reads from them.

    pip install -r parity/requirements-images.txt
    python parity/odd_images.py augment/testdata/odd
"""

import io
import os
import struct
import sys
import zlib

from PIL import Image, ImageOps

from jpegs import exif
from pngs import chunk

TIFF = b"II*\0\x08\0\0\0\1\0\x12\1%s\1\0\0\0%s\0\0\0\0"


def drawing(width=37, height=29):
    image = Image.new("RGB", (width, height))
    image.putdata([((7 * x + 3 * y) % 256, (x * y) % 256, (255 - 5 * x + y * y) % 256) for y in range(height) for x in range(width)])
    return image


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def segments(jpeg):
    """The marker segments up to the scan, and its coded data."""
    at, out = 2, []
    while True:
        kind, size = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        out.append((kind, jpeg[at + 4:at + 2 + size]))
        at += 2 + size
        if kind == 0xDA:
            return out, jpeg[at:]


def joined(parts, data):
    return b"\xff\xd8" + b"".join(bytes([255, k]) + struct.pack(">H", len(b) + 2) + b for k, b in parts) + data


def jpegs():
    plain = encoded(drawing(), "JPEG", quality=88)
    parts, data = segments(plain)

    def with_ids(ids):
        out = []
        for kind, body in parts:
            body = bytearray(body)
            for i, ident in enumerate(ids):
                if kind in (0xC0, 0xDA):
                    body[6 + 3 * i if kind == 0xC0 else 1 + 2 * i] = ident
            out.append((kind, bytes(body)))
        return joined(out, data)

    yield "ids_000.jpg", with_ids([0, 0, 0])
    yield "ids_122.jpg", with_ids([1, 2, 2])
    for name, options in (("no_tables", {}), ("no_tables_restart", {"restart_marker_blocks": 2})):
        p, d = segments(encoded(drawing(), "JPEG", quality=88, **options))
        yield name + ".jpg", joined([x for x in p if x[0] != 0xC4], d)
    yield "length_0.jpg", plain[:2] + b"\xff\xe5\0\0" + plain[2:]
    yield "orientation_long.jpg", joined([(0xE1, b"Exif\0\0" + TIFF % (b"\4\0", b"\6\0\0\0"))] + parts, data)
    yield "orientation_prefix_twice.jpg", joined([(0xE1, b"Exif\0\0" + exif(8)[4:])] + parts, data)


def pngs():
    magic, end = b"\x89PNG\r\n\x1a\n", chunk(b"IEND", b"")
    width, height = 45, 32
    header = lambda depth, colour: chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    palette = bytes((37 * i) % 256 for i in range(48))
    grey = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes((x * x * y // 7) % 16 for x in range(width)) for y in range(height))))
    bits = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes((x * x + 77 * y) * y % 256 for x in range(6)) for y in range(height))))
    alpha = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes((17 * x + y) % 256 for x in range(2 * width)) for y in range(height))))
    yield "palette_of_16_for_1_bit.png", magic + header(1, 3) + chunk(b"PLTE", palette) + bits + end
    yield "palette_of_47_bytes.png", magic + header(8, 3) + chunk(b"PLTE", palette[:47]) + grey + end
    yield "palette_of_grey.png", magic + header(8, 0) + chunk(b"PLTE", palette) + grey + end
    yield "trns_beside_alpha.png", magic + header(8, 4) + chunk(b"tRNS", b"\0\5") + alpha + end


def gifs():
    file = encoded(drawing().quantize(16), "GIF")
    size = 3 << (file[10] & 7) + 1
    yield "no_palette.gif", file[:10] + b"\0" + file[11:13] + file[13 + size:]


def webps():
    def riff(*chunks):
        body = b"WEBP" + b"".join(k + struct.pack("<I", len(b)) + b + b"\0" * (len(b) & 1) for k, b in chunks)
        return b"RIFF" + struct.pack("<I", len(body)) + body

    see_through = drawing()
    see_through.putalpha(Image.linear_gradient("L").resize(see_through.size))
    lossless = bytearray(encoded(see_through, "WEBP", lossless=True)[20:])
    lossless[4] &= ~0x10
    yield "alpha_not_used.webp", riff((b"VP8L", bytes(lossless)))
    lossy = encoded(drawing(), "WEBP", quality=97)[20:]
    extended = lambda flags: (b"VP8X", bytes([flags, 0, 0, 0, 36, 0, 0, 28, 0, 0]))
    turned = lambda v: (b"EXIF", TIFF % (b"\3\0", bytes([v, 0, 0, 0])))
    yield "exif_without_flag.webp", riff(extended(0), (b"VP8 ", lossy), turned(6))
    yield "exif_twice.webp", riff(extended(8), (b"VP8 ", lossy), turned(6), turned(3))


def pixels(file):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    if image.mode in ("RGBA", "LA"):
        white = Image.new("RGBA", image.size, (255,) * 4)
        white.alpha_composite(image.convert("RGBA"))
        image = white
    return image.convert("RGB")


for make in (jpegs, pngs, gifs, webps):
    for name, content in make():
        path = os.path.join(sys.argv[1], name)
        with open(path, "wb") as f:
            f.write(content)
        pixels(content).save(path + ".want.png", optimize=True)
