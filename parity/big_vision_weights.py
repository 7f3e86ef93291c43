"""Writes checkpoints of big_vision's own models, with random weights, in all layouts that it ever used, and of T5X.

    python -m venv venv && venv/bin/pip install -r parity/requirements-weights.txt
    git clone https://github.com/google-research/big_vision && git -C big_vision checkout 0127fb6
    venv/bin/python parity/big_vision_weights.py big_vision

It writes models/siglip/testdata/big_vision*.npz, with the outputs of the two towers beside them, and
models/weights/testdata/big_vision*.npz, with the same weights as transformers names them beside them.
"""

import importlib.util
import pathlib
import sys
import types

import flax
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"
HEADS = {"img": 2, "txt": 4}


def load(clone):
    """Imports the model files alone: the rest of big_vision needs TensorFlow."""
    package = lambda name: sys.modules.setdefault(name, types.ModuleType(name))
    for name in ("big_vision", "big_vision.utils", "big_vision.models", "big_vision.models.common"):
        package(name)
    sys.modules["big_vision"].utils = sys.modules["big_vision.utils"]
    sys.modules["big_vision.models"].common = sys.modules["big_vision.models.common"]

    def module(name, path):
        spec = importlib.util.spec_from_file_location(name, pathlib.Path(clone) / path)
        made = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    vit = module("big_vision.models.vit", "big_vision/models/vit.py")
    sys.modules["big_vision.models"].vit = vit
    text = module("big_vision.models.text", "big_vision/models/proj/image_text/text_transformer.py")
    return vit, text


def randomize(params, seed):
    """Draws all weights again, so that none has a value that hides a mistake (0 or 1)."""
    rng = np.random.default_rng(seed)
    draw = lambda path, p: np.float32((1 if path[-1].key == "scale" else 0) + (0.1 if path[-1].key == "scale" else 0.3) * rng.standard_normal(p.shape))
    return jax.tree_util.tree_map_with_path(draw, params)


def flat(tree, prefix=""):
    return {prefix + "/".join(k): np.asarray(v) for k, v in flax.traverse_util.flatten_dict(tree).items()}


def copy(tree):
    return jax.tree.map(lambda x: x, tree)


def pre_linen(tree):
    """Numbers submodules together, as flax did before linen: LayerNorm_0, MultiHeadDotProductAttention_1, ..."""
    order = ["LayerNorm_0", "MultiHeadDotProductAttention_0", "LayerNorm_1", "MlpBlock_0"]
    if not isinstance(tree, dict):
        return tree
    if all(name in tree for name in order):
        return {f"{name.rsplit('_', 1)[0]}_{i}": pre_linen(tree[name]) for i, name in enumerate(order)}
    return {name: pre_linen(below) for name, below in tree.items()}


def two_towers(vit, text):
    image_model = vit.Model(width=12, depth=2, mlp_dim=16, num_heads=2, patch_size=(2, 2), pool_type="map")
    text_model = text.Model(12, width=16, depth=2, mlp_dim=20, num_heads=4, vocab_size=23)
    images = np.random.default_rng(1).uniform(-1, 1, (3, 6, 6, 3)).astype(np.float32)
    texts = np.random.default_rng(2).integers(1, 23, (3, 7)).astype(np.int32)
    img = randomize(image_model.init(jax.random.key(0), images)["params"], 3)
    txt = randomize(text_model.init(jax.random.key(0), texts)["params"], 4)
    params = {"img": img, "txt": txt, "t": np.float32([1.3]), "b": np.float32([-2.5])}

    zimg, out = image_model.apply({"params": img}, images)
    ztxt, _ = text_model.apply({"params": txt}, texts)
    norm = lambda z: z / (jnp.linalg.norm(z, axis=1, keepdims=True) + 1e-8)  # two_towers.py
    logits = norm(zimg) @ norm(ztxt).T * jnp.exp(params["t"]) + params["b"]
    folder = MODELS / "siglip" / "testdata"
    save_file({k: np.asarray(v) for k, v in dict(
        images=images, texts=texts, encoded=out["encoded"], image_embeds=norm(zimg), text_embeds=norm(ztxt),
        logits=logits).items()}, folder / "big_vision-outputs.safetensors")

    np.savez_compressed(folder / "big_vision.npz", **flat(params, "params/"))
    scanned = copy(params)
    scanned["img"] = vit.pyloop_to_scan(img)
    scanned["txt"]["Encoder_0"] = vit.pyloop_to_scan({"Transformer": txt["Encoder_0"]})["Transformer"]
    np.savez(folder / "big_vision-scanned.npz", **flat(scanned))
    old = copy(params)
    old["img"]["Transformer"]["pos_embedding"] = old["img"].pop("pos_embedding")
    old["img"].update(old["img"].pop("MAPHead_0"))
    twice = np.random.default_rng(5).standard_normal((1, 7, 16)).astype(np.float32)
    old["txt"]["Encoder_0"]["pos_embedding"] = twice
    old["txt"]["pos_embedding"] = old["txt"]["pos_embedding"] - twice
    # The oldest way of counting, and the place of a flax optimizer, beside training state.
    old["img"]["Transformer"] = pre_linen(old["img"]["Transformer"])
    old["txt"]["Encoder_0"] = pre_linen(old["txt"]["Encoder_0"])
    np.savez_compressed(folder / "big_vision-old.npz", **flat(old, "opt/target/"), **{"opt/state/step": np.int32(7)})
    half = jax.tree.map(lambda p: p.astype(ml_dtypes.bfloat16), params)
    np.savez_compressed(folder / "big_vision-bf16.npz", **flat(half, "params/"))


