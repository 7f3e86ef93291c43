"""Does the work of bench/models in torch on the CPU and prints times and results as JSON.

    python torch_peer.py NET FOLDER step|forward REPEAT WARM [--compile]

FOLDER holds the weights and the batch that `models write` made. The models are written as one would for speed: functions
of tensors, F.scaled_dot_product_attention where nothing but a mask is added to the scores, F.layer_norm, F.rms_norm,
channels-first images, fused AdamW. THREADS is the number of threads, 2 by default. Results must equal those of pali3.
"""

import argparse
import json
import math
import os
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

EPSILON, Z_LOSS = 1e-6, 1e-4


def dense(p, name, x):
    return F.linear(x, p[name + ".weight"], p.get(name + ".bias"))


def heads(x, count):
    return x.view(*x.shape[:2], count, -1).transpose(1, 2)


def merge(x):
    return x.transpose(1, 2).flatten(2)


def layer_norm(p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[name + ".weight"], p[name + ".bias"], EPSILON)


def block(p, at, x, count):
    h = layer_norm(p, at + "layer_norm1", x)
    q, k, v = (heads(dense(p, f"{at}self_attn.{n}_proj", h), count) for n in "qkv")
    x = x + dense(p, at + "self_attn.out_proj", merge(F.scaled_dot_product_attention(q, k, v)))
    return x + mlp(p, at + "mlp", layer_norm(p, at + "layer_norm2", x))


def mlp(p, at, x):
    return dense(p, at + ".fc2", F.gelu(dense(p, at + ".fc1", x), approximate="tanh"))


def depth(p, start):
    return 1 + max(int(name[len(start):].split(".")[0]) for name in p if name.startswith(start))


def image_encoder(p, images, count):
    at = "vision_model.embeddings."
    kernel = p[at + "patch_embedding.weight"]
    x = F.conv2d(images, kernel, p[at + "patch_embedding.bias"], stride=kernel.shape[-1]).flatten(2).transpose(1, 2)
    x = x + p[at + "position_embedding.weight"]
    for i in range(depth(p, "vision_model.encoder.layers.")):
        x = block(p, f"vision_model.encoder.layers.{i}.", x, count)
    return layer_norm(p, "vision_model.post_layernorm", x)


def attention_pool(p, at, x, count):
    w = x.shape[-1]
    kernel, bias = p[at + "attention.in_proj_weight"], p[at + "attention.in_proj_bias"]
    q = heads(F.linear(p[at + "probe"], kernel[:w], bias[:w]), count).expand(len(x), -1, -1, -1)
    k, v = (heads(y, count) for y in F.linear(x, kernel[w:], bias[w:]).chunk(2, -1))
    x = dense(p, at + "attention.out_proj", merge(F.scaled_dot_product_attention(q, k, v)))
    return (x + mlp(p, at + "mlp", layer_norm(p, at + "layernorm", x)))[:, 0]


class Classifier:
    """ViT with the mean of its tokens before a linear layer."""

    def __init__(self, count):
        self.count = count

    def forward(self, p, b):
        return dense(p, "classifier", image_encoder(p, b["images"], self.count).mean(1))

    def loss(self, p, b):
        return F.cross_entropy(self.forward(p, b), b["targets"][:, 0])


class Siglip:
    def __init__(self, count):
        self.count = count

    def forward(self, p, b):
        images = F.normalize(attention_pool(p, "vision_model.head.", image_encoder(p, b["images"], self.count), self.count))
        at = "text_model."
        x = F.embedding(b["encoder"], p[at + "embeddings.token_embedding.weight"]) + p[at + "embeddings.position_embedding.weight"]
        for i in range(depth(p, at + "encoder.layers.")):
            x = block(p, f"{at}encoder.layers.{i}.", x, self.count)
        texts = F.normalize(dense(p, at + "head", layer_norm(p, at + "final_layer_norm", x[:, -1])))
        return images @ texts.T * p["logit_scale"].exp() + p["logit_bias"]

    def loss(self, p, b):
        logits = self.forward(p, b)
        z = 2 * torch.eye(len(logits)) - 1
        return -F.logsigmoid(z * logits).sum() / len(logits)


def rms_norm(p, name, x):
    return F.rms_norm(x, x.shape[-1:], p[name + ".weight"], EPSILON)


def buckets(length, bidirectional, count=32, furthest=128):
    """T5's buckets of relative positions, [query, key]."""
    n = torch.arange(length)[:, None] - torch.arange(length)[None, :]
    first = torch.zeros_like(n)
    if bidirectional:
        count //= 2
        first = (n < 0) * count
        n = n.abs()
    n = n.clamp(min=0)
    exact = count // 2
    large = exact + (torch.log(n / exact + torch.finfo(torch.float32).eps) / math.log(furthest / exact) * (count - exact)).long()
    return first + torch.where(n < exact, n, large.clamp(max=count - 1))


