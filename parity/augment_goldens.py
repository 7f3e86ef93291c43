"""Makes the goldens of augment/testdata: images as PIL resizes and decodes them.

    python parity/augment_goldens.py augment/testdata

resize.json has sizes, method and the float32 output of PIL for the values of pattern(); resize_pil.json the SHA-256
of PIL's output for the same values in 8 bits. pictures/NAME.EXT is an
encoded image; images/NAME.EXT.want.png is the image as PIL decodes it, on white and upright.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
from PIL import Image, ImageOps

out = pathlib.Path(sys.argv[1])


def pattern(height, width):
    """Returns the values that the Go test computes, too: [H,W,3], 0 to 255."""
    y, x, c = np.ogrid[:height, :width, :3]
    return ((y * 37 + x * 101 + c * 53 + (y * x) % 29 * 7) % 256).astype(np.float32)


def resize(pixels, height, width, method):
    planes = [Image.fromarray(np.ascontiguousarray(pixels[..., c])).resize((width, height), method) for c in range(3)]
    return np.stack([np.asarray(p) for p in planes], -1)


cases = []
for fh, fw, h, w, name in [
    (9, 7, 4, 3, "bilinear"), (4, 3, 9, 7, "bilinear"), (31, 45, 8, 8, "bilinear"), (5, 5, 5, 5, "bilinear"),
    (1, 1, 3, 2, "bilinear"), (64, 2, 3, 5, "bilinear"), (31, 45, 8, 8, "bicubic"), (6, 5, 9, 11, "bicubic"),
    (11, 13, 4, 20, "nearest"),
]:
    got = resize(pattern(fh, fw), h, w, getattr(Image.Resampling, name.upper()))
    cases.append({"from": [fh, fw], "to": [h, w], "method": name, "want": [round(float(v), 4) for v in got.flatten()]})
(out / "resize.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")

cases = []
for fh, fw, h, w, name in [
    (9, 7, 4, 3, "bilinear"), (4, 3, 9, 7, "bicubic"), (5, 5, 5, 5, "bicubic"), (1, 1, 3, 2, "bicubic"),
    (480, 640, 224, 224, "bicubic"), (480, 640, 224, 224, "bilinear"), (97, 131, 224, 196, "bicubic"),
    (97, 131, 97, 50, "bicubic"), (97, 131, 50, 131, "bilinear"), (2000, 3, 7, 64, "bicubic"), (400, 260, 50, 97, "bicubic"),
    (100, 260, 20, 130, "bicubic"), (683, 500, 224, 300, "bicubic"), (60, 60, 18, 40, "bilinear"), (60, 60, 20, 40, "bilinear"), (33, 1000, 32, 32, "bilinear"),
    (11, 13, 4, 20, "nearest"),
]:
    image = Image.fromarray(pattern(fh, fw).astype(np.uint8)).resize((w, h), getattr(Image.Resampling, name.upper()))
    cases.append({"from": [fh, fw], "to": [h, w], "method": name, "sha256": hashlib.sha256(image.tobytes()).hexdigest()})
(out / "resize_pil.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


def scene(width=45, height=37):
    """Returns a smooth image with edges and strong colours."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    rgb = np.stack([255 * x / width, 255 * y / height, 128 + 100 * np.sin(x / 5) * np.cos(y / 7)], -1)
    rgb[(x - 28) ** 2 + (y - 14) ** 2 < 81] = (220, 30, 60)
    rgb[25:33, 4:20] = (20, 200, 90)
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def save(name, image, **options):
    path = out / "images" / name
    image.save(path, **options)
    decoded = ImageOps.exif_transpose(Image.open(path))
    if decoded.mode == "I;16":
        decoded = Image.fromarray((np.asarray(decoded) >> 8).astype(np.uint8))
    if "A" in decoded.getbands() or "transparency" in decoded.info:
        decoded = decoded.convert("RGBA")
        white = Image.new("RGBA", decoded.size, "white")
        decoded = Image.alpha_composite(white, decoded)
    decoded.convert("RGB").save(path.with_name(name + ".want.png"), optimize=True)


rgb = scene()
alpha = Image.fromarray(np.tile(np.linspace(0, 255, 45).astype(np.uint8), (37, 1)))
rgba = rgb.copy()
rgba.putalpha(alpha)
save("s444.jpg", rgb, quality=90, subsampling="4:4:4")
save("s422.jpg", rgb, quality=90, subsampling="4:2:2")
save("s420.jpg", rgb, quality=90, subsampling="4:2:0")
save("even420.jpg", scene(48, 32), quality=75, subsampling="4:2:0")
save("progressive.jpg", rgb, quality=90, progressive=True)
save("grey.jpg", rgb.convert("L"), quality=90)
save("cmyk.jpg", rgb.convert("CMYK"), quality=90)
save("restart.jpg", rgb, quality=90, restart_marker_blocks=2)
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(f"orientation{orientation}.jpg", scene(24, 16), quality=90, subsampling="4:4:4", exif=exif)
save("rgb.png", rgb)
save("rgba.png", rgba)
save("grey.png", rgb.convert("L"))
save("greyalpha.png", rgba.convert("LA"))
save("grey16.png", Image.fromarray((np.arange(45 * 37).reshape(37, 45) * 39).astype(np.uint16)))
save("bilevel.png", rgb.convert("1"))
save("palette.png", rgb.quantize(60))
save("transparent.png", rgb.quantize(16), transparency=3)
save("palette.gif", rgb.quantize(60))
save("animated.gif", rgb.quantize(60), save_all=True, append_images=[rgb.rotate(90).quantize(30)])
save("rgb.bmp", rgb)
save("palette.bmp", rgb.quantize(60))
save("lossy.webp", rgb, quality=85)
save("lossless.webp", rgb, lossless=True)
save("alpha.webp", rgba, quality=85)
save("animated.webp", rgb, save_all=True, append_images=[rgb.rotate(90)], lossless=True)
save("animatedalpha.webp", rgba, save_all=True, append_images=[rgba.rotate(90)], quality=85)
save("rgba.tiff", rgba, compression="tiff_adobe_deflate")
save("palette.tiff", rgb.quantize(60), compression="tiff_lzw")
save("orientation6.tiff", rgb.convert("L"), compression="packbits", tiffinfo={0x0112: 6})
