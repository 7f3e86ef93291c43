"""Writes TIFF files with pixels drawn at random, and with faults."""

import struct
import zlib

COMPRESSIONS = {"none": 1, "lzw": 5, "deflate": 8, "old deflate": 32946, "packbits": 32773}
KINDS = {  # photometric, samples, extra samples
    "white is zero": (0, 1, ()), "black is zero": (1, 1, ()), "rgb": (2, 3, ()), "palette": (3, 1, ()), "grey alpha": (1, 2, (2,)),
    "rgba": (2, 4, (2,)), "rgba associated": (2, 4, (1,)), "rgbx": (2, 4, (0,)), "rgb untold": (2, 4, ()), "rgbax": (2, 5, (2, 0)),
    "palette alpha": (3, 2, (2,)), "cmyk": (5, 4, ()), "cmykx": (5, 5, (0,)),
}


def lzw(data):
    """MSB first, with the early change of code widths (TIFF 6.0, section 13)."""
    acc, count, out = 0, 0, bytearray()
    width, table = 9, {}

    def put(code):
        nonlocal acc, count
        acc, count = acc << width | code, count + width
        while count >= 8:
            out.append(acc >> count - 8 & 255)
            count -= 8
        acc &= (1 << count) - 1

    def clear():
        nonlocal width, table
        put(256)
        width, table = 9, {bytes([i]): i for i in range(256)}

    clear()
    prefix = b""
    for b in data:
        b = bytes([b])
        if prefix + b in table:
            prefix += b
            continue
        put(table[prefix])
        table[prefix + b] = len(table) + 2
        if len(table) + 2 in (512, 1024, 2048):
            width += 1
        if len(table) + 2 == 4094:
            clear()
        prefix = b
    if prefix:
        put(table[prefix])
        if len(table) + 3 in (512, 1024, 2048):
            width += 1
    put(257)
    if count:
        out.append(acc << 8 - count & 255)
    return bytes(out)


def packbits(data, row):
    out = bytearray()
    for start in range(0, len(data), row):
        line, at = data[start:start + row], 0
        while at < len(line):
            run = 1
            while at + run < len(line) and run < 128 and line[at + run] == line[at]:
                run += 1
            if run > 1:
                out += bytes([257 - run, line[at]])
                at += run
                continue
            end = at + 1
            while end < len(line) and end - at < 128 and (end + 1 == len(line) or line[end] != line[end + 1]):
                end += 1
            out += bytes([end - at - 1]) + line[at:end]
            at = end
    return bytes(out)


def pack_row(values, bits, order, step, predictor):
    """A row of samples, step per pixel, as bytes."""
    if predictor == 2:
        most = (1 << bits) - 1
        values = values[:step] + [v - u & most for u, v in zip(values, values[step:])]
    if bits == 16:
        return struct.pack(order + f"{len(values)}H", *values)
    if bits == 8:
        return bytes(values)
    out, acc, count = bytearray(), 0, 0
    for v in values:
        acc, count = acc << bits | v, count + bits
        if count == 8:
            out.append(acc)
            acc = count = 0
    if count:
        out.append(acc << 8 - count)
    return bytes(out)