class T5:
    def __init__(self, count, activation):
        self.count, self.activation, self.buckets = count, activation, {}

    def position_bias(self, p, stack, length):
        if stack not in self.buckets:
            self.buckets[stack] = buckets(length, stack == "encoder")
        table = p[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        return F.embedding(self.buckets[stack], table).permute(2, 0, 1)[None]

    def attention(self, p, at, x, y, bias):
        q, k, v = heads(dense(p, at + ".q", x), self.count), heads(dense(p, at + ".k", y), self.count), heads(dense(p, at + ".v", y), self.count)
        if bias.requires_grad:
            found = (q @ k.transpose(-1, -2) + bias).softmax(-1) @ v
        else:
            found = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=1)
        return dense(p, at + ".o", merge(found))

    def gated(self, p, at, x):
        h = rms_norm(p, at + ".layer_norm", x)
        at += ".DenseReluDense"
        return dense(p, at + ".wo", self.activation(dense(p, at + ".wi_0", h)) * dense(p, at + ".wi_1", h))

    def embedded(self, p, b):
        return F.embedding(b["encoder"], p["shared.weight"]), b["encoder"] > 0

    def forward(self, p, b):
        x, mask = self.embedded(p, b)
        padding = ((~mask).float() * -1e9)[:, None, None, :]
        bias = self.position_bias(p, "encoder", x.shape[1]) + padding
        for i in range(depth(p, "encoder.block.")):
            at = f"encoder.block.{i}.layer."
            h = rms_norm(p, at + "0.layer_norm", x)
            x = x + self.attention(p, at + "0.SelfAttention", h, h, bias)
            x = x + self.gated(p, at + "1", x)
        encoded = rms_norm(p, "encoder.final_layer_norm", x)

        x = F.embedding(b["decoder"], p["shared.weight"])
        bias = self.position_bias(p, "decoder", x.shape[1]) + torch.full((x.shape[1], x.shape[1]), -1e9).triu(1)
        for i in range(depth(p, "decoder.block.")):
            at = f"decoder.block.{i}.layer."
            h = rms_norm(p, at + "0.layer_norm", x)
            x = x + self.attention(p, at + "0.SelfAttention", h, h, bias)
            x = x + self.attention(p, at + "1.EncDecAttention", rms_norm(p, at + "1.layer_norm", x), encoded, padding)
            x = x + self.gated(p, at + "2", x)
        return dense(p, "lm_head", rms_norm(p, "decoder.final_layer_norm", x))

    def loss(self, p, b):
        logits, targets = self.forward(p, b).flatten(0, 1), b["targets"].flatten()
        losses = F.cross_entropy(logits, targets, reduction="none") + Z_LOSS * logits.logsumexp(-1).square()
        counted = (targets > 0).float()
        return (losses * counted).sum() / counted.sum()


class Pali(T5):
    """The T5's encoder reads the image encoder's tokens before the prompt."""

    def embedded(self, p, b):
        x, mask = super().embedded(p, b)
        tokens = dense(p, "multi_modal_projector.linear", image_encoder(p, b["images"], self.count))
        return torch.cat([tokens, x], 1), torch.cat([torch.ones(tokens.shape[:2], dtype=torch.bool), mask], 1)


def models():
    gelu = lambda x: F.gelu(x, approximate="tanh")
    return {
        "pali": Pali(4, F.silu), "captioner": Pali(4, F.silu), "ul2": T5(6, F.silu), "t5": T5(6, gelu), "vit": Classifier(6),
        "siglip": Siglip(6), "siglip-small": Siglip(4),
    }


def is_kernel(name, value):
    return value.dim() > 1 and not any(part in name for part in ("shared", "embedding.weight", "relative_attention_bias", "probe")) \
        or "patch_embedding.weight" in name


def used():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


def main(o):
    torch.set_num_threads(int(os.environ.get("THREADS", "2")))
    p = load_file(os.path.join(o.folder, "weights.safetensors"))
    b = {name: value.long() if value.dtype == torch.int32 else value for name, value in load_file(os.path.join(o.folder, "batch.safetensors")).items()}
    if "images" in b:
        b["images"] = b["images"].permute(0, 3, 1, 2).contiguous()
    model = models()[o.net]
    if o.work == "step":
        for value in p.values():
            value.requires_grad_()
        decayed = [value for name, value in p.items() if is_kernel(name, value)]
        others = [value for name, value in p.items() if not is_kernel(name, value)]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=1e-3, fused=not o.plain)
        loss_of = torch.compile(model.loss) if o.compile else model.loss

        def work():
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(p, b)
            loss.backward()
            torch.nn.utils.get_total_norm([value.grad for value in p.values()])
            optimizer.step()
            return loss
    else:
        forward = torch.compile(model.forward) if o.compile else model.forward

        def work():
            with torch.inference_mode():
                return forward(p, b)

    times, results, spent = [], [], 0.0
    for i in range(o.repeat):
        cpu, began = used(), time.perf_counter()
        out = work()
        took, cpu = time.perf_counter() - began, used() - cpu
        if o.work == "step":
            results.append(out.item())
        if i >= o.warm:
            times.append(1e3 * took)
            spent += 1e3 * cpu
    if o.work == "forward":
        flat = out.flatten()
        results = [flat[i * (len(flat) - 1) // 15].item() for i in range(16)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": statistics.median(times), "cpu_ms": spent / len(times), "mib": peak, "results": results}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("net")
    parser.add_argument("folder")
    parser.add_argument("work", choices=["step", "forward"])
    parser.add_argument("repeat", type=int)
    parser.add_argument("warm", type=int)
    parser.add_argument("--compile", action="store_true", help="use torch.compile")
    parser.add_argument("--plain", action="store_true", help="AdamW that is not fused, torch's default")
    main(parser.parse_args())
