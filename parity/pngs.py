"""Writes PNG files of every colour type, depth, filter and interlacing, with pixels drawn at random, and with faults."""

import struct
import zlib

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data, crc=None):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(kind, row, above, step):
    out = bytearray([kind])
    for i, v in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = above[i]
        c = above[i - step] if i >= step else 0
        out.append((v - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) & 255)
    return bytes(out)


def png(rng, width, height, colour, depth, interlace, trns, orientation=0, fault=""):
    channels = CHANNELS[colour]
    colours = min(1 << depth, rng.randint(2, 256)) if colour == 3 else 1 << depth
    few = rng.random() < 0.5  # so that tRNS meets a pixel
    values = [rng.randrange(colours) for _ in range(4)]
    pixels = [[[rng.choice(values) if few else rng.randrange(colours) for _ in range(channels)] for _ in range(width)] for _ in range(height)]
    raw = b""
    for x0, y0, dx, dy in PASSES if interlace else [(0, 0, 1, 1)]:
        rows = [r[x0::dx] for r in pixels[y0::dy]]
        if not rows or not rows[0]:
            continue
        above = None
        for row in rows:
            samples = [s for p in row for s in p]
            if depth == 16:
                line = b"".join(struct.pack(">H", s) for s in samples)
            else:
                bits = "".join(f"{s:0{depth}b}" for s in samples)
                line = int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big")
            kind = 7 if fault == "bad filter" else rng.randrange(5)
            step = max(1, channels * depth // 8)
            raw += bytes([7]) + line if kind == 7 else filtered(kind, line, above or bytes(len(line)), step)
            above = line
    raw += {"extra rows": bytes(len(raw)), "extra bytes": b"abc"}.get(fault, b"")
    if fault == "short data":
        raw = raw[:len(raw) * 2 // 3]
    data = zlib.compress(raw, rng.choice([0, 1, 9]))
    if fault == "adler":
        data = data[:-1] + bytes([data[-1] ^ 1])
    if fault == "no adler":
        data = data[:-4]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlace))
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header, 1 if fault == "IHDR crc" else None)
    out += {"ancillary crc": chunk(b"gAMA", struct.pack(">I", 45455), 5), "unknown chunk": chunk(b"abCd", b"1234")}.get(fault, b"")
    if colour == 3:
        n = colours - 1 if fault == "long index" and colours > 2 else colours
        out += chunk(b"PLTE", bytes(rng.randrange(256) for _ in range(3 * n)), 7 if fault == "PLTE crc" else None)
    if trns:
        pick = rng.choice(rng.choice(pixels))
        body = {0: lambda: struct.pack(">H", pick[0]), 2: lambda: struct.pack(">HHH", *pick),
                3: lambda: bytes(rng.randrange(256) for _ in range(rng.randint(1, colours)))}[colour]()
        out += chunk(b"tRNS", body)
    exif = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HH", orientation, 0) + b"\0\0\0\0") if orientation else b""
    before = rng.random() < 0.5
    out += exif if before else b""
    n = rng.randint(2, 9) if fault in ("many IDAT", "empty IDAT") else 1
    parts = [data[len(data) * i // n:len(data) * (i + 1) // n] for i in range(n)]
    if fault == "empty IDAT":
        parts.insert(1, b"")
    for p in [] if fault == "no IDAT" else parts:
        out += chunk(b"IDAT", p, 9 if fault == "IDAT crc" else None)
    if fault == "cut IDAT":
        return out[:len(out) - 4 - len(data) // 3]
    out += b"" if before else exif
    if fault == "ancillary cut":
        return out + chunk(b"tEXt", b"Comment\0abcdefgh")[:-9]
    end = chunk(b"IEND", b"")
    end = {"no IEND": b"", "half IEND": end[:6], "IEND crc": end[:-1] + b"\0"}.get(fault, end)
    return out + end + {"tail": b"tail" * 9, "long tail": b"tail" * 20000}.get(fault, b"")
