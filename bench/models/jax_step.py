"""Takes the training steps of bench/models in JAX and prints times and losses as JSON.

    python jax_step.py FOLDER STEPS WARM

FOLDER holds the weights and the batch that `models write` made; the first WARM steps are not timed. The model is written as
one would in JAX: plain matrix products, einsum attention, `jax.value_and_grad` and optax. Its losses must equal those of
`models step`.
"""

import json
import math
import os
import resource
import statistics
import sys
import time

import jax
import jax.numpy as jnp
import optax
from safetensors.numpy import load_file

HEADS, PATCH, EPSILON, Z_LOSS = 4, 16, 1e-6, 1e-4


def dense(p, name, x):
    y = x @ p[name + ".weight"]
    return y + p[name + ".bias"] if name + ".bias" in p else y


def layer_norm(p, name, x):
    centred = x - x.mean(-1, keepdims=True)
    n = centred * jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + EPSILON)
    return n * p[name + ".weight"] + p[name + ".bias"]


def rms_norm(p, name, x):
    return x * jax.lax.rsqrt(jnp.square(x).mean(-1, keepdims=True) + EPSILON) * p[name + ".weight"]


def attend(q, k, v, bias):
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) + bias
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v)


def heads(x):
    return x.reshape(*x.shape[:2], HEADS, -1)


def merge(x):
    return x.reshape(*x.shape[:2], -1)


def image_encoder(p, images):
    b, side = images.shape[0], images.shape[1] // PATCH
    x = images.reshape(b, side, PATCH, side, PATCH, 3).transpose(0, 1, 3, 2, 4, 5).reshape(b, side * side, -1)
    x = dense(p, "vision_model.embeddings.patch_embedding", x) + p["vision_model.embeddings.position_embedding.weight"]
    for i in range(4):
        at = f"vision_model.encoder.layers.{i}."
        h = layer_norm(p, at + "layer_norm1", x)
        q, k, v = (heads(dense(p, f"{at}self_attn.{n}_proj", h)) for n in "qkv")
        x = x + dense(p, at + "self_attn.out_proj", merge(attend(q / math.sqrt(q.shape[-1]), k, v, 0)))
        h = layer_norm(p, at + "layer_norm2", x)
        x = x + dense(p, at + "mlp.fc2", jax.nn.gelu(dense(p, at + "mlp.fc1", h)))
    return layer_norm(p, "vision_model.post_layernorm", x)


def buckets(length, bidirectional, count=32, furthest=128):
    """T5's buckets of relative positions, [query, key]."""
    n = jnp.arange(length)[:, None] - jnp.arange(length)[None, :]
    first = 0
    if bidirectional:
        count //= 2
        first = jnp.where(n < 0, count, 0)
        n = jnp.abs(n)
    n = jnp.maximum(n, 0)
    exact = count // 2
    large = exact + (jnp.log(n / exact + jnp.finfo(jnp.float32).eps) / math.log(furthest / exact) * (count - exact)).astype(int)
    return first + jnp.where(n < exact, n, jnp.minimum(large, count - 1))


def position_bias(p, stack, length):
    table = p[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    return table[buckets(length, stack == "encoder")].transpose(2, 0, 1)[None]


def t5_attention(p, at, x, y, bias):
    q, k, v = heads(dense(p, at + ".q", x)), heads(dense(p, at + ".k", y)), heads(dense(p, at + ".v", y))
    return dense(p, at + ".o", merge(attend(q, k, v, bias)))


def gated(p, at, x):
    h = rms_norm(p, at + ".layer_norm", x)
    return dense(p, at + ".DenseReluDense.wo", jax.nn.silu(dense(p, at + ".DenseReluDense.wi_0", h)) * dense(p, at + ".DenseReluDense.wi_1", h))


def loss_of(p, batch):
    tokens = dense(p, "multi_modal_projector.linear", image_encoder(p, batch["images"]))
    x = jnp.concatenate([tokens, p["shared.weight"][batch["encoder"]]], 1)
    mask = jnp.concatenate([jnp.ones(tokens.shape[:2]), (batch["encoder"] > 0).astype(jnp.float32)], 1)
    padding = ((1 - mask) * -1e9)[:, None, None, :]
    bias = position_bias(p, "encoder", x.shape[1]) + padding
    for i in range(3):
        at = f"encoder.block.{i}.layer."
        h = rms_norm(p, at + "0.layer_norm", x)
        x = x + t5_attention(p, at + "0.SelfAttention", h, h, bias)
        x = x + gated(p, at + "1", x)
    encoded = rms_norm(p, "encoder.final_layer_norm", x)

    x = p["shared.weight"][batch["decoder"]]
    length = x.shape[1]
    bias = position_bias(p, "decoder", length) + jnp.triu(jnp.full((length, length), -1e9), 1)
    for i in range(3):
        at = f"decoder.block.{i}.layer."
        h = rms_norm(p, at + "0.layer_norm", x)
        x = x + t5_attention(p, at + "0.SelfAttention", h, h, bias)
        x = x + t5_attention(p, at + "1.EncDecAttention", rms_norm(p, at + "1.layer_norm", x), encoded, padding)
        x = x + gated(p, at + "2", x)
    logits = dense(p, "lm_head", rms_norm(p, "decoder.final_layer_norm", x))

    log_z = jax.nn.logsumexp(logits, -1)
    losses = log_z - jnp.take_along_axis(logits, batch["targets"][..., None], -1)[..., 0] + Z_LOSS * jnp.square(log_z)
    counted = (batch["targets"] > 0).astype(jnp.float32)
    return (losses * counted).sum() / counted.sum()


def used(name, value):
    """A weight in the order of the graph: files store kernels as torch does."""
    if name.endswith("patch_embedding.weight"):
        return jnp.asarray(value.transpose(2, 3, 1, 0).reshape(-1, value.shape[0]))
    return jnp.asarray(value.T if is_kernel(name, value) else value)


def is_kernel(name, value):
    return value.ndim > 1 and not any(part in name for part in ("shared", "position_embedding", "relative_attention_bias"))


def main(folder, steps, warm):
    stored = load_file(os.path.join(folder, "weights.safetensors"))
    params = {name: used(name, value) for name, value in stored.items()}
    batch = {name: jnp.asarray(value) for name, value in load_file(os.path.join(folder, "batch.safetensors")).items()}
    optimizer = optax.adamw(1e-3, weight_decay=0.01, mask={name: is_kernel(name, value) for name, value in stored.items()})
    state = optimizer.init(params)

    def update(params, state, batch):
        loss, gradients = jax.value_and_grad(loss_of)(params, batch)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, loss, optax.global_norm(gradients)

    step = jax.jit(update, donate_argnums=(0, 1))
    losses, times, processor = [], [], 0.0
    for i in range(steps):
        if i == warm:
            before = resource.getrusage(resource.RUSAGE_SELF)
        began = time.perf_counter()
        params, state, loss, norm = step(params, state, batch)
        losses.append(float(loss))
        jax.block_until_ready(params)
        if i >= warm:
            times.append(1e3 * (time.perf_counter() - began))
    after = resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"ms": statistics.median(times), "cpu_ms": 1e3 * processor / len(times), "mib": after.ru_maxrss / 1024, "results": losses}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
