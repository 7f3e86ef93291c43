"""Makes ingest/internal/frames/testdata: small animations, the frames of each as Pillow shows them, side by side in a PNG,
and a TIFF with three pages.

    python -m venv venv && venv/bin/pip install -r parity/requirements-ingest.txt
    venv/bin/python parity/ingest_frames.py ingest/internal/frames/testdata
"""

import pathlib
import sys

from PIL import Image, ImageDraw, ImageSequence

WIDTH, HEIGHT, COUNT = 16, 12, 5


def drawings():
    """Frames that move a half-transparent disc over a coloured ground."""
    for i in range(COUNT):
        m = Image.new("RGBA", (WIDTH, HEIGHT), (40 * i, 200 - 30 * i, 90, 255 if i % 2 == 0 else 0))
        ImageDraw.Draw(m).ellipse((2 * i, i, 2 * i + 6, i + 6), fill=(250, 240 - 40 * i, 10, 255))
        yield m


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    frames = list(drawings())
    for name, options in {
        "keep.gif": {"disposal": 1},
        "over.png": {"blend": 1, "disposal": 0},
        "source.png": {"blend": 0, "disposal": 1},
        "lossless.webp": {"lossless": True},
        "lossy.webp": {"quality": 90},
    }.items():
        path = folder / name
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, loop=0, **options)
        shown = [f.convert("RGBA") for f in ImageSequence.Iterator(Image.open(path))]
        strip = Image.new("RGBA", (WIDTH * len(shown), HEIGHT))
        for i, f in enumerate(shown):
            strip.paste(f, (i * WIDTH, 0))
        strip.save(folder / (name + ".want.png"))
        print(name, len(shown))
    pages = [Image.new("RGB", (20, 10), "red"), Image.new("L", (7, 9), 128), Image.new("RGB", (5, 6), "blue")]
    pages[0].paste((0, 255, 0), (0, 0, 10, 10))
    turned = {274: 6}  # to the right: green comes to the top
    pages[0].save(folder / "pages.tiff", save_all=True, append_images=pages[1:], compression="tiff_lzw", tiffinfo=turned)


main(sys.argv[1])