def text_pools(text):
    """One text tower with each rule of pooling; the weights of map have all that the others need."""
    texts = np.random.default_rng(8).integers(1, 23, (3, 7)).astype(np.int32)
    model = lambda pool: text.Model(12, width=16, depth=2, mlp_dim=20, num_heads=4, vocab_size=23, pool_type=pool)
    params = randomize(model("map").init(jax.random.key(0), texts)["params"], 9)
    norm = lambda z: z / (jnp.linalg.norm(z, axis=1, keepdims=True) + 1e-8)
    folder = MODELS / "siglip" / "testdata"
    outputs = {pool: np.asarray(norm(model(pool).apply({"params": params}, texts)[0])) for pool in ("last", "first", "mean", "max", "map")}
    save_file({"texts": texts, **outputs}, folder / "big_vision-pools.safetensors")
    np.savez_compressed(folder / "big_vision-pools.npz", **flat(params, "params/"))


def transformers_image_tower(p, name, depth, width):
    """The names and shapes of transformers, written out as numpy does them."""
    t = {f"{name}.embeddings.patch_embedding.weight": p["embedding"]["kernel"].transpose(3, 2, 0, 1),
         f"{name}.embeddings.patch_embedding.bias": p["embedding"]["bias"],
         f"{name}.embeddings.position_embedding.weight": p["pos_embedding"][0]}
    for i in range(depth):
        b, to = p["Transformer"][f"encoderblock_{i}"], f"{name}.encoder.layers.{i}"
        a = b["MultiHeadDotProductAttention_0"]
        for ours, theirs in (("q", "query"), ("k", "key"), ("v", "value")):
            t[f"{to}.self_attn.{ours}_proj.weight"] = a[theirs]["kernel"].reshape(width, width).T
            t[f"{to}.self_attn.{ours}_proj.bias"] = a[theirs]["bias"].reshape(width)
        t[f"{to}.self_attn.out_proj.weight"] = a["out"]["kernel"].reshape(width, width).T
        t[f"{to}.self_attn.out_proj.bias"] = a["out"]["bias"]
        for n in (0, 1):
            t[f"{to}.layer_norm{n+1}.weight"] = b[f"LayerNorm_{n}"]["scale"]
            t[f"{to}.layer_norm{n+1}.bias"] = b[f"LayerNorm_{n}"]["bias"]
            t[f"{to}.mlp.fc{n+1}.weight"] = b["MlpBlock_0"][f"Dense_{n}"]["kernel"].T
            t[f"{to}.mlp.fc{n+1}.bias"] = b["MlpBlock_0"][f"Dense_{n}"]["bias"]
    t[f"{name}.post_layernorm.weight"] = p["Transformer"]["encoder_norm"]["scale"]
    t[f"{name}.post_layernorm.bias"] = p["Transformer"]["encoder_norm"]["bias"]
    return t


