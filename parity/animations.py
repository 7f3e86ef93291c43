"""Writes animations of few frames and, below each other in one PNG, the frames that Pillow shows on white.

    python parity/animations.py augment/testdata/animations          the files of `make test`
    python parity/animations.py build/parity/animations 2000         a large grid

The test TestContactSheet_EqualsPillow reads testdata/animations and the folder that PALI3_PARITY_ANIMATIONS names.
"""

import io
import pathlib
import random
import struct
import sys

import numpy as np
from PIL import Image


def drawn(rng, w, h, alpha):
    y, x = np.mgrid[:h, :w].astype(np.float32)
    channels = [127 + 120 * np.sin(x / rng.uniform(1, 9) + y / rng.uniform(1, 9)) for _ in range(3)]
    if alpha:
        channels.append((255 * (np.sin(x / rng.uniform(2, 9)) + np.cos(y / rng.uniform(2, 9)) + rng.uniform(-1, 2))).clip(0, 255))
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8), "RGBA" if alpha else "RGB")


def chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def still_chunks(image, **options):
    """The chunks of pixels of a still WebP."""
    b = io.BytesIO()
    image.save(b, format="WEBP", **options)
    data, at, out = b.getvalue(), 12, b""
    while at < len(data):
        kind, size = data[at:at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind in (b"ALPH", b"VP8 ", b"VP8L"):
            out += data[at:at + 8 + size + size % 2]
        at += 8 + size + size % 2
    return out


def webp(rng):
    """Frames of any place, blended or not, kept or cleared."""
    w, h = rng.randint(2, 24), rng.randint(2, 24)
    frames = b""
    for n in range(rng.randint(2, 6)):
        whole = rng.random() < 0.3
        fw, fh = (w, h) if whole else (rng.randint(1, w), rng.randint(1, h))
        x, y = rng.randint(0, (w - fw) // 2), rng.randint(0, (h - fh) // 2)
        image = drawn(rng, fw, fh, rng.random() < 0.6)
        header = b"".join(struct.pack("<I", v)[:3] for v in (x, y, fw - 1, fh - 1, 100)) + bytes([rng.randint(0, 3)])
        frames += chunk(b"ANMF", header + still_chunks(image, lossless=rng.random() < 0.5, quality=80, method=0))
    body = b"WEBP" + chunk(b"VP8X", bytes([0x12, 0, 0, 0]) + struct.pack("<I", w - 1)[:3] + struct.pack("<I", h - 1)[:3])
    body += chunk(b"ANIM", struct.pack("<IH", rng.getrandbits(32), 0)) + frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(rng):
    w, h = rng.randint(2, 24), rng.randint(2, 24)
    frames = [drawn(rng, w, h, False).quantize(rng.choice([4, 16, 60])) for _ in range(rng.randint(2, 5))]
    b = io.BytesIO()
    frames[0].save(b, format="GIF", save_all=True, append_images=frames[1:], disposal=[rng.randint(0, 3) for _ in frames], optimize=False)
    return b.getvalue()


def shown(data):
    image = Image.open(io.BytesIO(data))
    frames = []
    for n in range(image.n_frames):
        image.seek(n)
        rgba = np.asarray(image.convert("RGBA")).astype(np.int64)
        a = rgba[..., 3:]
        frames.append(((rgba[..., :3] * a + 255 * (255 - a) + 127) // 255).astype(np.uint8))
    return Image.fromarray(np.concatenate(frames))


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    rng = random.Random(20261129)
    for make in (webp, gif):
        for n in range(count):
            data = make(rng)
            name = f"{make.__name__}{n}.{make.__name__}"
            (out / name).write_bytes(data)
            shown(data).save(out / (name + ".want.png"), optimize=True)


main()
