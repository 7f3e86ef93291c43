"""Makes augment/testdata/ops.json: what TensorFlow, Pillow and big_vision's own code make of an image, op by op.

    pip install -r parity/requirements-augment-ops.txt
    git clone https://github.com/google-research/big_vision
    python parity/augment_ops_goldens.py big_vision augment/testdata/ops.json

RandAugment is big_vision/pp/archive/autoaugment.py, run as it is. It needs tensorflow_addons, which is no longer made:
its three functions are written here with the op of TensorFlow that they call.
"""

import base64
import importlib.util
import io
import json
import pathlib
import sys
import types

import numpy as np
import tensorflow as tf
from PIL import Image, ImageEnhance

checkout, out = map(pathlib.Path, sys.argv[1:])


def scene(height, width):
    """Returns the image that the Go test computes, too: smooth parts, edges, strong and grey colours, [H,W,3]."""
    y, x, c = np.ogrid[:height, :width, :3]
    v = (y * 7 + x * 11 + c * 53 + (x // 6 * 40) * (c == 1) + (y // 5 * 90) * (c == 0)) % 256
    grey = (y * x) % 256
    return np.where((x + y) % 17 < 3, grey, v).astype(np.uint8)


def project(images, transforms):
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images[None], transforms=tf.stack([tf.cast(v, tf.float32) for v in transforms])[None], fill_value=0.0,
        output_shape=tf.shape(images)[:2], interpolation="NEAREST", fill_mode="CONSTANT")[0]


def rotate(images, angle):
    """transform_ops.py, angles_to_projective_transforms."""
    h, w = (tf.cast(n - 1, tf.float32) for n in images.shape[:2])
    cos, sin = tf.math.cos(tf.constant(angle, tf.float32)), tf.math.sin(tf.constant(angle, tf.float32))
    dx, dy = (w - (cos * w - sin * h)) / 2, (h - (sin * w + cos * h)) / 2
    return project(images, [cos, -sin, dx, sin, cos, dy, 0, 0])


addons = types.ModuleType("tensorflow_addons")
addons.image = types.SimpleNamespace(
    rotate=rotate, transform=project,
    translate=lambda images, by: project(images, [1, 0, -by[0], 0, 1, -by[1], 0, 0]))
sys.modules["tensorflow_addons"] = addons
for path in ["big_vision/pp/archive/autoaugment.py", "big_vision/pp/autoaugment.py"]:
    if (checkout / path).exists():
        break
spec = importlib.util.spec_from_file_location("autoaugment", checkout / path)
auto = importlib.util.module_from_spec(spec)
spec.loader.exec_module(auto)

cases = []


def save(op, size, argument, pixels):
    pixels = np.asarray(pixels)
    assert pixels.dtype == np.uint8, (op, pixels.dtype)
    cases.append({"op": op, "size": size, "argument": argument, "to": list(pixels.shape[:2]),
                  "want": base64.b64encode(pixels.tobytes()).decode()})


sizes = [[17, 24], [24, 17]]
for size in sizes:
    image = tf.constant(scene(*size))
    for name, arguments in [
        ("AutoContrast", [None]), ("Equalize", [None]), ("Invert", [None]), ("Rotate", [30.0, -17.5]), ("Posterize", [0, 4, 6]),
        ("Solarize", [128, 200]), ("Color", [0.1, 1.9]), ("Contrast", [0.1, 1.9]), ("Brightness", [0.1, 1.9]),
        ("Sharpness", [0.1, 1.9]), ("ShearX", [0.3, -0.45]), ("ShearY", [0.3, -0.45]), ("TranslateX", [5, -3.3]),
        ("TranslateY", [5, -3.3]), ("SolarizeAdd", [110, 20]),
    ]:
        for argument in arguments:
            given = [] if argument is None else [argument]
            if name in ("Rotate", "ShearX", "ShearY", "TranslateX", "TranslateY"):
                given.append([128, 128, 128])
            save(name, size, argument, auto.NAME_TO_FUNC[name](image, *given))
    # The whole range of an image of few values, which equalize and autocontrast stretch.
    dull = tf.constant((scene(*size) // 4 + 90).astype(np.uint8))
    save("AutoContrast dull", size, None, auto.autocontrast(dull))
    save("Equalize dull", size, None, auto.equalize(dull))

    pil = Image.fromarray(scene(*size))
    for factor in [0.0, 0.4, 1.0, 1.7]:
        save("PIL brightness", size, factor, ImageEnhance.Brightness(pil).enhance(factor))
        save("PIL contrast", size, factor, ImageEnhance.Contrast(pil).enhance(factor))
        save("PIL saturation", size, factor, ImageEnhance.Color(pil).enhance(factor))
    for turn in [0.1, -0.1, 0.5, -0.37]:  # torchvision _functional_pil.py, adjust_hue
        h, s, v = pil.convert("HSV").split()
        turned = np.asarray(h) + np.array(turn * 255).astype(np.int32).astype(np.uint8)
        save("PIL hue", size, turn, Image.merge("HSV", (Image.fromarray(turned.astype(np.uint8)), s, v)).convert("RGB"))

    for box in [[0.1, 0.2, 0.7, 0.9], [0.0, 0.0, 1.0, 1.0], [0.5, 0.5, 0.5, 0.5]]:
        drawn = tf.image.draw_bounding_boxes(tf.cast(image, tf.float32)[None], tf.constant([[box]]), tf.constant([[255.0, 0, 0]]))[0]
        save("draw_box", size, box, tf.cast(drawn, tf.uint8))
    for where, paddings in [("before", [[13, 0], [6, 0]]), ("after", [[0, 13], [0, 6]]), ("both", [[6, 7], [3, 3]])]:
        save("pad_to_shape", size, [where, size[0] + 13, size[1] + 6], tf.pad(image, [*paddings, [0, 0]], constant_values=9))
    for quality in [75, 85, 95]:
        save("jpeg", size, quality, tf.image.adjust_jpeg_quality(image, quality, dct_method="INTEGER_ACCURATE"))
# Every hue of strong and of pale colours.
levels = np.linspace(0, 255, 12).astype(np.uint8)
cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(36, 48, 3)
h, s, v = Image.fromarray(cube).convert("HSV").split()
save("PIL hue cube", [36, 48], 0.2, Image.merge("HSV", (Image.fromarray((np.asarray(h) + np.uint8(51)).astype(np.uint8)), s, v)).convert("RGB"))

out.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases,", out.stat().st_size, "bytes")
