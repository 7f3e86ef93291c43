"""Writes tiny SigLIP, SigLIP 2 and ViT models with random weights, their outputs and all their gradients.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
    venv/bin/python parity/models_siglip.py transformers
    venv/bin/pip install -r parity/requirements-bigvision.txt
    git clone https://github.com/google-research/big_vision
    venv/bin/python parity/models_siglip.py bigvision big_vision

It writes models/{siglip,vit}/testdata/*.safetensors, which the Go tests load and compare with. The first command runs
transformers' SiglipModel and Siglip2Model, the second big_vision's own code (models/vit.py, naflex_vit.py,
two_towers.py), of which it replaces only the imports that want TensorFlow.
"""

import pathlib
import sys
import types

import numpy as np

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"


def save(folder, name, tensors):
    from safetensors.numpy import save
    folder = MODELS / folder / "testdata"
    folder.mkdir(parents=True, exist_ok=True)
    content = save({k: np.ascontiguousarray(v) for k, v in tensors.items()}, {"format": "pt"})
    (folder / f"{name}.safetensors").write_bytes(content)


def randomize(model, seed):
    """Draws all weights again, so that none has a value that hides a mistake (0 or 1)."""
    import torch
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            is_scale = "norm" in name and name.endswith("weight")
            p.copy_(1 + 0.1 * noise if is_scale else 0.3 * noise)
    return model.eval()


def run(model, name, inputs, save_weights=True, **arguments):
    """Runs a two-tower model of transformers and saves weights, inputs, hidden states, outputs and gradients."""
    import torch
    states = {}

    def keep(key):
        return lambda module, _, out: states.__setitem__(key, out[0] if isinstance(out, tuple) else out)

    for tower in ("vision_model", "text_model"):
        part = getattr(model, tower)
        part.embeddings.register_forward_hook(keep(f"{tower}.embeddings"))
        for i, layer in enumerate(part.encoder.layers):
            layer.register_forward_hook(keep(f"{tower}.encoder.layers.{i}"))
    model.vision_model.post_layernorm.register_forward_hook(keep("vision_model.post_layernorm"))
    out = model(return_loss=True, **inputs, **arguments)
    out.loss.backward()
    results = dict(states, image_embeds=out.image_embeds, text_embeds=out.text_embeds,
                   logits_per_image=out.logits_per_image, loss=out.loss)
    results.update({f"gradient.{n}": p.grad for n, p in model.named_parameters()})
    if "pixel_values" in inputs and inputs["pixel_values"].dim() == 4:
        inputs = dict(inputs, pixel_values=inputs["pixel_values"].permute(0, 2, 3, 1))
    results.update({f"input.{n}": v for n, v in inputs.items()})
    tensors = {n: v for n, v in model.named_parameters()}
    if save_weights:
        save("siglip", name, {k: v.detach().numpy() for k, v in tensors.items()})
    save("siglip", name + "-outputs",
         {k: v.detach().numpy().astype(np.int32 if v.dtype == torch.int64 else np.float32) for k, v in results.items()})


def tower(**sizes):
    return dict(dict(hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6), **sizes)


