"""Writes tiny T5, mT5 and umT5 models of transformers with random weights, and what they compute.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
    venv/bin/python parity/models_t5.py

Each folder models/t5/testdata/hub/KIND is what save_pretrained writes, with outputs.safetensors beside it: for each batch
its ids, the hidden state after every block and final norm, the logits, the loss and the gradients of all weights,
computed in float64. The script prints how far transformers in float32 is from that, which is what rounding does. It also writes models/block/testdata/bucket_edges.json and activations.safetensors, and
models/t5/testdata/parameters.json.
"""

import json
import math
import pathlib
import shutil

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import (MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration, UMT5Config,
                          UMT5ForConditionalGeneration)
from transformers.activations import ACT2FN
from transformers.models.t5.modeling_t5 import T5Attention

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"
CLASSES = {
    "t5": (T5Config, T5ForConditionalGeneration),
    "mt5": (MT5Config, MT5ForConditionalGeneration),
    "umt5": (UMT5Config, UMT5ForConditionalGeneration),
}
SMALL = dict(vocab_size=23, d_model=12, d_kv=5, d_ff=20, num_layers=2, num_decoder_layers=3, num_heads=2,
             dropout_rate=0.0, relative_attention_num_buckets=8, relative_attention_max_distance=12,
             decoder_start_token_id=0)
THIN = dict(SMALL, vocab_size=11, num_layers=1, num_decoder_layers=1, relative_attention_num_buckets=10)
LONG = dict(SMALL, num_layers=1, num_decoder_layers=1, relative_attention_num_buckets=32,
            relative_attention_max_distance=128)
# Kind: model type, config, whether the checkpoint has output weights of its own, shapes of batches.
KINDS = {
    "t5-1.0": ("t5", SMALL, False, [(3, 30, 20), (2, 7, 1)]),
    "t5-1.1": ("t5", dict(SMALL, feed_forward_proj="gated-gelu", tie_word_embeddings=False), True, [(3, 30, 20), (1, 1, 9)]),
    "ul2": ("t5", dict(LONG, feed_forward_proj="gated-silu", tie_word_embeddings=False), True, [(2, 150, 141)]),
    "mt5": ("mt5", SMALL, True, [(3, 30, 20), (4, 5, 6)]),
    "mt5-tied": ("mt5", THIN, False, [(2, 9, 7)]),
    "umt5": ("umt5", dict(SMALL, tie_word_embeddings=False), True, [(3, 30, 20), (2, 13, 17)]),
    "umt5-tied": ("umt5", THIN, False, [(2, 9, 7)]),
    "t5-scaled-head": ("t5", dict(THIN, feed_forward_proj="gated-relu"), True, [(2, 9, 7)]),
    "t5-tied-unscaled": ("t5", dict(THIN, feed_forward_proj="silu", tie_word_embeddings=False), False, [(2, 9, 7)]),
    "t5-gelu": ("t5", dict(THIN, feed_forward_proj="gelu"), False, [(2, 9, 7)]),
    "t5-gelu_new": ("t5", dict(THIN, feed_forward_proj="gelu_new"), False, [(2, 9, 7)]),
    "t5-gated-gelu_python": ("t5", dict(THIN, feed_forward_proj="gated-gelu_python"), False, [(2, 9, 7)]),
}


def randomize(model, seed):
    """Draws all weights again, so that none has a value that hides a mistake (0 or 1)."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            p.copy_(1 + 0.3 * noise if "norm" in name else noise if name == "shared.weight" else 0.2 * noise)
    return model.eval()


def make(kind, seed):
    model_type, config, own_head, _ = KINDS[kind]
    config_class, model_class = CLASSES[model_type]
    model = model_class(config_class(**config))
    if own_head:  # transformers 5 ties every new T5, and unties those whose checkpoints are untied
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.shared.weight))
        model.all_tied_weights_keys.pop("lm_head.weight", None)
    return randomize(model, seed)


def batch(vocab, shape, seed):
    """Ids whose rows end in padding, of different lengths. The targets' padding is ignored."""
    rows, read, written = shape
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, vocab, (rows, read), generator=generator)
    labels = torch.randint(1, vocab, (rows, written), generator=generator)
    for row in range(1, rows):
        ids[row, max(1, read - 2 * row):] = 0
        labels[row, max(1, written - 3 * row):] = 0
    decoder = torch.cat([torch.zeros(rows, 1, dtype=torch.long), labels[:, :-1]], 1)
    return ids, decoder, labels


