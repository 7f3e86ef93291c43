"""Writes odd images and configs of transformers' SigLIP image processor, and the pixels that it makes of them.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
    venv/bin/python parity/image_processors.py

It writes stages/testdata/processors: NAME.png or .jpg, configs.json with the content of each
preprocessor_config.json, and pixels.safetensors, whose tensors [H, W, 3] are named CONFIG/IMAGE. The processor is the one
of Pillow and numpy. Both sizes of a config may be odd, larger or smaller than the image.
"""

import json
import pathlib
import shutil

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parent.parent / "stages" / "testdata" / "processors"


def images():
    """Images of several modes and shapes. Each has edges, so that resizing differs by the filter."""
    rng = np.random.default_rng(0)
    draw = lambda h, w, c: np.kron(rng.integers(0, 256, (h // 3 + 1, w // 3 + 1, c), dtype=np.uint8), np.ones((3, 3, 1), np.uint8))[:h, :w]
    yield "rgb.png", Image.fromarray(draw(23, 31, 3), "RGB")
    yield "tall.png", Image.fromarray(draw(41, 5, 3), "RGB")
    yield "grey.png", Image.fromarray(draw(17, 19, 1)[..., 0], "L")
    yield "alpha.png", Image.fromarray(draw(20, 14, 4), "RGBA")
    yield "palette.png", Image.fromarray(draw(15, 22, 3), "RGB").convert("P", palette=Image.Palette.ADAPTIVE)
    yield "one.png", Image.fromarray(draw(1, 1, 3), "RGB")


CONFIGS = {
    "default": {"size": {"height": 16, "width": 16}},
    "wide-bilinear": {"size": {"height": 7, "width": 21}, "resample": 2},
    "nearest": {"size": {"height": 13, "width": 9}, "resample": 0},
    "imagenet": {"size": {"height": 11, "width": 12}, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]},
    "zero-one": {"size": {"height": 9, "width": 9}, "do_normalize": False},
    "factor": {"size": {"height": 10, "width": 8}, "rescale_factor": 0.01, "image_mean": [0.1, 0.1, 0.1], "image_std": [0.7, 0.7, 0.7]},
    "bytes": {"size": {"height": 8, "width": 8}, "do_rescale": False, "do_normalize": False},
    "large": {"size": {"height": 33, "width": 29}},
    "crop": {"size": {"height": 18, "width": 20}, "do_center_crop": True, "crop_size": {"height": 11, "width": 9}},
    "crop-odd": {"size": {"height": 15, "width": 15}, "do_center_crop": True, "crop_size": {"height": 8, "width": 14}, "resample": 2},
}


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    pixels, written = {}, {}
    named = list(images())
    for name, image in named:
        image.save(OUT / name)
    for name, config in CONFIGS.items():
        processor = transformers.SiglipImageProcessorPil(do_convert_rgb=True, **config)
        text = json.loads(processor.to_json_string())
        text["image_processor_type"] = "SiglipImageProcessor"
        written[name] = text
        for path, _ in named:
            made = torch.tensor(np.asarray(processor(Image.open(OUT / path))["pixel_values"][0], np.float32))
            pixels[f"{name}/{path}"] = made.permute(1, 2, 0).contiguous()
    (OUT / "configs.json").write_text(json.dumps(written, indent=0) + "\n")
    save_file(pixels, OUT / "pixels.safetensors")
    print(len(pixels), "images,", sum(f.stat().st_size for f in OUT.iterdir()), "bytes")


if __name__ == "__main__":
    main()
