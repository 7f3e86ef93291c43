"""Batches of `pali3 mix --serve` for PyTorch. Needs torch and pali3_batches.py."""
import torch

from pali3_batches import arrays


def batches(address, step=0, host=0, hosts=1, count=0, **more):
    """Yields (step, {name: tensor [rows, ...]}) from a step on, without end if count is 0. More is as in arrays:
    timeout, limit, retries, token, recipe."""
    for step, batch in arrays(address, step, host, hosts, count, **more):
        yield step, {name: torch.from_numpy(a.copy()) for name, a in batch.items()}