def outputs(model, ids, decoder, labels):
    """Everything that the model computes, by the names of its modules."""
    states = {}

    def keep(name):
        def hook(_module, _inputs, out):
            states[name] = (out[0] if isinstance(out, tuple) else out).detach().clone()
        return hook

    hooks = [module.register_forward_hook(keep(name)) for name, module in model.named_modules()
             if name.endswith("final_layer_norm") or name.rsplit(".", 1)[0] in ("encoder.block", "decoder.block")]
    model.zero_grad()
    out = model(input_ids=ids, attention_mask=(ids > 0).long(), decoder_input_ids=decoder,
                labels=labels.masked_fill(labels == 0, -100))
    out.loss.backward()
    for hook in hooks:
        hook.remove()
    gradients = {f"gradient.{name}": p.grad.clone() for name, p in model.named_parameters()}
    return dict(ids=ids.int(), decoder=decoder.int(), targets=labels.int(), logits=out.logits.detach(), loss=out.loss.detach(), **states, **gradients)


def in_float64(model):
    """Makes the model compute in float64; its norms would round to float32."""
    model = model.double()
    for module in model.modules():
        if type(module).__name__.endswith("LayerNorm"):
            module.forward = lambda x, m=module: m.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + m.variance_epsilon)
    return model


def rounding(results, exact):
    """The largest difference between float32 and float64, relative to each tensor's largest element."""
    worst = {}
    for name, value in exact.items():
        if value.is_floating_point() and value.abs().max() > 1e-7:
            kind = "gradients" if name.startswith("gradient") else "loss" if name == "loss" else "states"
            worst[kind] = max(worst.get(kind, 0), float((results[name] - value).abs().max() / value.abs().max()))
    return {k: f"{v:.1e}" for k, v in worst.items()}


def write_kind(kind, seed):
    folder = MODELS / "t5" / "testdata" / "hub" / kind
    shutil.rmtree(folder, ignore_errors=True)
    model = make(kind, seed)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    again = type(model).from_pretrained(folder).eval()
    results = {}
    for n, shape in enumerate(KINDS[kind][3]):
        ids, decoder, labels = batch(model.config.vocab_size, shape, 100 * seed + n)
        out = outputs(model, ids, decoder, labels)
        with torch.no_grad():
            same = again(input_ids=ids, attention_mask=(ids > 0).long(), decoder_input_ids=decoder).logits
        assert torch.allclose(same, out["logits"], atol=1e-4), f"{kind}: saved and loaded, the model computes something else"
        results[n] = out
    saved, model = {}, in_float64(model)
    for n, shape in enumerate(KINDS[kind][3]):
        exact = outputs(model, *batch(model.config.vocab_size, shape, 100 * seed + n))
        print(f"{kind} {shape}: transformers' own rounding is {rounding(results[n], exact)}")
        saved.update({f"{n}.{name}": (v.float() if v.is_floating_point() else v).detach().contiguous() for name, v in exact.items()})
    save_file(saved, folder / "outputs.safetensors")


def t5x_bucket(distance, bidirectional, buckets, max_distance):
    """t5x examples/t5/layers.py, RelativePositionBiases._relative_position_bucket, in float32."""
    first, n = 0, -distance
    if bidirectional:
        buckets //= 2
        first = (n < 0).astype(np.int32) * buckets
        n = np.abs(n)
    else:
        n = np.maximum(n, 0)
    exact = buckets // 2
    with np.errstate(divide="ignore"):
        share = np.log(n.astype(np.float32) / exact + np.finfo(np.float32).eps) / np.float32(np.log(max_distance / exact))
    large = np.minimum(exact + (share * (buckets - exact)).astype(np.int32), buckets - 1)
    return first + np.where(n < exact, n, large)


