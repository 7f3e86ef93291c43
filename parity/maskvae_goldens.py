"""Writes small mask VQ-VAEs with random weights, and what torch, flax, jax and Pillow compute with them.

    python -m venv venv && venv/bin/pip install -r parity/requirements-maskvae.txt
    venv/bin/python parity/maskvae_goldens.py

It writes models/maskvae/testdata/, which the Go tests load and compare with. The network is written twice: in torch, in
which it was trained (SwinTransformer/AiT, vae/models/VQVAE.py), and in flax, as big_vision decodes and encodes with it
(pp/proj/paligemma/segmentation.py, evaluators/proj/paligemma/transfers/segmentation.py). The two must agree.
"""

import copy
import pathlib

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
import torch
from safetensors.torch import save_file

TESTDATA = pathlib.Path(__file__).resolve().parent.parent / "models" / "maskvae" / "testdata"
# name: image, hidden, downsamples, blocks, codes, code width, masks
CONFIGS = {
    "small": (64, 2, 4, 2, 128, 8, 3),
    "other": (24, 3, 3, 1, 11, 5, 4),
    "bare": (8, 1, 2, 0, 5, 3, 2),
}


class Residual(torch.nn.Module):
    def __init__(self, c):
        super().__init__()
        conv, relu = torch.nn.Conv2d, torch.nn.ReLU
        self.net = torch.nn.Sequential(conv(c, c, 3, padding=1), relu(), conv(c, c, 3, padding=1), relu(), conv(c, c, 1))

    def forward(self, x):
        return x + self.net(x)


class MaskVAE(torch.nn.Module):
    def __init__(self, hidden, downsamples, blocks, codes, width):
        super().__init__()
        conv, transposed, relu = torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.ReLU
        widest = hidden * 2 ** (downsamples - 1)
        sides = [1] + [hidden * 2 ** i for i in range(downsamples)]
        layers = []
        for a, b in zip(sides, sides[1:]):
            layers += [conv(a, b, 4, stride=2, padding=1), relu()]
        layers += [Residual(widest) for _ in range(blocks)] + [conv(widest, width, 1)]
        self.encoder = torch.nn.Sequential(*layers)
        layers = [conv(width, widest, 1), relu()] + [Residual(widest) for _ in range(blocks)]
        sides = [widest] + [widest // 2 ** i for i in range(downsamples)]
        for a, b in zip(sides, sides[1:]):
            layers += [transposed(a, b, 4, stride=2, padding=1), relu()]
        self.decoder = torch.nn.Sequential(*layers, conv(hidden, 1, 1))
        self._vq_vae = torch.nn.Module()
        self._vq_vae._embedding = torch.nn.Parameter(torch.empty(codes, width))


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            if name.endswith("_embedding"):
                p.copy_(noise)
            elif name.endswith("bias"):
                p.copy_(0.2 * noise)
            else:
                transposed = name.startswith("decoder") and p.shape[-1] == 4
                inputs = p[:, 0].numel() / 4 if transposed else p[0].numel()
                p.copy_(1.3 * noise / inputs ** 0.5)


def nearest(features, table):
    flat = features.permute(0, 2, 3, 1).reshape(-1, table.shape[1])
    distances = (flat ** 2).sum(1, keepdim=True) + (table ** 2).sum(1) - 2 * flat @ table.T
    return flat, distances.argmin(1)


def losses(model, masks, by_gradient, commitment=0.25):
    target = 2 * (masks - 0.5)
    features = model.encoder(target)
    table = model._vq_vae._embedding if by_gradient else model._vq_vae._embedding.detach()
    b, d, g, _ = features.shape
    flat, ids = nearest(features, table)
    quantized = table[ids].reshape(b, g, g, d).permute(0, 3, 1, 2)
    decoded = model.decoder(features + (quantized - features).detach())
    mse = torch.nn.functional.mse_loss
    reconstruction, kept = mse(decoded, target), mse(quantized.detach(), features)
    total = reconstruction + commitment * kept
    if by_gradient:
        total = total + mse(quantized, features.detach())
    return dict(total=total, reconstruction=reconstruction, commitment=kept, decoded=decoded[:, 0]), flat, ids


def moved(table, counts, sums, flat, ids, decay=0.99, epsilon=1e-5):
    chosen = torch.nn.functional.one_hot(ids, len(table)).float()
    counts = counts * decay + (1 - decay) * chosen.sum(0)
    n = counts.sum()
    counts = (counts + epsilon) / (n + len(table) * epsilon) * n
    sums = sums * decay + (1 - decay) * chosen.T @ flat
    return dict(codes=sums / counts[:, None], counts=counts, sums=sums)


def trained(model, masks, counts, sums, steps=10, rate=0.01):
    """Gradient descent, with the moving average of the codes after each step."""
    for _ in range(steps):
        model.zero_grad()
        parts, flat, chosen = losses(model, masks, False)
        parts["total"].backward()
        with torch.no_grad():
            for p in model.parameters():
                if p.grad is not None:
                    p -= rate * p.grad
            state = moved(model._vq_vae._embedding, counts, sums, flat, chosen)
            counts, sums = state["counts"], state["sums"]
            model._vq_vae._embedding.copy_(state["codes"])
    return {k: p.detach().clone() for k, p in model.named_parameters()}


class FlaxResidual(nn.Module):
    @nn.compact
    def __call__(self, x):
        y = nn.relu(nn.Conv(x.shape[-1], (3, 3), padding=1)(x))
        y = nn.relu(nn.Conv(x.shape[-1], (3, 3), padding=1)(y))
        return x + nn.Conv(x.shape[-1], (1, 1), padding=0)(y)


class FlaxDecoder(nn.Module):
    widest: int
    blocks: int
    upsamples: int

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(self.widest, (1, 1), padding=0)(x))
        for _ in range(self.blocks):
            x = FlaxResidual()(x)
        for i in range(self.upsamples):
            x = nn.relu(nn.ConvTranspose(
                self.widest >> i, (4, 4), strides=(2, 2), padding=2, transpose_kernel=True)(x))
        return nn.Conv(1, (1, 1), padding=0)(x)


