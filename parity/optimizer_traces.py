"""Writes traces of optimizers and learning-rate schedules for stages/optimizer_test.go.

    pip install -r parity/requirements-optimizers.txt
    python parity/optimizer_traces.py stages/testdata/optimizer_traces.json

Each optimizer updates the weights below 20 times. The gradients are a formula of the step and the element's position, so
they need not be stored. After each step, the script records every `stride`-th element of each weight.

- adafactor_bigvision: parts of optax in the order of big_vision/optax.py (clip by the global norm,
  scale_by_factored_rms with a capped decay, ema, learning rate, multipliers, weight decay of kernels,
  schedule). The ema is in float32.
- adafactor_t5x: parts of optax in the order of t5x/adafactor.py.
- adamw: torch.optim.AdamW.
"""

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

STEPS = 20
SHAPES = {"large.weight": (128, 130), "middle.weight": (48, 40), "tall.weight": (5, 200), "bias": (50,), "probe": (3, 40, 36)}
STRIDES = {"large.weight": 397, "middle.weight": 53, "tall.weight": 61, "bias": 7, "probe": 211}
DECAYED = {"large.weight", "middle.weight", "tall.weight"}
MULTIPLIED = "middle.weight"


def positions(name):
    return np.arange(np.prod(SHAPES[name]), dtype=np.float64)


def initial(name):
    return (0.5 * np.cos(0.3 * positions(name)) + 0.1).astype(np.float32).reshape(SHAPES[name])


def gradient(name, step):
    i = positions(name)
    size = 0.02 + (i * 7919 % 101) / 101
    return (np.sin(0.7 * i + step * (1 + 0.01 * i)) * size).astype(np.float32).reshape(SHAPES[name])


def warm_up(step):
    return jnp.minimum(1.0, step / 5) * (1 - step / 40)


def run_optax(transformation):
    params = {k: jnp.asarray(initial(k)) for k in SHAPES}
    state = transformation.init(params)
    trace = {k: [] for k in SHAPES}
    for step in range(STEPS):
        grads = {k: jnp.asarray(gradient(k, step)) for k in SHAPES}
        updates, state = transformation.update(grads, state, params)
        params = optax.apply_updates(params, updates)
        for k in SHAPES:
            trace[k].append([float(x) for x in np.asarray(params[k]).ravel()[:: STRIDES[k]]])
    return trace


def big_vision():
    def decay_rate(i, exponent):
        t = jnp.array(i, jnp.float32) + 1.0
        return jnp.minimum(0.85, 1.0 - t ** (-exponent))

    only = lambda names: {k: k in names for k in SHAPES}
    return run_optax(optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_factored_rms(factored=True, decay_rate=0.8, step_offset=0, min_dim_size_to_factor=32,
                                    epsilon=1e-30, decay_rate_fn=decay_rate),
        optax.ema(0.9, debias=False, accumulator_dtype=jnp.float32),
        optax.scale(0.05),
        optax.masked(optax.scale(0.1), only({MULTIPLIED})),
        optax.add_decayed_weights(0.02, only(DECAYED)),
        optax.scale_by_schedule(warm_up),
        optax.scale(-1.0)))


def t5x():
    # optax.adafactor with T5X's values; T5X does not use beta1, weight decay and global clipping.
    return run_optax(optax.adafactor(
        learning_rate=lambda step: 0.1 * warm_up(step), min_dim_size_to_factor=128, decay_rate=0.8, decay_offset=0,
        multiply_by_parameter_scale=True, clipping_threshold=1.0, momentum=None, weight_decay_rate=None,
        eps=1e-30, factored=True))


