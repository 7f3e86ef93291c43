"""Writes BMP files of every depth and header, with pixels drawn at random, and with faults."""

import struct

MASKS = {16: [(0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)], 24: [(0xFF0000, 0xFF00, 0xFF, 0)],
         32: [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF, 0xFF00, 0xFF0000, 0xFF000000), (0xFF0000, 0xFF00, 0xFF, 0xFF000000)]}


def runs(rng, pixels, bits):
    """Encodes rows from the bottom, in runs and literal pixels."""
    out = b""
    for row in reversed(pixels):
        i = 0
        while i < len(row):
            n = 1
            while i + n < len(row) and row[i + n] == row[i] and n < 255:
                n += 1
            left = len(row) - i
            if n == 1 and left >= 4 and rng.random() < 0.7:
                n = rng.randint(3, min(left, 20))
                part = row[i:i + n]
                if bits == 8:
                    body = bytes(part)
                else:
                    part = part + [0] * (len(part) % 2)
                    body = bytes(a << 4 | b for a, b in zip(part[::2], part[1::2]))
                out += bytes([0, n]) + body + bytes(len(body) % 2)
            else:
                out += bytes([n, row[i] if bits == 8 else row[i] * 17])
            i += n
        out += b"\0\0"
    return out[:-2] + b"\0\1"


def bmp(rng, width, height, bits, header, down, compression, fault=""):
    colours = 1 << min(bits, 8)
    if fault == "few colours":
        colours = max(2, colours // 2)
    masks = rng.choice(MASKS[bits]) if compression == "masks" else (0, 0, 0, 0)
    if header < 56 and masks[3]:
        masks = MASKS[bits][0]
    if bits <= 8:
        pixels = [[rng.randrange(colours) if rng.random() < 0.4 else (i // 5 + j) % colours for i in range(width)] for j in range(height)]
    if compression == "rle":
        data = runs(rng, pixels, bits)
    else:
        data = b""
        for j in range(height) if down else reversed(range(height)):
            if bits <= 8:
                text = "".join(f"{v:0{bits}b}" for v in pixels[j])
                line = int(text + "0" * (-len(text) % 8), 2).to_bytes((len(text) + 7) // 8, "big")
            else:
                line = bytes(rng.randrange(256) for _ in range(width * bits // 8))
            data += line + bytes(-len(line) % 4)
        if fault == "no padding":
            data = data[:len(data) - (-len(line) % 4)]
    kind = {"raw": 0, "rle": 1 if bits == 8 else 2, "masks": 3}[compression]
    entry = 3 if header == 12 else 4
    palette = b"" if bits > 8 else b"".join(bytes(rng.randrange(256) for _ in range(3)) + bytes(entry - 3) for _ in range(colours))
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        size = 7 if fault == "data size" else len(data)
        used = {"few colours": colours, "huge colours": 100000}.get(fault, 0 if bits > 8 else rng.choice([0, colours]))
        info = struct.pack("<IiiHHIIiiII", header, width, -height if down else height, 3 if fault == "planes" else 1, bits, kind, size, 2835, 2835, used, 0)
        three = struct.pack("<III", *masks[:3])
        if header == 40:
            info += three if kind == 3 else b""
        elif header == 64:
            info += bytes(24)
        else:
            info += three + (struct.pack("<I", masks[3]) if header >= 56 else b"")
            info += bytes(header - len(info))
    at = 14 + len(info) + len(palette)
    total = 12345 if fault == "file size" else at + len(data)
    head = b"BM" + struct.pack("<IHHI", total, *((3, 4) if fault == "reserved" else (0, 0)), 0 if fault == "offset 0" else at)
    out = head + info + palette + data
    return out[:at + len(data) * 2 // 3] if fault == "cut" else out + (b"tail" if fault == "tail" else b"")