def in_flax(weights, masks, ids, shape):
    _, hidden, downsamples, blocks, _, width, _ = shape
    w = {k: jnp.asarray(v.numpy()) for k, v in weights.items()}

    def at(name):
        return {"kernel": w[name + ".weight"].transpose(2, 3, 1, 0), "bias": w[name + ".bias"]}

    def conv(x, name, stride=1):
        p = at(name)
        return jax.lax.conv_general_dilated(
            x, p["kernel"], (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + p["bias"]

    x = 2 * (jnp.asarray(masks.numpy()).transpose(0, 2, 3, 1) - 0.5)
    for i in range(downsamples):
        x = nn.relu(conv(x, f"encoder.{2 * i}", 2))
    for i in range(blocks):
        name = f"encoder.{2 * downsamples + i}.net"
        x = x + conv(nn.relu(conv(nn.relu(conv(x, name + ".0")), name + ".2")), name + ".4")
    features = conv(x, f"encoder.{2 * downsamples + blocks}")

    params = {"Conv_0": at("decoder.0"), "Conv_1": at(f"decoder.{2 + blocks + 2 * downsamples}")}
    for i in range(blocks):
        params[f"FlaxResidual_{i}"] = {f"Conv_{j}": at(f"decoder.{2 + i}.net.{2 * j}") for j in range(3)}
    for i in range(downsamples):
        params[f"ConvTranspose_{i}"] = at(f"decoder.{2 + blocks + 2 * i}")
    table = w["_vq_vae._embedding"]
    grid = int(round(ids.shape[1] ** 0.5))
    vectors = jnp.take(table, jnp.asarray(ids.numpy()).reshape(-1), axis=0).reshape(len(ids), grid, grid, width)
    decoded = FlaxDecoder(hidden << (downsamples - 1), blocks, downsamples).apply({"params": params}, vectors)
    return np.array(features), np.array(decoded[..., 0])


def shapes(image, count, seed):
    """Masks as resizing makes them: a disc, a box, a line with soft edges, noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:image, :image] / image
    kinds = [
        np.clip((0.35 - np.hypot(y - 0.4, x - 0.55)) * image, 0, 1),
        ((y > 0.2) & (y < 0.7) & (x > 0.5)).astype(float),
        np.clip(2 - np.abs(y - 0.8 * x - 0.1) * image, 0, 1),
        rng.random((image, image)),
    ]
    return torch.tensor(np.stack(kinds[:count])[:, None], dtype=torch.float32)


def network(name, shape, seed):
    image, hidden, downsamples, blocks, codes, width, count = shape
    model = MaskVAE(hidden, downsamples, blocks, codes, width)
    randomize(model, seed)
    masks = shapes(image, count, seed)
    tokens = (image >> downsamples) ** 2
    with torch.no_grad():  # codes near the features, so that several of them are chosen
        flat, _ = nearest(model.encoder(2 * (masks - 0.5)), model._vq_vae._embedding)
        table = model._vq_vae._embedding
        table.copy_(table * flat.std(0) + flat.mean(0))
    ids = torch.randint(0, codes, (3, tokens), generator=torch.Generator().manual_seed(seed))
    ids[0, :2] = torch.tensor([0, codes - 1])
    out = dict(masks=masks[:, 0], ids=ids.int())
    with torch.no_grad():
        features = model.encoder(2 * (masks - 0.5)).permute(0, 2, 3, 1)
        side = image >> downsamples
        out["features"] = features
        out["nearest"] = nearest(model.encoder(2 * (masks - 0.5)), table)[1].reshape(count, tokens).int()
        out["decoded"] = model.decoder(table[ids].reshape(3, side, side, width).permute(0, 3, 1, 2))[:, 0]
    weights = {k: v.detach().contiguous() for k, v in model.named_parameters()}
    flax_features, flax_decoded = in_flax(weights, masks, ids, shape)
    np.testing.assert_allclose(flax_features, features, atol=2e-5)
    np.testing.assert_allclose(flax_decoded, out["decoded"], atol=2e-5)

    counts = torch.rand(codes, generator=torch.Generator().manual_seed(seed)) * 3
    sums = torch.randn(codes, width, generator=torch.Generator().manual_seed(seed + 1))
    out.update({"average.counts": counts, "average.sums": sums})
    for rule in ("ema", "loss"):
        model.zero_grad()
        parts, flat, chosen = losses(model, masks, rule == "loss")
        parts["total"].backward()
        out.update({f"{rule}.{k}": v.detach() for k, v in parts.items() if k != "decoded"})
        out.update({f"gradient.{k}": p.grad.clone() for k, p in model.named_parameters() if p.grad is not None})
    out["reconstructed"] = parts["decoded"].detach()  # rules differ in the gradient of the codes alone
    out.update({f"moved.{k}": v.detach() for k, v in moved(table.detach(), counts, sums, flat.detach(), chosen).items()})

    if name != "small":  # its hidden states are large
        with torch.no_grad():
            target = 2 * (masks - 0.5)
            x = target
            for part, layers in (("encoder", model.encoder), ("decoder", model.decoder)):
                if part == "decoder":
                    x = table[chosen].reshape(count, side, side, width).permute(0, 3, 1, 2)
                for i, layer in enumerate(layers):
                    x = layer(x)
                    if i + 1 == len(layers) or not isinstance(layers[i + 1], torch.nn.ReLU):
                        at = i - isinstance(layer, torch.nn.ReLU)  # a state has the number of its convolution
                        out[f"hidden.{part}.{at}"] = x.permute(0, 2, 3, 1)
    if name == "other":
        out.update({f"trained.{k}": v for k, v in trained(copy.deepcopy(model), masks, counts, sums).items()})

    np.savez(TESTDATA / f"{name}.npz", **{k: v.numpy() for k, v in weights.items()})
    save_file(weights, TESTDATA / f"{name}.safetensors")
    save_file({k: v.contiguous() for k, v in out.items()}, TESTDATA / f"{name}-outputs.safetensors")
    print(f"{name}: {len(set(out['nearest'].flatten().tolist()))} codes used, "
          f"decoded {out['decoded'].min():.2f} to {out['decoded'].max():.2f}, loss {out['ema.total']:.4f}")


def resizing():
    """A mask cut to its box as big_vision's refcoco_mask2str does, with jax.image for tf.image.resize; and a decoded mask
    resized to its box as big_vision's evaluator does, with Pillow."""
    rng = np.random.default_rng(5)
    out = {}
    cases = [(50, 70, (0.1, 0.2, 0.9, 0.75)), (9, 13, (0.0, 0.0, 1.0, 1.0)), (130, 90, (0.0, 0.03, 1.0, 0.98)),
             (64, 64, (0.25, 0.25, 0.2656, 0.77)), (90, 31, (0.5, 0.5, 0.52, 0.55))]
    for i, (height, width, box) in enumerate(cases):
        mask = ((rng.random((height, width)) < 0.5) * 255).astype(np.uint8)
        b = np.array(box, np.float32)
        scale = np.array([height, width, height, width], np.float32)
        y1, x1, y2, x2 = np.round(scale * b).astype(np.int32)  # numpy rounds halves to even, as tf.round does
        crop = jax.image.resize(jnp.asarray(mask[y1:y2, x1:x2], jnp.float32), (64, 64), "linear", antialias=True) / 255
        out[f"crop{i}.mask"] = torch.from_numpy(mask.astype(np.int32))
        out[f"crop{i}.box"] = torch.tensor(box, dtype=torch.float32)
        out[f"crop{i}.resized"] = torch.from_numpy(np.array(crop))
        out[f"crop{i}.loc"] = torch.from_numpy(np.clip(np.round(b * 1023), 0, 1023).astype(np.int32))
    decoded = rng.standard_normal((64, 64)).astype(np.float32)
    out["paste.decoded"] = torch.from_numpy(decoded)
    cases = [(120, 100, (10, 20, 1000, 1023)), (40, 33, (0, 0, 1023, 1023)), (97, 61, (511, 300, 560, 420)),
             (64, 64, (0, 0, 1023, 1023)), (50, 20, (512, 512, 540, 570))]
    for i, (height, width, loc) in enumerate(cases):
        box = np.array(loc) / 1023
        y1, x1, y2, x2 = map(int, (box[0] * height, box[1] * width, box[2] * height, box[3] * width))
        resized = np.asarray(PIL.Image.fromarray(decoded).resize([x2 - x1, y2 - y1], resample=PIL.Image.BILINEAR))
        whole = np.zeros((height, width), np.int32)
        whole[y1:y2, x1:x2] = resized > 0
        out[f"paste{i}.loc"] = torch.tensor(loc, dtype=torch.int32)
        out[f"paste{i}.mask"] = torch.from_numpy(whole)
    save_file(out, TESTDATA / "resizing.safetensors")


if __name__ == "__main__":
    TESTDATA.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for i, (name, shape) in enumerate(CONFIGS.items()):
        network(name, shape, 20 + i)
    resizing()