def class_token(vit):
    """A ViT with a class token and a head, from the time when the token had a position."""
    model = vit.Model(5, width=8, depth=1, mlp_dim=12, num_heads=2, patch_size=(2, 2), pool_type="tok", rep_size=6)
    params = randomize(model.init(jax.random.key(0), np.zeros((1, 6, 6, 3), np.float32))["params"], 6)
    position = np.random.default_rng(7).standard_normal((1, 1, 8)).astype(np.float32)
    old = copy(params)
    old["Transformer"]["posembed_input"] = {"pos_embedding": np.concatenate([position, old.pop("pos_embedding")], 1)}
    folder = MODELS / "weights" / "testdata"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "big_vision-class-token.npz", **flat(pre_linen(old)))
    fixed = vit.fix_old_checkpoints(copy(old))
    want = transformers_image_tower(fixed, "vision_model", 1, 8)
    want["vision_model.embeddings.cls_token"] = fixed["cls"]
    for name in ("pre_logits", "head"):
        to = {"pre_logits": "vision_model.pre_logits", "head": "classifier"}[name]
        want[to + ".weight"], want[to + ".bias"] = fixed[name]["kernel"].T, fixed[name]["bias"]
    save_file({k: np.ascontiguousarray(v) for k, v in want.items()}, folder / "big_vision-class-token.safetensors")


def paligemma(vit, name, heads, kv_heads, post_norms, width=12, size=4, mlp=20, depth=2):
    """Gemma's parameters have the shapes of big_vision's models/ppp/gemma.py, written by hand: it needs einops."""
    rng = np.random.default_rng(8)
    draw = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    image_model = vit.Model(width, width=8, depth=2, mlp_dim=12, num_heads=2, patch_size=(2, 2), pool_type="none")
    img = randomize(image_model.init(jax.random.key(0), np.zeros((1, 6, 6, 3), np.float32))["params"], 9)
    attention = {"attn_vec_einsum": {"w": draw(depth, heads, size, width)}}
    if heads == kv_heads:
        attention["qkv_einsum"] = {"w": draw(depth, 3, heads, width, size)}
    else:
        attention["q_einsum"] = {"w": draw(depth, heads, width, size)}
        attention["kv_einsum"] = {"w": draw(depth, 2, kv_heads, width, size)}
    norms = ["pre_attention_norm", "pre_ffw_norm"] + post_norms * ["post_attention_norm", "post_ffw_norm"]
    layers = {"attn": attention, "mlp": {"gating_einsum": draw(depth, 2, width, mlp), "linear": draw(depth, mlp, width)},
              **{n: {"scale": draw(depth, width)} for n in norms}}
    llm = {"embedder": {"input_embedding": draw(19, width)}, "final_norm": {"scale": draw(width)}, "layers": layers}
    folder = MODELS / "weights" / "testdata"
    np.savez_compressed(folder / f"{name}.npz", **flat({"img": vit.pyloop_to_scan(img), "llm": llm}, "params/"))

    want = transformers_image_tower(img, "vision_tower.vision_model", 2, 8)
    want["multi_modal_projector.linear.weight"], want["multi_modal_projector.linear.bias"] = img["head"]["kernel"].T, img["head"]["bias"]
    want["language_model.model.embed_tokens.weight"] = llm["embedder"]["input_embedding"]
    want["language_model.model.norm.weight"] = llm["final_norm"]["scale"]
    for i in range(depth):
        to = f"language_model.model.layers.{i}"
        if heads == kv_heads:
            q, k, v = attention["qkv_einsum"]["w"][i]
        else:
            q, (k, v) = attention["q_einsum"]["w"][i], attention["kv_einsum"]["w"][i]
        for letter, w in zip("qkv", (q, k, v)):
            want[f"{to}.self_attn.{letter}_proj.weight"] = w.transpose(0, 2, 1).reshape(-1, width)
        want[f"{to}.self_attn.o_proj.weight"] = attention["attn_vec_einsum"]["w"][i].transpose(2, 0, 1).reshape(width, -1)
        gate, up = layers["mlp"]["gating_einsum"][i]
        want[f"{to}.mlp.gate_proj.weight"], want[f"{to}.mlp.up_proj.weight"] = gate.T, up.T
        want[f"{to}.mlp.down_proj.weight"] = layers["mlp"]["linear"][i].T
        theirs = {"pre_attention_norm": "input_layernorm", "pre_ffw_norm": "post_attention_layernorm"}
        if post_norms:
            theirs.update(pre_ffw_norm="pre_feedforward_layernorm", post_attention_norm="post_attention_layernorm",
                          post_ffw_norm="post_feedforward_layernorm")
        for n in norms:
            want[f"{to}.{theirs[n]}.weight"] = layers[n]["scale"][i]
    save_file({k: np.ascontiguousarray(v) for k, v in want.items()}, folder / f"{name}.safetensors")