def with_transformers():
    import torch
    from transformers import Siglip2Config, Siglip2Model, SiglipConfig, SiglipModel

    def numbers(seed, *shape):
        return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1

    def ids(seed, vocab, *shape):
        drawn = torch.randint(2, vocab, shape, generator=torch.Generator().manual_seed(seed))
        drawn[1::2, -2:] = 1  # padded with EOS
        return drawn

    # A text tower of another width, square images with a rest that fills no patch.
    model = randomize(SiglipModel(SiglipConfig(
        vision_config=tower(hidden_size=12, num_hidden_layers=3, intermediate_size=17, num_attention_heads=3,
                            image_size=11, patch_size=3),
        text_config=tower(hidden_size=10, num_hidden_layers=2, intermediate_size=21, num_attention_heads=2,
                          vocab_size=37, max_position_embeddings=9, projection_size=12))), 11)
    run(model, "towers", dict(pixel_values=numbers(12, 5, 3, 11, 11), input_ids=ids(13, 37, 5, 9)))

    # Images of another size and aspect: the positions are interpolated.
    config = SiglipConfig(
        vision_config=tower(hidden_size=8, num_hidden_layers=1, intermediate_size=11, num_attention_heads=2,
                            image_size=8, patch_size=2),
        text_config=tower(hidden_size=8, num_hidden_layers=1, intermediate_size=9, num_attention_heads=4,
                          vocab_size=19, max_position_embeddings=5, projection_size=8))
    run(randomize(SiglipModel(config), 14), "interpolated",
        dict(pixel_values=numbers(15, 2, 3, 6, 14), input_ids=ids(16, 19, 2, 5)), interpolate_pos_encoding=True)

    # NaFlex: images of several grids, larger and smaller than the table, with padding.
    config = Siglip2Config(
        vision_config=tower(hidden_size=12, num_hidden_layers=2, intermediate_size=18, num_attention_heads=2,
                            patch_size=3, num_patches=16),
        text_config=tower(hidden_size=12, num_hidden_layers=2, intermediate_size=14, num_attention_heads=3,
                          vocab_size=29, max_position_embeddings=6, projection_size=12))
    for name, grids, length in (("naflex", [[2, 3], [4, 4], [7, 1], [1, 1], [3, 5]], 17), ("naflex-long", [[9, 6], [2, 11]], 54)):
        grids = torch.tensor(grids)
        mask = (torch.arange(length)[None] < grids.prod(-1, keepdim=True)).to(torch.int32)
        patches = numbers(18, len(grids), length, 27) * mask[..., None]
        run(randomize(Siglip2Model(config), 17), name, dict(
            pixel_values=patches, pixel_attention_mask=mask, spatial_shapes=grids, input_ids=ids(19, 29, len(grids), 6)),
            save_weights=name == "naflex")

    # Position tables, resized as interpolate_pos_encoding does.
    table = torch.randn(16, 2, generator=torch.Generator().manual_seed(20))
    resized = {"table": table}
    for rows, columns in ((1, 1), (2, 3), (4, 4), (5, 7), (9, 2), (16, 16)):
        grid = table.reshape(1, 4, 4, 2).permute(0, 3, 1, 2)
        grid = torch.nn.functional.interpolate(grid, size=(rows, columns), mode="bicubic", align_corners=False)
        resized[f"{rows}x{columns}"] = grid.permute(0, 2, 3, 1).reshape(-1, 2)
    save("vit", "bicubic", {k: v.numpy() for k, v in resized.items()})

    # Sizes that images are resized to, and the parameters of the published models.
    import json
    from transformers.models.siglip2.image_processing_pil_siglip2 import get_image_size_for_max_num_patches
    generator = np.random.default_rng(21)
    sizes = [[h, w, p, n, *get_image_size_for_max_num_patches(h, w, p, n)]
             for h, w, p, n in [(480, 640, 16, 256), (1, 1, 16, 256), (1, 5000, 16, 256), (5000, 3, 14, 64), (256, 256, 16, 256)]
             + [(int(generator.integers(1, 3000)), int(generator.integers(1, 3000)), int(generator.choice([8, 14, 16, 32])),
                 int(generator.choice([1, 16, 64, 256, 576, 1024]))) for _ in range(195)]]
    (MODELS.parent / "augment" / "testdata" / "sequence_sizes.json").write_text(
        "[\n" + ",\n".join(json.dumps(s) for s in sizes) + "\n]\n")
    processed_patches()