def tiff(rng, width, height, kind="rgb", bits=8, compression="none", predictor=1, order="<", tile=None, rows=None, planar=1, orientation=0,
         fill=1, pages=1, fault=""):
    photometric, samples, extra = KINDS[kind]
    most = (1 << bits) - 1
    lively = rng.random()
    image = [[[rng.randint(0, most) if rng.random() < lively else (x // 5 * 37 + y // 3 * 11 + s * 60) & most for s in range(samples)]
              for x in range(width)] for y in range(height)]
    block_w, block_h = tile or (width, rows or height)
    blocks, row_bytes = [], 0
    for plane in range(samples if planar == 2 else 1):
        for y in range(0, height, block_h):
            for x in range(0, width, block_w):
                lines = []
                for j in range(y, y + block_h if tile else min(y + block_h, height)):
                    line = []
                    for i in range(x, x + block_w):
                        pixel = image[min(j, height - 1)][min(i, width - 1)]
                        line += [pixel[plane]] if planar == 2 else pixel
                    lines.append(pack_row(line, bits, order, 1 if planar == 2 else samples, predictor))
                data, row_bytes = b"".join(lines), len(lines[0])
                if fault == "short data":
                    data = data[:-1]
                if fault == "long data":
                    data += b"more"
                data = {"none": lambda d: d, "lzw": lzw, "packbits": lambda d: packbits(d, row_bytes)}.get(compression, zlib.compress)(data)
                if fault == "adler":
                    data = data[:-1] + bytes([data[-1] ^ 1])
                blocks.append(bytes(int(f"{b:08b}"[::-1], 2) for b in data) if fill == 2 else data)
    tags = [(256, "H", [width]), (257, "I", [height]), (258, "H", [bits] * samples), (259, "H", [COMPRESSIONS[compression]]), (262, "H", [photometric]),
            (277, "H", [samples])]
    if fill == 2:
        tags.append((266, "H", [2]))
    if orientation:
        tags.append((274, "H", [orientation]))
    if planar == 2 or rng.random() < 0.5:
        tags.append((284, "H", [planar]))
    if predictor == 2:
        tags.append((317, "H", [2]))
    if photometric == 3:
        tags.append((320, "H", [rng.randint(0, 65535) for _ in range(3 << bits)]))
    if extra:
        tags.append((338, "H", list(extra)))
    if rng.random() < 0.3:
        tags.append((339, "H", [1] * samples))
    places = [0] * len(blocks)
    where, sizes = (324, 325) if tile else (273, 279)
    if tile:
        tags += [(322, "H", [block_w]), (323, "H", [block_h])]
    elif rows or rng.random() < 0.5:
        tags.append((278, "I", [block_h if rows or rng.random() < 0.5 else 2**32 - 1]))
    tags += [(where, "I", places), (sizes, rng.choice("HI") if max(map(len, blocks)) < 65536 else "I", [len(b) for b in blocks])]
    if fault == "no counts":
        tags.pop()
    if fault == "counts 0":
        tags[-1] = (sizes, "I", [0] * len(blocks))
    if fault == "no photometric":
        tags = [t for t in tags if t[0] != 262]
    if fault == "one depth":
        tags[2] = (258, "H", [bits])
    if fault == "unknown tags":
        tags += [(270, "s", b"a description\0"), (65000, "I", [7, 8, 9]), (33432, "s", b"\0")]
    if fault == "compression":
        tags[3] = (259, "H", [rng.choice([2, 3, 4, 6, 7, 32809, 34712, 50002, 12345])])
    if fault == "colours":
        tags[4] = (262, "H", [rng.choice([4, 6, 8, 32803, 999])])
    if fault == "reduced":
        tags.append((254, "I", [1]))
    if fault == "float":
        tags = [t for t in tags if t[0] != 339] + [(339, "H", [3] * samples)]
    tags.sort()

    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + b"\0\0\0\0")

    def put_blocks():
        for i, b in enumerate(blocks):
            places[i] = len(out)
            out.extend(b + b"\0" * (len(b) & 1))

    def directory(link):
        """Writes the values that do not fit in entries, then the entries. Its offset is written at link."""
        entries = b""
        for tag, code, values in tags:
            raw = bytes(values) if code == "s" else struct.pack(order + f"{len(values)}{code}", *values)
            if len(raw) > 4:
                at = len(out)
                out.extend(raw + b"\0" * (len(raw) & 1))
                raw = struct.pack(order + "I", at)
            entries += struct.pack(order + "HHI", tag, {"s": 2, "H": 3, "I": 4}[code], len(values)) + raw.ljust(4, b"\0")
        struct.pack_into(order + "I", out, link, len(out))
        out.extend(struct.pack(order + "H", len(tags)) + entries + b"\0\0\0\0")
        return len(out) - 4

    if fault == "directory first":  # with the blocks behind it
        start = len(out)
        link = directory(4)
        del out[start:]
        for i, b in enumerate(blocks):
            places[i] = 0
        size = link + 4 - start
        at = start + size
        for i, b in enumerate(blocks):
            places[i] = at
            at += len(b) + (len(b) & 1)
        directory(4)
        put_blocks()
    else:
        link = 4
        for page in range(pages):
            put_blocks()
            link = directory(link)
            if page + 2 == pages and fault == "loop":
                break
        if fault == "loop":
            struct.pack_into(order + "I", out, link, struct.unpack_from(order + "I", out, 4)[0])
    return bytes(out) + {"tail": b"tail"}.get(fault, b"")
