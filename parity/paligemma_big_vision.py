"""Runs big_vision's own PaliGemma, with random weights, and writes its checkpoint, a batch and what it makes of it.

    python -m venv venv && venv/bin/pip install -r parity/requirements-weights.txt einops==0.8.2 ml_collections==1.1.0 orbax-checkpoint==0.12.8
    git clone https://github.com/google-research/big_vision && git -C big_vision checkout 0127fb6
    venv/bin/python parity/paligemma_big_vision.py big_vision

It writes models/paligemma/testdata/big_vision-*.npz and, beside them, *-outputs.safetensors.
"""

import importlib.util
import pathlib
import sys
import types

import flax
import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import save_file

TESTDATA = pathlib.Path(__file__).resolve().parent.parent / "models" / "paligemma" / "testdata"
VOCAB, WIDTH = 31, 12


def load(clone):
    """Imports the model files alone: the rest of big_vision needs TensorFlow."""
    for name in ("big_vision", "big_vision.utils", "big_vision.models", "big_vision.models.common"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["big_vision"].utils = sys.modules["big_vision.utils"]
    sys.modules["big_vision.models"].common = sys.modules["big_vision.models.common"]

    def module(name, path):
        spec = importlib.util.spec_from_file_location(name, pathlib.Path(clone) / "big_vision" / "models" / path)
        made = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    return module("big_vision.models.vit", "vit.py"), module("gemma", "ppp/gemma.py"), module("paligemma", "proj/paligemma/paligemma.py")


def randomize(params, seed):
    rng = np.random.default_rng(seed)
    draw = lambda path, p: np.float32((0.1 if "embed" in path[-1].key else 0.4) * rng.standard_normal(p.shape))
    return jax.tree_util.tree_map_with_path(draw, params)


def run(modules, name, seed, **kw):
    vit, gemma, paligemma = modules
    image_model = vit.Model(WIDTH, width=8, depth=2, mlp_dim=12, num_heads=2, patch_size=(2, 2), pool_type="none", scan=True)
    text_model = gemma.Model(variant=name, width=WIDTH, depth=3, mlp_dim=20, norm_eps=1e-6, vocab_size=VOCAB, scan=True,
                             remat_policy="nothing_saveable", **kw)
    rng = np.random.default_rng(seed)
    images = rng.uniform(-1, 1, (3, 6, 6, 3)).astype(np.float32)
    img = randomize(image_model.init(jax.random.key(0), images)["params"], seed + 1)
    llm = randomize(text_model.init(jax.random.key(0), np.zeros((1, 4), np.int32))["params"], seed + 2)

    # A row of big_vision is prefix, suffix, padding; text[:, :-1] is read and text[:, 1:] predicted.
    prefix, suffix, length = [4, 2, 5], [5, 3, 1], 10
    text, mask_ar, mask_loss, mask_input = (np.zeros((3, length), np.int32) for _ in range(4))
    prompt, targets = np.zeros((3, 5), np.int32), np.zeros((3, 5), np.int32)
    for row, (p, s) in enumerate(zip(prefix, suffix)):
        ids = rng.integers(2, VOCAB, p + s).astype(np.int32)
        ids[-1] = 1
        text[row, :p + s], mask_input[row, :p + s] = ids, 1
        mask_ar[row, p:], mask_loss[row, p:p + s] = 1, 1
        prompt[row, :p], targets[row, :s] = ids[:p], ids[p:]

    def loss_of(params, smoothing):
        tokens, _ = image_model.apply({"params": params["img"]}, images)
        embedded = text_model.apply({"params": params["llm"]}, text[:, :-1], embed_only=True)
        x = jnp.concatenate([tokens, embedded], axis=1)
        pad = ((0, 0), (tokens.shape[1], 0))
        valid = np.pad(mask_input[:, :-1], pad, constant_values=1).astype(bool)
        mask = paligemma.make_attn_mask(valid, np.pad(mask_ar[:, :-1], pad))
        _, out = text_model.apply({"params": params["llm"]}, None, embedded_prefix=x, mask=mask)
        logits = out["logits"][:, tokens.shape[1]:]
        # trainers/proj/paligemma/train.py, loss_fn
        logp, hot = jax.nn.log_softmax(logits, axis=-1), jax.nn.one_hot(text[:, 1:], VOCAB)
        hot = jnp.where(hot == 1.0, 1.0 - smoothing, smoothing / (VOCAB - 1))
        each = -jnp.sum(logp * hot, axis=-1) * mask_loss[:, 1:]
        return jnp.mean(jnp.sum(each, axis=-1) / jnp.clip(jnp.sum(mask_loss[:, 1:], axis=-1), 1)), logits

    params = {"img": img, "llm": llm}
    (loss, logits), gradient = jax.value_and_grad(loss_of, has_aux=True)(params, 0.0)
    smoothed, _ = loss_of(params, 0.1)
    decoder = np.zeros_like(targets)
    decoder[:, 1:] = np.where(targets[:, 1:] > 0, targets[:, :-1], 0)
    scores = np.zeros((3, 5, VOCAB), np.float32)
    for row, (p, s) in enumerate(zip(prefix, suffix)):
        scores[row, :s] = logits[row, p - 1:p + s - 1]
    flat = lambda tree: {"/".join(k): np.asarray(v) for k, v in flax.traverse_util.flatten_dict(tree).items()}
    np.savez_compressed(TESTDATA / f"big_vision-{name}.npz", **{"params/" + k: v for k, v in flat(params).items()})
    np.savez_compressed(TESTDATA / f"big_vision-{name}-gradient.npz", **{"params/" + k: v for k, v in flat(gradient).items()})
    save_file(dict(images=images[:, None], input_ids=prompt, decoder_input_ids=decoder, targets=targets, logits=scores,
                   loss=np.asarray(loss), smoothed=np.asarray(smoothed)), TESTDATA / f"big_vision-{name}-outputs.safetensors")


if __name__ == "__main__":
    modules = load(sys.argv[1])
    run(modules, "gemma", 1, num_heads=4, num_kv_heads=1, head_dim=6)
    run(modules, "gemma-mha", 4, num_heads=2, num_kv_heads=2, head_dim=6)
    run(modules, "gemma2", 7, num_heads=6, num_kv_heads=2, head_dim=4, query_pre_attn_norm="rsqrt_emb_per_head",
        final_logits_softcap=4.0, attn_logits_softcap=2.0, post_norms=True)
