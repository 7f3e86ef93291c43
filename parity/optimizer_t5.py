"""Trains a small T5 of transformers for 20 steps with each optimizer, for stages/optimizer_t5_test.go.

    pip install -r parity/requirements-models.txt -r parity/requirements-optimizers.txt
    python parity/optimizer_t5.py

Weights and ids are formulas, so that they need not be stored. torch computes the gradients; torch updates the weights for
adamw, and optax for the Adafactors, in the order of big_vision/optax.py and of t5x/adafactor.py. The script records the
losses and, after steps 1, 10 and 20, every stride-th element of each weight as transformers stores it. The model's widths
are above and below the sizes from which the Adafactors factor (32 and 128).
"""

import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
from transformers import T5Config, T5ForConditionalGeneration

STEPS, RECORDED = 20, (1, 10, 20)
VOCAB = 140
CONFIG = T5Config(vocab_size=VOCAB, d_model=48, d_kv=20, d_ff=130, num_layers=2, num_decoder_layers=2, num_heads=2,
                  feed_forward_proj="gated-gelu", tie_word_embeddings=False, dropout_rate=0.0, decoder_start_token_id=0,
                  relative_attention_num_buckets=8, relative_attention_max_distance=12)


def initial(index, name, shape):
    i = np.arange(np.prod(shape), dtype=np.float64)
    wave = np.cos(0.37 * i * i + index)
    if "norm" in name:
        values = 1 + 0.2 * wave
    elif name == "shared.weight":
        values = wave
    else:
        values = 0.15 * wave
    return values.astype(np.float32).reshape(shape)


def batch(step):
    """Ids of 4 prompts and targets. Row r of a batch has r ids of padding at its end."""
    def ids(length, salt):
        rows = [[(7 * i * i + 3 * i + 11 * step + 29 * row + salt) % (VOCAB - 1) + 1 if i < length - row else 0
                 for i in range(length)] for row in range(4)]
        return torch.tensor(rows)
    targets = ids(9, 5)
    return ids(15, 0), torch.cat([torch.zeros(4, 1, dtype=torch.long), targets[:, :-1]], 1), targets


def make():
    model = T5ForConditionalGeneration(CONFIG)
    model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.shared.weight))
    named = dict(sorted(model.named_parameters()))
    with torch.no_grad():
        for index, (name, p) in enumerate(named.items()):
            p.copy_(torch.tensor(initial(index, name, p.shape)))
    return model, named


def decays(name):
    return "norm" not in name and "shared" not in name and "relative" not in name


def big_vision(named):
    rate = lambda i, exponent: jnp.minimum(0.95, 1.0 - (jnp.array(i, jnp.float32) + 1.0) ** (-exponent))
    return optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_factored_rms(factored=True, decay_rate=0.8, step_offset=0, min_dim_size_to_factor=32, epsilon=1e-30,
                                    decay_rate_fn=rate),
        optax.ema(0.9, debias=False, accumulator_dtype=jnp.float32),
        optax.scale(1e-3),
        optax.add_decayed_weights(1e-3, {k: decays(k) for k in named}),
        optax.scale(-1.0))


def t5x(_):
    return optax.adafactor(learning_rate=1e-2, min_dim_size_to_factor=128, decay_rate=0.8, decay_offset=0,
                           multiply_by_parameter_scale=True, clipping_threshold=1.0, momentum=None, weight_decay_rate=None,
                           eps=1e-30, factored=True)


def train(optimizer):
    model, named = make()
    if optimizer == "adamw":
        groups = [{"params": [p], "weight_decay": 0.1 if decays(n) else 0.0} for n, p in named.items()]
        torch_optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), eps=1e-8)
    else:
        chain = {"adafactor_bigvision": big_vision, "adafactor_t5x": t5x}[optimizer](named)
        state = chain.init({n: jnp.asarray(p.detach().numpy()) for n, p in named.items()})
    losses, recorded = [], {}
    for step in range(STEPS):
        ids, decoder, targets = batch(step)
        model.zero_grad()
        loss = model(input_ids=ids, attention_mask=(ids > 0).long(), decoder_input_ids=decoder,
                     labels=targets.masked_fill(targets == 0, -100)).loss
        loss.backward()
        losses.append(float(loss.detach()))
        if optimizer == "adamw":
            torch_optimizer.step()
        else:
            params = {n: jnp.asarray(p.detach().numpy()) for n, p in named.items()}
            gradients = {n: jnp.asarray(p.grad.numpy()) for n, p in named.items()}
            updates, state = chain.update(gradients, state, params)
            with torch.no_grad():
                for n, p in optax.apply_updates(params, updates).items():
                    named[n].copy_(torch.tensor(np.array(p)))
        if step + 1 in RECORDED:
            recorded[step + 1] = {n: p.detach().numpy().ravel()[::stride(p)].tolist() for n, p in named.items()}
    return {"losses": losses, "weights": recorded}


def stride(p):
    return max(1, p.numel() // 17 | 1)


if __name__ == "__main__":
    torch.set_num_threads(1)
    result = {"jax": jax.__version__, "optax": optax.__version__, "torch": torch.__version__,
              "runs": {name: train(name) for name in ("adamw", "adafactor_bigvision", "adafactor_t5x")}}
    path = pathlib.Path(__file__).resolve().parent.parent / "stages" / "testdata" / "optimizer_t5.json"
    with open(path, "w") as out:
        json.dump(json.loads(json.dumps(result), parse_float=lambda x: float(f"{float(x):.9g}")), out, separators=(",", ":"))
        out.write("\n")
