"""Writes files of weights by numpy, torch and safetensors, for the readers of internal/.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
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


if __name__ == "__main__":
    element_types()