def t5x(name, scanned, depth=2, width=8, heads=2, size=3, mlp=10):
    """T5X's names and shapes; scalable T5 scans layers as axis 1 and keeps heads apart."""
    rng = np.random.default_rng(10)
    draw = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    tree, want = {"token_embedder/embedding": draw(13, width)}, {}
    want["shared.weight"] = tree["token_embedder/embedding"]
    for stack in ("encoder", "decoder"):
        layers = []
        for i in range(depth):
            layer, to = {}, f"{stack}.block.{i}.layer"
            parts = [("attention", "attention", "0.SelfAttention")] if stack == "encoder" else [
                ("self_attention", "self_attention", "0.SelfAttention"),
                ("cross_attention", "encoder_decoder_attention", "1.EncDecAttention")]
            for norm, attention, theirs in parts:
                layer[f"pre_{norm}_layer_norm/scale"] = want[f"{to}.{theirs[0]}.layer_norm.weight"] = draw(width)
                for flax_name, letter in (("query", "q"), ("key", "k"), ("value", "v")):
                    k = draw(width, heads * size)
                    layer[f"{attention}/{flax_name}/kernel"] = k.reshape(width, heads, size) if scanned else k
                    want[f"{to}.{theirs}.{letter}.weight"] = k.T
                o = draw(heads * size, width)
                layer[f"{attention}/out/kernel"] = o.reshape(heads, size, width) if scanned else o
                want[f"{to}.{theirs}.o.weight"] = o.T
            last = 1 if stack == "encoder" else 2
            layer["pre_mlp_layer_norm/scale"] = want[f"{to}.{last}.layer_norm.weight"] = draw(width)
            for n, shape in (("wi_0", (width, mlp)), ("wi_1", (width, mlp)), ("wo", (mlp, width))):
                layer[f"mlp/{n}/kernel"] = draw(*shape)
                want[f"{to}.{last}.DenseReluDense.{n}.weight"] = layer[f"mlp/{n}/kernel"].T
            if scanned:
                layer["relpos_bias/rel_embedding"] = draw(heads, 32)
                want[f"{to}.0.SelfAttention.relative_attention_bias.weight"] = layer["relpos_bias/rel_embedding"].T
            layers.append(layer)
        if scanned:
            tree.update({f"{stack}/{stack}/{k}": np.stack([l[k] for l in layers], 1) for k in layers[0]})
        else:
            tree.update({f"{stack}/layers_{i}/{k}": v for i, l in enumerate(layers) for k, v in l.items()})
            tree[f"{stack}/relpos_bias/rel_embedding"] = draw(heads, 32)
            want[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = tree[f"{stack}/relpos_bias/rel_embedding"].T
        tree[f"{stack}/{stack}_norm/scale"] = want[f"{stack}.final_layer_norm.weight"] = draw(width)
    tree["decoder/logits_dense/kernel"] = draw(width, 13)
    want["lm_head.weight"] = tree["decoder/logits_dense/kernel"].T
    folder = MODELS / "weights" / "testdata"
    np.savez_compressed(folder / f"{name}.npz", **{f"target/{k}": v for k, v in tree.items()}, **{"state/step": np.int32(3)})
    save_file({k: np.ascontiguousarray(v) for k, v in want.items()}, folder / f"{name}.safetensors")


if __name__ == "__main__":
    vit, text = load(sys.argv[1])
    two_towers(vit, text)
    class_token(vit)
    paligemma(vit, "paligemma", 3, 1, False)
    paligemma(vit, "paligemma2", 4, 2, True)
    paligemma(vit, "paligemma-mha", 3, 3, False)
    t5x("t5x", False)
    t5x("t5x-scanned", True)
