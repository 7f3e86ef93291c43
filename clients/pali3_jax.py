"""Batches of `pali3 mix --serve` for JAX. Needs jax and pali3_batches.py."""
import jax

from pali3_batches import arrays


def batches(address, step=0, host=0, hosts=1, count=0, put=jax.device_put, **more):
    """Yields (step, {name: array [rows, ...]}) from a step on, without end if count is 0. Put gets a dict of NumPy
    arrays. More is as in arrays: timeout, limit, retries, token, recipe."""
    for step, batch in arrays(address, step, host, hosts, count, **more):
        yield step, put(batch)
