"""Times the decoding of JPEG files to RGB: CPU time of an image on one thread, for pali3, libjpeg-turbo (simplejpeg) and Pillow.

    go build -o /tmp/jpeg ./bench/jpeg
    pip install -r bench/requirements-jpeg.txt
    python bench/jpeg/compare.py /tmp/jpeg PHOTOS [rounds]

PHOTOS is a folder of photographs (JPEG). They are decoded as they are; then one of them, enlarged to sizes of cameras, and 100 of
them, in each kind of file: baseline and progressive, 4:2:0 and 4:4:4. All programs take turns in each round, and the
medians are printed, with libjpeg-turbo's time divided by that of pali3.
"""

import io
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import simplejpeg
from PIL import Image, features

SECONDS = 1.0  # that one measurement takes, about


def made(folder, photos, size, **options):
    """Writes photographs again, of another size if one is given, and returns the folder."""
    folder.mkdir()
    for i, path in enumerate(photos):
        image = Image.open(path).convert("RGB")
        if size:
            image = image.resize(size, Image.Resampling.LANCZOS)
        image.save(folder / f"{i}.jpg", quality=90, **options)
    return folder


def inputs(work, photos):
    some, one = photos[:: max(1, len(photos) // 100)][:100], photos[: 1]
    yield f"{len(photos)} photographs", photos[0].parent
    for progressive in (False, True):
        for sampling, name in ((2, "4:2:0"), (0, "4:4:4")):
            options = {"progressive": progressive, "subsampling": sampling}
            kind = ("progressive" if progressive else "baseline") + ", " + name
            yield f"{len(some)} photographs, {kind}", made(work / f"some{progressive}{sampling}", some, None, **options)
            for size in ((640, 480), (2560, 1920)):
                yield f"{size[0]} x {size[1]}, {kind}", made(work / f"one{size[0]}{progressive}{sampling}", one, size, **options)


def decode_pillow(file):
    image = Image.open(io.BytesIO(file))
    (image if image.mode == "RGB" else image.convert("RGB")).load()


def decode_turbo(file):
    simplejpeg.decode_jpeg(file)


def python_time(decode, files, passes):
    begin = time.process_time()
    for _ in range(passes):
        for file in files:
            decode(file)
    return time.process_time() - begin


def program_time(program, folder, passes):
    def cpu(n):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, str(n), str(folder)], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return cpu(passes + 1) - cpu(1)


def main():
    program, photos, rounds = sys.argv[1], sorted(pathlib.Path(sys.argv[2]).glob("*.jpg")), int((sys.argv[3:] or [5])[0])
    print(f"libjpeg-turbo {features.version('libjpeg_turbo')} in Pillow {Image.__version__}, simplejpeg {simplejpeg.__version__}")
    print("| images | KB | pali3 | libjpeg-turbo | Pillow | libjpeg-turbo's time / ours |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as work:
        for name, folder in inputs(pathlib.Path(work), photos):
            files = [p.read_bytes() for p in sorted(folder.glob("*.jpg"))]
            passes = max(1, round(SECONDS / python_time(decode_turbo, files, 1)))
            times = [[], [], []]
            for _ in range(rounds):
                for i, seconds in enumerate((program_time(program, folder, passes), python_time(decode_turbo, files, passes), python_time(decode_pillow, files, passes))):
                    times[i].append(1e6 * seconds / passes / len(files))
            ours, turbo, pillow = map(statistics.median, times)
            size = sum(map(len, files)) / len(files) / 1000
            print(f"| {name} | {size:.0f} | {ours:,.0f} | {turbo:,.0f} | {pillow:,.0f} | {turbo / ours:.2f} |", flush=True)


main()
