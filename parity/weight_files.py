"""Writes files of weights by numpy, torch and safetensors, for the readers of internal/.

    python -m venv venv && venv/bin/pip install -r parity/requirements-weights.txt
    venv/bin/python parity/weight_files.py

It writes internal/safetensors/testdata and internal/npz/testdata. Each .npz has a .safetensors beside it with
the same arrays as numpy reads them, converted to float32.
"""

import io
import pathlib
import zipfile

import ml_dtypes
import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

INTERNAL = pathlib.Path(__file__).resolve().parent.parent / "internal"


def element_types():
    """Every byte as each 8-bit type, and rounding of float32 to 16 bits, with ties and subnormal numbers."""
    folder = INTERNAL / "safetensors" / "testdata"
    folder.mkdir(parents=True, exist_ok=True)
    every = torch.arange(256, dtype=torch.uint8)
    tensors = {}
    for name in ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"):
        tensors[name] = every.view(getattr(torch, name)).clone()
        tensors[name + " as float32"] = tensors[name].float()
    bits = np.random.default_rng(1).integers(0, 1 << 32, 2000, dtype=np.uint32)
    ties = (np.arange(0x7400, 0x7800, 16, dtype=np.uint32) << 16) | np.uint32(0x8000)  # between two bfloat16
    halves = np.arange(0, 0x7c00, 37, dtype=np.uint16).view(np.float16).astype(np.float32)
    steps = np.diff(np.arange(0, 0x7c01, 1, dtype=np.uint16).view(np.float16)[:-1].astype(np.float32))[::37][:len(halves)]
    between = halves[:len(steps)] + steps / 2  # between two float16
    values = torch.from_numpy(np.concatenate([
        bits.view(np.float32), ties.view(np.float32), halves, between, np.nextafter(between, np.float32(0)),
        np.nextafter(between, np.float32(1e30)), np.float32([0, -0.0, 65504, 65519.996, -65519.996, 1e-8, 2**-25, 3e-8])]))
    values = values[values.isfinite()]
    tensors["values"] = values
    tensors["bfloat16"] = values.bfloat16()
    tensors["float16"] = values.half()
    save_torch(tensors, folder / "dtypes.safetensors")


def arrays():
    """Every element type in both byte orders and both orders of axes, in odd shapes."""
    rng = np.random.default_rng(2)
    out = {}
    for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"):
        for n, shape in enumerate([(), (1,), (5,), (2, 3), (3, 1), (2, 3, 4), (0, 3), (2, 0, 2), (1, 1, 2, 3)]):
            for order in "<>":
                if kind[0] == "f":
                    values = rng.standard_normal(shape).astype(order + kind)
                else:
                    values = rng.integers(0, 100 if kind != "b1" else 2, shape).astype(order + kind)
                axes = np.asfortranarray if n % 2 else np.ascontiguousarray
                out[f"{kind}/{'little' if order == '<' else 'big'}/{n}"] = axes(values.reshape(shape))
    out["bf16/fortran"] = np.asfortranarray(rng.standard_normal((3, 5)).astype(ml_dtypes.bfloat16))
    out["bf16/plain"] = rng.standard_normal((7,)).astype(ml_dtypes.bfloat16)
    out["special"] = np.float32([np.inf, -np.inf, 0, -0.0, 1e-45, 3.4e38])
    out["zeros"] = np.zeros((200, 50), np.float32)  # deflates by more than 500
    return out


def archives():
    folder = INTERNAL / "npz" / "testdata"
    folder.mkdir(parents=True, exist_ok=True)
    out = arrays()
    np.savez_compressed(folder / "deflated.npz", **out)
    few = {k: v for k, v in out.items() if k != "zeros" and k[:2] in ("f4", "bf", "sp", "i2")}
    np.savez(folder / "stored.npz", **few)
    with zipfile.ZipFile(folder / "versions.npz", "w") as archive:  # small members, a comment, another member
        archive.comment = b"a comment"
        archive.writestr("readme.txt", "not an array")
        for version in ((1, 0), (2, 0), (3, 0)):
            member = io.BytesIO()
            np.lib.format.write_array(member, out["f4/little/3"], version=version)
            archive.writestr(f"params/version{version[0]}.npy", member.getvalue(), zipfile.ZIP_DEFLATED)
        archive.writestr("params/python2.npy", b"\x93NUMPY\x01\x00" + b"F\x00" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L), }".ljust(69)
                         + b"\n" + np.float32([1, 2]).tobytes())
    native = {}
    for name, values in out.items():
        values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="))).reshape(values.shape)
        native[name] = values if values.dtype.kind in "iub" else values.astype(np.float32)
    save_file(native, folder / "deflated.safetensors")


if __name__ == "__main__":
    element_types()
    archives()