def adamw():
    params = {k: torch.nn.Parameter(torch.tensor(initial(k))) for k in SHAPES}
    groups = [{"params": [p], "weight_decay": 0.2 if k in DECAYED else 0.0} for k, p in params.items()]
    optimizer = torch.optim.AdamW(groups, lr=0.05, betas=(0.9, 0.98), eps=1e-8)
    trace = {k: [] for k in SHAPES}
    for step in range(STEPS):
        for name, group in zip(params, optimizer.param_groups):
            group["lr"] = 0.05 * float(warm_up(step)) * (0.1 if name == MULTIPLIED else 1)
        for k, p in params.items():
            p.grad = torch.tensor(gradient(k, step))
        optimizer.step()
        for k, p in params.items():
            trace[k].append([float(x) for x in p.detach().numpy().ravel()[:: STRIDES[k]]])
    return trace


def schedules():
    """big_vision's create_learning_rate_schedule and T5X's factors, written out from their sources."""

    def big_vision_schedule(step, total, kind, warm_up_steps=0, cooldown_steps=0, timescale=10_000, shift=0):
        rate = 1.0
        progress = np.clip((step - warm_up_steps) / float(total - warm_up_steps), 0.0, 1.0)
        if kind == "linear":
            rate = rate * (1.0 - progress)
        elif kind == "cosine":
            rate = rate * 0.5 * (1.0 + np.cos(np.pi * progress))
        elif kind == "rsqrt":
            if step >= warm_up_steps:
                rate = rate / np.sqrt(1 + (step + shift - warm_up_steps) / timescale)
            else:
                rate = rate / np.sqrt(1 + shift / timescale)
        if warm_up_steps:
            rate = rate * min(1.0, step / warm_up_steps)
        if cooldown_steps:
            rate = rate * min(1.0, (total - step) / cooldown_steps)
        return float(rate)

    def t5x_schedule(step, factors, warm_up_steps):
        rate = 1.0
        for name in factors:
            if name == "linear_warmup":
                rate *= min(1.0, step / warm_up_steps)
            elif name == "rsqrt_decay":
                rate /= np.sqrt(max(step, warm_up_steps))
            elif name == "rsqrt_normalized_decay":
                rate *= np.sqrt(warm_up_steps) / np.sqrt(max(step, warm_up_steps))
        return float(rate)

    total, at = 1000, [0, 1, 7, 49, 50, 51, 100, 500, 899, 900, 901, 998, 999]
    def case(config, f):
        return {"schedule": config, "total": total, "steps": at, "factors": [f(s) for s in at]}

    bv = lambda **kw: (lambda s: big_vision_schedule(s, total, **kw))
    return [
        case({"kind": "constant", "warm_up": 50}, bv(kind="constant", warm_up_steps=50)),
        case({"kind": "linear", "warm_up": 50}, bv(kind="linear", warm_up_steps=50)),
        case({"kind": "cosine", "warm_up": 50}, bv(kind="cosine", warm_up_steps=50)),
        case({"kind": "cosine"}, bv(kind="cosine")),
        case({"kind": "rsqrt", "warm_up": 50, "cooldown": 100, "timescale": 200, "shift": 30},
             bv(kind="rsqrt", warm_up_steps=50, cooldown_steps=100, timescale=200, shift=30)),
        case({"kind": "rsqrt", "warm_up": 50, "timescale": 50},
             lambda s: t5x_schedule(s, ["linear_warmup", "rsqrt_normalized_decay"], 50)),
        case({"kind": "rsqrt_t5x", "warm_up": 50}, lambda s: t5x_schedule(s, ["rsqrt_decay"], 50)),
    ]


if __name__ == "__main__":
    result = {"jax": jax.__version__, "optax": optax.__version__, "torch": torch.__version__, "strides": STRIDES,
              "traces": {"adafactor_bigvision": big_vision(), "adafactor_t5x": t5x(), "adamw": adamw()},
              "schedules": schedules()}
    with open(sys.argv[1], "w") as out:
        json.dump(json.loads(json.dumps(result), parse_float=lambda x: float(f"{float(x):.9g}")), out, separators=(",", ":"))
        out.write("\n")
