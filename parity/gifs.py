"""Writes GIF files with pixels drawn at random, and with faults."""

import struct


def lzw(indices, bits, end=True):
    size = max(bits, 2)
    clear, stop = 1 << size, (1 << size) + 1
    table, next_code, width = {(i,): i for i in range(clear)}, stop + 1, size + 1
    acc, count, out = clear, width, bytearray()

    def put(code):
        nonlocal acc, count
        acc |= code << count
        count += width
        while count >= 8:
            out.append(acc & 255)
            acc >>= 8
            count -= 8

    prefix = ()
    for v in indices:
        if prefix + (v,) in table:
            prefix += (v,)
            continue
        put(table[prefix])
        if next_code < 4096:
            table[prefix + (v,)] = next_code
            next_code += 1
            if next_code > 1 << width and width < 12:
                width += 1
        else:
            put(clear)
            table, next_code, width = {(i,): i for i in range(clear)}, stop + 1, size + 1
        prefix = (v,)
    if prefix:
        put(table[prefix])
        next_code += 1
        if next_code > 1 << width and width < 12:
            width += 1
    if end:
        put(stop)
    if count:
        out.append(acc & 255)
    return bytes([size]), bytes(out)


def blocks(data):
    return b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))


def gif(rng, width, height, interlace, transparent, local, bits, frames=1, fault=""):
    """Returns the file and the part of it that the first frame covers: x, y, width, height."""
    colours = 1 << bits
    palette = lambda: bytes(rng.randrange(256) for _ in range(3 * colours))
    screen_w, screen_h, x, y, w, h = width, height, 0, 0, width, height
    if fault == "small screen":
        screen_w, screen_h = max(1, width - 3), max(1, height - 2)
    if fault == "zero screen":
        screen_w = screen_h = 0
    if fault == "off the edge":
        x, y = rng.randint(1, 5), rng.randint(1, 5)
    if fault == "inside":
        w, h = rng.randint(1, width), rng.randint(1, height)
        x, y = rng.randint(0, width - w), rng.randint(0, height - h)
    flags = 0x70 | (0 if local else 0x80 | bits - 1)
    out = (b"GIF87a" if fault == "87a" else b"GIF89a") + struct.pack("<HHBBB", screen_w, screen_h, flags, 0, 0)
    out += b"" if local else palette()
    if fault == "extensions":
        out += b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00" + b"\x21\xfe\x03abc\x02de\x00"
    if fault == "empty comment":
        out += b"\x21\xfe\x00"
    for n in range(frames):
        pixels = [[rng.randrange(colours) if rng.random() < 0.4 else (i // 5 + j // 7) % colours for i in range(w)] for j in range(h)]
        if transparent:
            out += b"\x21\xf9\x04" + struct.pack("<BHBB", 1, 10, rng.choice(rng.choice(pixels)), 0)
        elif fault == "extensions":
            out += b"\x21\xf9\x04" + struct.pack("<BHBB", 0, 10, 1, 0)
        order = range(h)
        if interlace:
            order = [*range(0, h, 8), *range(4, h, 8), *range(2, h, 4), *range(1, h, 2)]
        rows = [pixels[j] for j in order]
        if fault == "short data" and n == 0:
            rows = rows[:h // 2]
        indices = [v for r in rows for v in r] + ([0] * 50 if fault == "long data" else [])
        size, data = lzw(indices, bits, end=fault != "no end code")
        out += b"\x2c" + struct.pack("<HHHHB", x, y, w, h, (0x40 if interlace else 0) | (0x80 | bits - 1 if local else 0))
        out += palette() if local else b""
        coded = blocks(data)
        if fault == "cut data":
            return out + size + coded[:len(coded) // 2], (x, y, w, h)
        if fault == "no terminator" and n == frames - 1:
            return out + size + coded, (x, y, w, h)
        out += (b"\x01" if fault == "code size 1" else size) + coded + b"\x00"
    return out + {"no trailer": b"", "tail": b";tail"}.get(fault, b";"), (x, y, w, h)
