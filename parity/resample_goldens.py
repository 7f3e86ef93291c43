"""Writes what Pillow, TensorFlow and torch resize a pattern to, for the tests of package augment.

    python parity/resample_goldens.py augment/testdata/resample.json.gz

The requirements are those of parity/requirements-resample.txt. Values are rounded to 1/100.
"""

import gzip
import json
import os
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
from PIL import Image

SIZES = [(13, 17, 7, 9), (5, 7, 16, 11), (1, 1, 3, 5), (9, 1, 4, 6), (40, 3, 3, 40), (64, 48, 5, 4), (12, 12, 12, 12), (12, 30, 12, 13), (2, 90, 5, 2),
         (12, 2, 9, 1), (2, 2, 3, 7)]  # in these, centres lie on borders between pixels
PIL = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos3": Image.LANCZOS, "area": Image.BOX}
TF = ["nearest", "bilinear", "bicubic", "lanczos3", "area", "lanczos5", "gaussian", "mitchellcubic"]
TORCH = ["nearest", "bilinear", "bicubic"]


def pattern(h, w):
    y, x, c = np.meshgrid(np.arange(h), np.arange(w), np.arange(3), indexing="ij")
    return ((y * 37 + x * 101 + c * 53 + (y * x) % 29 * 7) % 256).astype(np.uint8)


def case(size, name, method, kind, antialias, values):
    return {
        "from": size[:2], "to": size[2:], "as": name, "method": method, "kind": kind, "antialias": antialias,
        "want": [round(float(v), 2) for v in np.asarray(values, np.float64).reshape(-1)],
    }


def of_pil(size, image):
    for method, f in PIL.items():
        yield case(size, "pil", method, "uint8", True, Image.fromarray(image).resize((size[3], size[2]), f))


def of_tf(size, image):
    import tensorflow as tf

    for method in TF:
        for antialias in (False, True):
            if not (antialias and method in ("nearest", "area")):
                values = tf.image.resize(image, size[2:], method=method, antialias=antialias).numpy()
                yield case(size, "tf", method, "uint8", antialias, values)


def of_torch(size, image):
    import torch
    from torchvision.transforms.v2 import InterpolationMode, functional

    chw = torch.from_numpy(image).permute(2, 0, 1)
    for method in TORCH:
        for antialias in (False, True):
            for kind, pixels in (("uint8", chw), ("float32", chw.float())):
                if not (antialias and method == "nearest"):
                    out = functional.resize(pixels, list(size[2:]), interpolation=InterpolationMode(method), antialias=antialias)
                    yield case(size, "torch", method, kind, antialias, out.permute(1, 2, 0).numpy())
    out = torch.nn.functional.interpolate(chw[None].float(), size[2:], mode="area")[0]
    yield case(size, "torch", "area", "float32", False, out.permute(1, 2, 0).numpy())


LIBRARIES = {"pil": of_pil, "tf": of_tf, "torch": of_torch}


def main():
    if len(sys.argv) > 2:
        of = LIBRARIES[sys.argv[2]]
        print(json.dumps([c for size in SIZES for c in of(size, pattern(*size[:2]))]))
        return
    all_cases = []
    for name in LIBRARIES:  # TensorFlow and torch cannot share a process
        out = subprocess.run([sys.executable, __file__, "-", name], check=True, stdout=subprocess.PIPE).stdout
        all_cases += json.loads(out.splitlines()[-1])
    with open(sys.argv[1], "wb") as f:
        f.write(gzip.compress(json.dumps(all_cases, separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