def bucket_edges():
    """The distances, of key minus query, at which the bucket changes, for many tables. Transformers and T5X agree."""
    distance = np.arange(-5000, 5001)
    tables = []
    for buckets in (4, 6, 8, 10, 16, 18, 32, 36, 40, 64, 96, 128, 256):
        for max_distance in (10, 12, 16, 20, 64, 100, 127, 128, 129, 256, 300, 512, 1000, 1024, 2048, 4000):
            if max_distance <= buckets // 2:
                continue
            for bidirectional in (True, False):
                ours = T5Attention._relative_position_bucket(torch.tensor(distance), bidirectional, buckets, max_distance).numpy()
                assert (ours == t5x_bucket(distance, bidirectional, buckets, max_distance)).all()
                at = np.concatenate([[0], np.nonzero(np.diff(ours))[0] + 1])
                tables.append({"buckets": buckets, "max_distance": max_distance, "bidirectional": bidirectional,
                               "from": distance[at].tolist(), "bucket": ours[at].tolist()})
    with open(MODELS / "block" / "testdata" / "bucket_edges.json", "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(t, separators=(",", ":")) for t in tables) + "\n]\n")


def activations():
    """Each activation and its derivative from -12 to 12."""
    x = torch.cat([torch.linspace(-12, 12, 481), torch.tensor([-1e-3, 1e-3, -0.0, 0.7518, -30.0, 30.0])])
    tensors = {"x": x}
    for name in ("relu", "gelu", "gelu_new", "silu"):
        at = x.double().requires_grad_()
        y = ACT2FN[name](at)
        y.sum().backward()
        tensors[name], tensors[f"{name}.derivative"] = y.detach().float(), at.grad.float()
    save_file(tensors, MODELS / "block" / "testdata" / "activations.safetensors")


def parameters():
    """The parameters of transformers' models in the published sizes, on the device that holds no numbers."""
    t5 = lambda d, ff, heads, kv, layers: dict(d_model=d, d_ff=ff, num_heads=heads, d_kv=kv, num_layers=layers, vocab_size=32128)
    gated = lambda vocab, d, ff, heads, layers, **rest: dict(d_model=d, d_ff=ff, num_heads=heads, num_layers=layers, vocab_size=vocab,
                                                             feed_forward_proj="gated-gelu", tie_word_embeddings=False, **rest)
    shapes = {"small": (512, 1024, 6, 8), "base": (768, 2048, 12, 12), "large": (1024, 2816, 16, 24),
              "xl": (2048, 5120, 32, 24), "xxl": (4096, 10240, 64, 24)}
    sizes = {
        "t5-small": ("t5", t5(512, 2048, 8, 64, 6)), "t5-base": ("t5", t5(768, 3072, 12, 64, 12)),
        "t5-large": ("t5", t5(1024, 4096, 16, 64, 24)), "t5-3b": ("t5", t5(1024, 16384, 32, 128, 24)),
        "t5-11b": ("t5", t5(1024, 65536, 128, 128, 24)),
        "ul2-20b": ("t5", gated(32128, 4096, 16384, 16, 32, d_kv=256)),
    }
    for size, shape in shapes.items():
        sizes[f"t5-1.1-{size}"] = ("t5", gated(32128, *shape))
        sizes[f"mt5-{size}"] = ("mt5", gated(250112, *shape))
        if size != "large":
            sizes[f"umt5-{size}"] = ("umt5", gated(256384, *shape))
    counts = {}
    for name, (model_type, config) in sizes.items():
        config_class, model_class = CLASSES[model_type]
        with torch.device("meta"):
            model = model_class(config_class(**config))
        unique = {id(p): p.numel() for p in model.parameters()}
        own_head = config.get("tie_word_embeddings") is False  # in the checkpoint: see make
        counts[name] = sum(unique.values()) + (config["vocab_size"] * config["d_model"] if own_head else 0)
    with open(MODELS / "t5" / "testdata" / "parameters.json", "w") as out:
        json.dump(counts, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for seed, kind in enumerate(KINDS):
        write_kind(kind, seed + 1)
    bucket_edges()
    activations()
    parameters()