def processed_patches():
    """Writes what transformers' NaFlex image processor makes of images of odd shapes, as the SHA-256 of 8-bit values."""
    import hashlib
    import json
    from PIL import Image
    from transformers import Siglip2ImageProcessorPil

    def pattern(height, width):  # as augment's tests compute it
        y, x, c = np.ogrid[:height, :width, :3]
        return ((y * 37 + x * 101 + c * 53 + (y * x) % 29 * 7) % 256).astype(np.uint8)

    cases = []
    for h, w, p, n in [
        (20, 400, 16, 256), (400, 20, 16, 256), (10, 200, 4, 9), (1, 1, 16, 256), (1, 1, 4, 64), (2, 3, 8, 16), (1, 300, 16, 64), (777, 1, 14, 64),
        (64, 48, 16, 12), (256, 256, 16, 256), (32, 32, 16, 4), (480, 640, 16, 128), (480, 640, 16, 256), (480, 640, 16, 576), (97, 131, 14, 1024),
        (1500, 2100, 16, 256), (3000, 40, 32, 100), (333, 500, 16, 1), (333, 500, 16, 2), (61, 59, 2, 784),
    ]:
        got = Siglip2ImageProcessorPil(patch_size=p, max_num_patches=n)(Image.fromarray(pattern(h, w)), return_tensors="np")
        rows, columns = got["spatial_shapes"][0].tolist()
        assert got["pixel_attention_mask"].sum() == rows * columns and got["pixel_values"].shape == (1, n, p * p * 3)
        assert not got["pixel_values"][0, rows * columns:].any()
        patches = np.rint((got["pixel_values"][0, :rows * columns] + 1) * 127.5).astype(np.uint8)
        cases.append({"size": [h, w], "patch": p, "length": n, "grid": [rows, columns], "sha256": hashlib.sha256(patches.tobytes()).hexdigest()})
    (MODELS.parent / "augment" / "testdata" / "sequences.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


# What follows runs big_vision.

def import_big_vision(path):
    """Imports big_vision's models without TensorFlow: their own utils, which load checkpoints, are left empty."""
    sys.path.insert(0, path)
    for name in ("big_vision.utils", "big_vision.models.common"):
        sys.modules[name] = types.ModuleType(name)
    import big_vision.models
    big_vision.models.common = sys.modules["big_vision.models.common"]
    stand_in = types.ModuleType("big_vision.models.proj.image_text.utils")
    stand_in.batch_shmap = lambda f, *arguments: f(*arguments)
    sys.modules[stand_in.__name__] = stand_in


def draw(tree, seed):
    """Draws a tree of weights again."""
    import jax
    generator = np.random.default_rng(seed)

    def one(path, x):
        noise = generator.standard_normal(x.shape).astype(np.float32)
        return 1 + 0.1 * noise if path[-1].key == "scale" else 0.3 * noise
    return jax.tree_util.tree_map_with_path(one, tree)


def vit_names(p, prefix="", head="classifier"):
    """Turns the weights of a ViT of big_vision into ours, in transformers' layout."""
    out = {}

    def dense(tree, to):
        kernel = np.asarray(tree["kernel"])
        out[prefix + to + ".weight"] = kernel.transpose(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T
        out[prefix + to + ".bias"] = np.asarray(tree["bias"])

    def norm(tree, to):
        out[prefix + to + ".weight"], out[prefix + to + ".bias"] = np.asarray(tree["scale"]), np.asarray(tree["bias"])

    def projections(tree):
        kernels = {k: np.asarray(v["kernel"]) for k, v in tree.items()}
        width = kernels["query"].shape[0]
        return ({k: (v.reshape(-1, width) if k == "out" else v.reshape(width, -1)).T for k, v in kernels.items()},
                {k: np.asarray(v["bias"]).reshape(-1) for k, v in tree.items()})

    def blocks(tree):
        for key, b in tree.items():
            if not key.startswith("encoderblock_"):
                continue
            to = f"encoder.layers.{key.removeprefix('encoderblock_')}"
            norm(b["LayerNorm_0"], to + ".layer_norm1")
            norm(b["LayerNorm_1"], to + ".layer_norm2")
            kernels, biases = projections(b["MultiHeadDotProductAttention_0"])
            for theirs, ours in (("query", "q"), ("key", "k"), ("value", "v"), ("out", "out")):
                out[f"{prefix}{to}.self_attn.{ours}_proj.weight"] = kernels[theirs]
                out[f"{prefix}{to}.self_attn.{ours}_proj.bias"] = biases[theirs]
            dense(b["MlpBlock_0"]["Dense_0"], to + ".mlp.fc1")
            dense(b["MlpBlock_0"]["Dense_1"], to + ".mlp.fc2")

    if "Embed_0" in p:  # a text tower
        out[prefix + "embeddings.token_embedding.weight"] = np.asarray(p["Embed_0"]["embedding"])
        out[prefix + "embeddings.position_embedding.weight"] = np.asarray(p["pos_embedding"])[0]
        blocks(p["Encoder_0"])
        norm(p["Encoder_0"]["encoder_norm"], "final_layer_norm")
        if "head" in p:
            dense(p["head"], "head")
        return out
    dense(p["embedding"], "embeddings.patch_embedding")
    if "pos_embedding" in p:
        table = np.asarray(p["pos_embedding"])
        out[prefix + "embeddings.position_embedding.weight"] = table.reshape(-1, table.shape[-1])
    if "cls" in p:
        out[prefix + "embeddings.cls_token"] = np.asarray(p["cls"])
    blocks(p["Transformer"])
    norm(p["Transformer"]["encoder_norm"], "post_layernorm")
    if "MAPHead_0" in p:
        m = p["MAPHead_0"]
        out[prefix + "head.probe"] = np.asarray(m["probe"])
        kernels, biases = projections(m["MultiHeadDotProductAttention_0"])
        out[prefix + "head.attention.in_proj_weight"] = np.concatenate([kernels[k] for k in ("query", "key", "value")])
        out[prefix + "head.attention.in_proj_bias"] = np.concatenate([biases[k] for k in ("query", "key", "value")])
        out[prefix + "head.attention.out_proj.weight"], out[prefix + "head.attention.out_proj.bias"] = kernels["out"], biases["out"]
        norm(m["LayerNorm_0"], "head.layernorm")
        dense(m["MlpBlock_0"]["Dense_0"], "head.mlp.fc1")
        dense(m["MlpBlock_0"]["Dense_1"], "head.mlp.fc2")
    if "pre_logits" in p:
        dense(p["pre_logits"], "pre_logits")
    if "head" in p:
        prefix = ""
        dense(p["head"], head)
    return out


def tower_names(p):
    out = vit_names(p["img"], "vision_model.", "visual_projection") | vit_names(p["txt"], "text_model.")
    out["logit_scale"] = np.asarray(p["t"])
    if "b" in p:
        out["logit_bias"] = np.asarray(p["b"])
    return out


def with_big_vision(path):
    import_big_vision(path)
    import jax
    import jax.numpy as jnp
    from big_vision.models import vit
    from big_vision.models.proj.image_text import naflex_vit, two_towers
    jax.config.update("jax_default_matmul_precision", "highest")

    sizes = dict(width=16, depth=2, mlp_dim=19, num_heads=2, patch_size=(2, 2))
    images = np.random.default_rng(30).uniform(-1, 1, (3, 4, 10, 3)).astype(np.float32)
    weights, outputs = {}, {"images": images}
    for name, options in (("gap", dict(pool_type="gap", posemb="sincos2d")), ("tok", dict(pool_type="tok", rep_size=6)),
                          ("map", dict(pool_type="map", rep_size=True)), ("none", dict(pool_type="none", rep_size=5))):
        model = vit.Model(**sizes, **options)
        params = draw(model.init(jax.random.PRNGKey(0), images)["params"], 31)

        def loss(params):
            x, out = model.apply({"params": params}, images)
            return jnp.sum(jnp.square(x)), (x, out["encoded"])
        (total, (x, encoded)), gradient = jax.value_and_grad(loss, has_aux=True)(params)
        outputs |= {f"{name}.pooled": np.asarray(x), f"{name}.loss": np.asarray(total)}
        encoded = np.asarray(encoded)
        outputs[f"{name}.encoded"] = encoded[:, 1:] if name == "tok" else encoded
        weights |= {f"{name}.{k}": v for k, v in vit_names(params).items()}
        outputs |= {f"{name}.gradient.{k}": v for k, v in vit_names(gradient).items()}
    save("vit", "pools", weights)
    save("vit", "pools-outputs", outputs)

    # NaFlex, with a mean over the patches.
    grids, length = np.array([[2, 3], [6, 2], [1, 1]]), 14
    model = naflex_vit.Model(width=8, depth=1, mlp_dim=9, num_heads=2, pool_type="gap", nposemb=3, posemb="learn_2d(8)")
    place = np.arange(length)
    real = place[None] < grids.prod(-1)[:, None]
    rows = np.where(real, place[None] // grids[:, 1:], 0)
    columns = np.where(real, place[None] % grids[:, 1:], 0)
    patches = np.random.default_rng(32).uniform(-1, 1, (3, length, 12)).astype(np.float32)
    image = (patches, real.astype(np.int32), rows, columns)
    params = draw(model.init(jax.random.PRNGKey(0), image)["params"], 33)

    def naflex_loss(params):
        x, _ = model.apply({"params": params}, image)
        return jnp.sum(jnp.square(x)), x
    (_, x), gradient = jax.value_and_grad(naflex_loss, has_aux=True)(params)
    save("vit", "naflex", vit_names(params))
    save("vit", "naflex-outputs", {"patches": patches, "grids": grids.astype(np.int32), "pooled": np.asarray(x)}
         | {f"gradient.{k}": v for k, v in vit_names(gradient).items()})

    # Two towers with projections of their own, with the sigmoid loss of siglip.py and the softmax loss of
    # _deprecated_contrastive.py, which are functions of their trainers and are repeated here.
    def sigmoid(zimg, ztxt, out):
        logits = jnp.dot(zimg, ztxt.T) * out["t"] + out["b"]
        sign = -jnp.ones_like(logits) + 2 * jnp.eye(len(logits))
        return jnp.mean(-jnp.sum(jax.nn.log_sigmoid(sign * logits), axis=-1))

    def softmax(zimg, ztxt, out):
        total = 0
        for a, b in ((zimg, ztxt), (ztxt, zimg)):
            logits = jnp.dot(a, b.T) * out["t"]
            total += 0.5 * jnp.mean(-(jnp.diag(logits) - jax.scipy.special.logsumexp(logits, axis=-1)))
        return total

    ids = np.random.default_rng(34).integers(2, 23, (4, 6)).astype(np.int32)
    images = np.random.default_rng(35).uniform(-1, 1, (4, 4, 4, 3)).astype(np.float32)
    for name, function, bias, dims in (("projected", sigmoid, -2.0, (7, 7)), ("headless", sigmoid, -10.0, (None, None)),
                                       ("softmax", softmax, None, (5, 5))):
        model = two_towers.Model(
            image=dict(width=8, depth=1, mlp_dim=9, num_heads=2, patch_size=(2, 2), pool_type="map"),
            text=dict(width=8, depth=1, mlp_dim=10, num_heads=4, vocab_size=23), out_dim=dims, bias_init=bias)
        params = draw(model.init(jax.random.PRNGKey(0), images, ids)["params"], 36)

        def loss(params):
            zimg, ztxt, out = model.apply({"params": params}, images, ids)
            return function(zimg, ztxt, out), (zimg, ztxt)
        (total, (zimg, ztxt)), gradient = jax.value_and_grad(loss, has_aux=True)(params)
        save("siglip", name, tower_names(params))
        save("siglip", name + "-outputs", {
            "input.pixel_values": images, "input.input_ids": ids, "image_embeds": np.asarray(zimg),
            "text_embeds": np.asarray(ztxt), "loss": np.asarray(total)}
            | {f"gradient.{k}": v for k, v in tower_names(gradient).items()})


if __name__ == "__main__":
    if sys.argv[1:] == ["transformers"]:
        with_transformers()
    elif len(sys.argv) == 3 and sys.argv[1] == "bigvision":
        with_big_vision(sys.argv[2])
    else:
        sys.exit(__doc__)
