"""Loads a SigLIP that pali3 exported in big_vision's layout into big_vision's own models, and compares what both compute.

    python -m venv venv && venv/bin/pip install -r parity/requirements-weights.txt
    git clone https://github.com/google-research/big_vision && git -C big_vision checkout 0127fb6
    pali3 export MODEL --format big_vision --out siglip.npz
    pali3 forward --weights MODEL --inputs in.safetensors --out out.safetensors
    venv/bin/python parity/big_vision_export.py big_vision siglip.npz in.safetensors out.safetensors

The inputs are images [B, H, W, 3] and input_ids [C, L]. The names become a tree as big_vision's recover_tree makes it; flax
refuses a tree that lacks a parameter or has another shape, and the script refuses parameters that no tower uses.
"""

import sys

import big_vision_weights
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

BOUND = 1e-5


def tree(path):
    """Returns the nested dictionaries of an archive's names."""
    root = {}
    for name, value in np.load(path).items():
        *parts, last = name.split("/")
        node = root
        for part in parts:
            node = node.setdefault(part, {})
        node[last] = value
    return root["params"]


def layers(blocks):
    return sum(name.startswith("encoderblock_") for name in blocks)


def towers(vit, text, params):
    """Returns the models whose sizes are those of the parameters."""
    img, txt = params["img"], params["txt"]
    block = lambda p: p["encoderblock_0"]
    heads = lambda p: block(p)["MultiHeadDotProductAttention_0"]["query"]["kernel"].shape[1]
    mlp = lambda p: block(p)["MlpBlock_0"]["Dense_0"]["kernel"].shape[1]
    patch, _, _, width = img["embedding"]["kernel"].shape
    image = vit.Model(img["head"]["bias"].size if "head" in img else 0, width=width, depth=layers(img["Transformer"]), mlp_dim=mlp(img["Transformer"]),
                      num_heads=heads(img["Transformer"]), patch_size=(patch, patch), pool_type="map" if "MAPHead_0" in img else "gap")
    vocab, width = txt["Embed_0"]["embedding"].shape
    return image, text.Model(txt["head"]["bias"].size if "head" in txt else 0, width=width, depth=layers(txt["Encoder_0"]), mlp_dim=mlp(txt["Encoder_0"]),
                             num_heads=heads(txt["Encoder_0"]), vocab_size=vocab, pool_type="map" if "MAPHead_0" in txt else "last")


def main(clone, weights, inputs, outputs):
    vit, text = big_vision_weights.load(clone)
    params, given, ours = tree(weights), load_file(inputs), load_file(outputs)
    unknown = set(params) - {"img", "txt", "t", "b"}
    image_model, text_model = towers(vit, text, params)
    norm = lambda z: z / (jnp.linalg.norm(z, axis=1, keepdims=True) + 1e-8)  # two_towers.py
    zimg = norm(image_model.apply({"params": params["img"]}, given["images"])[0])
    ztxt = norm(text_model.apply({"params": params["txt"]}, given["input_ids"])[0])
    logits = zimg @ ztxt.T * jnp.exp(params["t"]) + params.get("b", 0)
    worst = 0.0
    for name, theirs in (("image_embeds", zimg), ("text_embeds", ztxt), ("logits_per_image", logits)):
        far = float(np.abs(np.asarray(theirs) - ours[name]).max() / max(1.0, np.abs(ours[name]).max()))
        worst = max(worst, far)
        print(f"{name:20} {far:.1e}")
    if unknown or worst > BOUND:
        sys.exit(f"unknown {unknown}, largest difference {worst:.1e}, bound {BOUND:.0e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
