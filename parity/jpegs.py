"""Writes JPEG files of every structure that T.81 allows with Huffman codes, from coefficients drawn at random.

The files only have to be legal; images.py takes their pixels from libjpeg through Pillow. encode() takes sampling
factors for each component, sequential or progressive scans, restart intervals, component identifiers and the markers that
determine the colours.
"""

import heapq
import random
import struct

ZIGZAG = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
          35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63]
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def adobe(transform):
    return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])


def exif(orientation):
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + struct.pack(">HH", orientation, 0) + b"\0\0\0\0"
    return b"\xff\xe1" + struct.pack(">H", 8 + len(tiff)) + b"Exif\0\0" + tiff


def ceil(a, b):
    return -(-a // b)


class Table:
    """A Huffman table of random lengths, up to 16 bits, without the code of ones."""

    def __init__(self, used, rng):
        symbols = sorted(used)
        spread = rng.choice([1, 3, 30, 1000])
        heap = [(rng.randint(1, spread), i, [s]) for i, s in enumerate(symbols)] + [(0, -1, [-1])]
        length = dict.fromkeys(symbols + [-1], 0)
        heapq.heapify(heap)
        while len(heap) > 1:
            a, b = heapq.heappop(heap), heapq.heappop(heap)
            for s in a[2] + b[2]:
                length[s] += 1
            heapq.heappush(heap, (a[0] + b[0], rng.randint(1000, 10**6), a[2] + b[2]))
        if max(length.values()) > 16:
            bits = max(1, (len(symbols) + 1).bit_length())
            length = dict.fromkeys(symbols, bits)
        order = sorted(symbols, key=lambda s: (length[s], s))
        self.counts = [sum(length[s] == n for s in symbols) for n in range(1, 17)]
        self.symbols, self.code = order, {}
        code, before = 0, 0
        for s in order:
            code <<= length[s] - before
            before = length[s]
            self.code[s] = (code, length[s])
            code += 1

    def segment(self, kind, number):
        body = bytes([kind << 4 | number]) + bytes(self.counts) + bytes(self.symbols)
        return b"\xff\xc4" + struct.pack(">H", 2 + len(body)) + body


class Component:
    def __init__(self, ident, h, v):
        self.ident, self.h, self.v = ident, h, v


def signed(v):
    size = abs(v).bit_length()
    return size, v if v >= 0 else v + (1 << size) - 1


def units(components, everything, width, height):
    """The blocks of each MCU of a scan, as (component, index)."""
    max_h, max_v = max(c.h for c in everything), max(c.v for c in everything)
    if len(components) == 1:
        c = components[0]
        wide, high = ceil(ceil(width * c.h, max_h), 8), ceil(ceil(height * c.v, max_v), 8)
        return [[(c, y * c.stride + x)] for y in range(high) for x in range(wide)]
    return [
        [(c, (top * c.v + y) * c.stride + left * c.h + x) for c in components for y in range(c.v) for x in range(c.h)]
        for top in range(ceil(height, 8 * max_v)) for left in range(ceil(width, 8 * max_h))
    ]


def scan(components, everything, width, height, restart, band, rng, tables):
    """Returns a scan with its tables. Symbols are gathered first, as (component, class, symbol, value, bits) or restarts."""
    first, last, high, low = band
    progressive = tables is None
    events, predicted, eob, pending = [], {}, [0], []

    def end_run(c):
        if eob[0]:
            size = eob[0].bit_length() - 1
            events.append((c, 1, size << 4, eob[0] - (1 << size), size))
            eob[0] = 0
        for bit in pending:
            events.append((None, 0, None, bit, 1))
        pending.clear()

    mcus = units(components, everything, width, height)
    for n, mcu in enumerate(mcus):
        if restart and n and n % restart == 0:
            end_run(components[0])
            events.append(("restart", 0, None, (n // restart - 1) % 8, 0))
            predicted = {}
        for c, index in mcu:
            block = c.blocks[index]
            if first == 0:
                if high:
                    events.append((None, 0, None, block[0] >> low & 1, 1))
                else:
                    value = block[0] >> low
                    size, bits = signed(value - predicted.get(c, 0))
                    predicted[c] = value
                    events.append((c, 0, size, bits, size))
            if last == 0:
                continue
            if not high:
                run = 0
                for k in range(max(first, 1), last + 1):
                    v = block[k]
                    v = (abs(v) >> low) * (1 if v > 0 else -1)
                    if v == 0:
                        run += 1
                        continue
                    end_run(c)
                    while run > 15:
                        events.append((c, 1, 0xF0, 0, 0))
                        run -= 16
                    size, bits = signed(v)
                    events.append((c, 1, run << 4 | size, bits, size))
                    run = 0
                if run:
                    if first == 0:
                        events.append((c, 1, 0, 0, 0))
                    else:
                        eob[0] += 1
                        if eob[0] == 0x7FFF or rng.random() < 0.05:
                            end_run(c)
            else:
                refine(c, block, band, events, eob, pending, end_run)
    end_run(components[0])
    return emit(events, components, band, rng, progressive)


def refine(c, block, band, events, eob, pending, end_run):
    first, last, high, low = band
    values = [abs(block[k]) >> low for k in range(64)]
    fresh = [k for k in range(first, last + 1) if values[k] == 1]
    end, run, bits = (fresh[-1] if fresh else -1), 0, []
    for k in range(first, last + 1):
        v = values[k]
        if v == 0:
            run += 1
            continue
        while run > 15 and k <= end:
            end_run(c)
            events.append((c, 1, 0xF0, 0, 0))
            run -= 16
            events.extend((None, 0, None, b, 1) for b in bits)
            bits = []
        if v > 1:
            bits.append(v & 1)
            continue
        end_run(c)
        events.append((c, 1, run << 4 | 1, int(block[k] > 0), 1))
        events.extend((None, 0, None, b, 1) for b in bits)
        bits, run = [], 0
    if run or bits:
        eob[0] += 1
        pending.extend(bits)
        if eob[0] == 0x7FFF or len(pending) > 900:
            end_run(c)


def emit(events, components, band, rng, progressive):
    separate = rng.random() < 0.5
    used, made = {}, {}
    table_of = {}
    for i, c in enumerate(components):
        table_of[c] = min(i, 1) if separate else 0
    for c, kind, symbol, _, _ in events:
        if symbol is not None:
            used.setdefault((kind, table_of[c]), set()).add(symbol)
    for kind in (0, 1):
        for c in components:
            used.setdefault((kind, table_of[c]), {0})
    out = b""
    for key, symbols in sorted(used.items()):
        made[key] = Table(symbols, rng)
        out += made[key].segment(*key)
    head = bytes([len(components)]) + b"".join(bytes([c.ident, table_of[c] * 17]) for c in components)
    head += bytes([band[0], band[1], band[2] << 4 | band[3]])
    out += b"\xff\xda" + struct.pack(">H", 2 + len(head)) + head
    acc, count, data = 0, 0, bytearray()

    def flush():
        nonlocal acc, count
        if count % 8:
            pad = 8 - count % 8
            acc, count = acc << pad | (1 << pad) - 1, count + pad
        data.extend(acc.to_bytes(count // 8, "big").replace(b"\xff", b"\xff\x00"))
        acc, count = 0, 0

    for c, kind, symbol, value, size in events:
        if c == "restart":
            flush()
            data.extend(bytes([0xFF, 0xD0 + value]))
            continue
        if symbol is not None:
            code, length = made[(kind, table_of[c])].code[symbol]
            acc, count = acc << length | code, count + length
        acc, count = acc << size | value, count + size
        if count > 4096 and count % 8 == 0:
            flush()
    flush()
    return out + bytes(data)


def draw(c, rng, lively):
    level = [rng.randint(-60, 60)]
    c.blocks = []
    for _ in range(c.stride * c.rows):
        level[0] = max(-110, min(110, level[0] + rng.randint(-25, 25)))
        block = [level[0]] + [0] * 63
        for _ in range(rng.randint(0, lively)):
            k = min(63, int(rng.expovariate(0.15)) + 1)
            block[k] = rng.randint(-9, 9)
        c.blocks.append(block)


def encode(rng, width, height, factors, idents=(1, 2, 3, 4), markers=JFIF, process=0xC0, restart=0, split=False,
           quant16=False, extra=b"", end=b"\xff\xd9", lively=6, script=None):
    """factors are (h, v) for each component. Restart is in MCUs; split is a scan for each component."""
    comps = [Component(i, h, v) for i, (h, v) in zip(idents, factors)]
    max_h, max_v = max(c.h for c in comps), max(c.v for c in comps)
    for c in comps:
        c.stride, c.rows = ceil(width, 8 * max_h) * c.h, ceil(height, 8 * max_v) * c.v
        draw(c, rng, lively)
    q = [rng.randint(4, 8) for _ in range(64)]
    body = b"\x10" + struct.pack(">64H", *q) if quant16 else b"\x00" + bytes(q)
    out = b"\xff\xd8" + markers + b"\xff\xdb" + struct.pack(">H", 2 + len(body)) + body
    body = struct.pack(">BHHB", 8, height, width, len(comps)) + b"".join(bytes([c.ident, c.h << 4 | c.v, 0]) for c in comps)
    out += bytes([0xFF, process]) + struct.pack(">H", 2 + len(body)) + body
    if restart:
        out += b"\xff\xdd\x00\x04" + struct.pack(">H", restart)
    out += extra
    if process == 0xC2:
        scans = script or rng.choice(scripts(comps))
    elif split:
        scans = [([c], (0, 63, 0, 0)) for c in comps]
    else:
        scans = [(comps, (0, 63, 0, 0))]
    for members, band in scans:
        out += scan(members, comps, width, height, restart, band, rng, None if process == 0xC2 else 1)
    return out + end


def scripts(comps):
    dc = [(comps, (0, 0, 0, 1))]
    if sum(c.h * c.v for c in comps) > 10:
        dc = [([c], (0, 0, 0, 1)) for c in comps]
    refined = [(m, (0, 0, 1, 0)) for m, _ in dc]
    return [
        dc + refined + [([c], (1, 63, 0, 0)) for c in comps],
        dc + [([c], (1, 5, 0, 2)) for c in comps] + [([c], (6, 63, 0, 2)) for c in comps]
        + [([c], (1, 63, 2, 1)) for c in comps] + refined + [([c], (1, 63, 1, 0)) for c in comps],
        [([c], (0, 0, 0, 0)) for c in comps] + [([c], (1, 30, 0, 1)) for c in reversed(comps)]
        + [([c], (31, 63, 0, 0)) for c in comps] + [([c], (1, 30, 1, 0)) for c in comps],
    ]
