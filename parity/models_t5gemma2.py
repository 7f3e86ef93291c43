"""Writes tiny T5Gemma 2 models of transformers with random weights, and their outputs and gradients.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
    venv/bin/python parity/models_t5gemma2.py

It writes models/t5gemma2/testdata/NAME.safetensors with the weights as save_pretrained names them, NAME-config.json, and
NAME-outputs.safetensors with a batch and its results, which the Go tests compare with. The batch is padded on one side,
with placeholders for images, as transformers' processor makes it. Results whose names begin with "framed." are those of
each example by itself, without padding. configs.json holds what transformers makes of configs with absent keys, and
parameters.json the numbers of parameters of the published sizes.
"""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile

os.environ["OMP_NUM_THREADS"] = "1"

import torch
import transformers
from safetensors.torch import save_file
from transformers import T5Gemma2Config, T5Gemma2ForConditionalGeneration
from transformers.models.t5gemma2.modeling_t5gemma2 import T5Gemma2RMSNorm

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

TESTDATA = pathlib.Path(__file__).resolve().parent.parent / "models" / "t5gemma2" / "testdata"
VOCAB, WIDTH, BOS, PARAGRAPH, BOI, EOI, IMAGE = 41, 16, 2, 5, 37, 38, 39
STEPS = 14
BASE = dict(intermediate_size=22, num_attention_heads=4, num_key_value_heads=2, head_dim=6)


def rope(base, local, factor=None):
    full = dict(rope_type="default", rope_theta=base) if factor is None else dict(rope_type="linear", rope_theta=base, factor=factor)
    return dict(full_attention=full, sliding_attention=dict(rope_type="default", rope_theta=local))


def layers(depth, every):
    return ["sliding_attention" if (i + 1) % every else "full_attention" for i in range(depth)]


CASES = {
    # name: encoder, decoder, vision config, tokens of an image, text ids and answers (lengths), images of each example
    "local": dict(
        encoder=dict(num_hidden_layers=4, layer_types=layers(4, 2), sliding_window=5, query_pre_attn_scalar=7, **BASE),
        decoder=dict(num_hidden_layers=3, layer_types=layers(3, 2), sliding_window=3, query_pre_attn_scalar=7, **BASE),
        vision=dict(image_size=8, patch_size=2), tokens=4, prompts=[6, 3, 1], answers=[9, 2, 5], images=[1, 1, 1], side="right"),
    "left": dict(
        encoder=dict(num_hidden_layers=3, layer_types=layers(3, 3), sliding_window=4, rope_parameters=rope(700.0, 30.0, 8.0),
                     query_pre_attn_scalar=6, intermediate_size=18, num_attention_heads=2, num_key_value_heads=1, head_dim=10),
        decoder=dict(num_hidden_layers=2, layer_types=layers(2, 2), sliding_window=4, rope_parameters=rope(900.0, 20.0, 2.5),
                     query_pre_attn_scalar=9, intermediate_size=26, num_attention_heads=4, num_key_value_heads=4, head_dim=4),
        vision=dict(image_size=6, patch_size=2), tokens=9, prompts=[7, 2, 4], answers=[6, 8, 1], images=[1, 0, 2], side="left"),
    "wide": dict(
        encoder=dict(num_hidden_layers=2, layer_types=layers(2, 2), sliding_window=50, query_pre_attn_scalar=4, **BASE),
        decoder=dict(num_hidden_layers=2, layer_types=layers(2, 2), sliding_window=50, query_pre_attn_scalar=4,
                     final_logit_softcapping=4.0, **BASE),
        vision=dict(image_size=12, patch_size=2), tokens=4, prompts=[4, 9], answers=[17, 4], images=[2, 1], side="right"),
    "text": dict(
        encoder=dict(num_hidden_layers=2, sliding_window=2, rope_parameters=rope(1000.0, 50.0), query_pre_attn_scalar=6, **BASE),
        decoder=dict(num_hidden_layers=2, sliding_window=2, rope_parameters=rope(1000.0, 50.0), query_pre_attn_scalar=6, **BASE),
        vision=dict(image_size=4, patch_size=4), tokens=1, prompts=[11, 5], answers=[3, 12], images=[0, 0], side="right"),
    "global": dict(
        encoder=dict(num_hidden_layers=2, layer_types=layers(2, 1), query_pre_attn_scalar=6, **BASE),
        decoder=dict(num_hidden_layers=2, layer_types=layers(2, 1), query_pre_attn_scalar=6, **BASE),
        vision=dict(image_size=10, patch_size=2), tokens=1, prompts=[3, 5, 8], answers=[6, 6, 2], images=[1, 2, 0], side="left"),
}


def config_of(case):
    vision = dict(model_type="siglip_vision_model", hidden_size=12, intermediate_size=20, num_hidden_layers=2,
                  num_attention_heads=2, vision_use_head=False, **case["vision"])
    text = dict(hidden_size=WIDTH, vocab_size=VOCAB)
    return T5Gemma2Config(
        encoder=dict(text_config=dict(text, **case["encoder"]), vision_config=vision, mm_tokens_per_image=case["tokens"],
                     boi_token_index=BOI, eoi_token_index=EOI),
        decoder=dict(text, **case["decoder"]), image_token_index=IMAGE)


def build(case, seed):
    config = config_of(case)
    config._attn_implementation = "eager"
    model = T5Gemma2ForConditionalGeneration(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            is_scale = "vision" in name and "norm" in name and name.endswith("weight")  # Gemma's scales are 1 + weight
            p.copy_(1 + 0.1 * noise if is_scale else (0.08 if "embed_tokens" in name else 0.3) * noise)
        model.model.encoder.text_model.embed_tokens.eoi_embedding.mul_(4)
    return model.eval()


def saved(name):
    """The name that save_pretrained gives a parameter."""
    return name.replace("model.encoder.text_model.", "model.encoder.")


def frame(text, images, tokens):
    """Ids as transformers' processor makes them: images follow the begin of sentence, if the text has one."""
    image = torch.tensor([PARAGRAPH, BOI] + [IMAGE] * tokens + [EOI, PARAGRAPH])
    n = int(len(text) > 0 and text[0] == BOS)
    return torch.cat([text[:n]] + [image] * images + [text[n:]])


def padded(rows, side):
    longest = max(map(len, rows))
    pad = (lambda r: (longest - len(r), 0)) if side == "left" else (lambda r: (0, longest - len(r)))
    return torch.stack([torch.nn.functional.pad(r, pad(r)) for r in rows])


@contextlib.contextmanager
def in_float64(model):
    """Runs the model in float64, where transformers rounds some results to float32."""
    norm, softmax = T5Gemma2RMSNorm.forward, torch.nn.functional.softmax
    T5Gemma2RMSNorm.forward = lambda self, x: self._norm(x) * (1 + self.weight)
    torch.nn.functional.softmax = lambda x, dim, dtype=None: softmax(x, dim)
    try:
        yield model.double()
    finally:
        T5Gemma2RMSNorm.forward, torch.nn.functional.softmax = norm, softmax
        model.float()


def record(model, **inputs):
    """Runs the model and returns its output and every hidden state, by name."""
    seen, hooks = {}, []
    encoder, decoder = model.model.encoder, model.model.decoder
    modules = {"multi_modal_projector": encoder.multi_modal_projector, "encoder.norm": encoder.text_model.norm, "decoder.norm": decoder.norm}
    modules |= {f"encoder.layers.{i}": m for i, m in enumerate(encoder.text_model.layers)}
    modules |= {f"decoder.layers.{i}": m for i, m in enumerate(decoder.layers)}
    for name, module in modules.items():
        hooks.append(module.register_forward_hook(lambda _, __, out, name=name: seen.__setitem__(name, out)))
    out = model(**inputs)
    for hook in hooks:
        hook.remove()
    return out, {k: v.detach() for k, v in seen.items()}


def gradients_of(model, **inputs):
    model.zero_grad()
    model(**inputs).loss.backward()
    return {"gradient." + saved(name): torch.zeros_like(p) if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}


def difference(a, b):
    return float((a - b).abs().max() / b.abs().max().clamp(min=1e-4))


def batch(case, seed):
    model = build(case, seed)
    generator = torch.Generator().manual_seed(seed + 100)
    side, tokens = case["vision"]["image_size"], case["tokens"]
    prompts, answers, images = [], [], []
    for e, (p, a, n) in enumerate(zip(case["prompts"], case["answers"], case["images"])):
        prompt = torch.randint(6, BOI, (p,), generator=generator)
        if e != 1:  # the second example's prompt has no begin of sentence
            prompt[0] = BOS
        if p > 5:
            prompt[4] = EOI  # whose embedding is its own, in a text, too
        answer = torch.randint(6, BOI, (a,), generator=generator)
        if a > 7:
            answer[3] = EOI
        answer[-1] = 1
        prompts.append(prompt)
        answers.append(answer)
        images.append(torch.rand(n, 3, side, side, generator=generator) * 2 - 1)
    rows = [frame(p, len(i), tokens) for p, i in zip(prompts, images)]
    ids, targets = padded(rows, case["side"]), padded(answers, "right")
    pixels = torch.cat(images)
    inputs = dict(input_ids=ids, attention_mask=(ids > 0).long(), labels=torch.where(targets > 0, targets, -100))
    if len(pixels):
        inputs["pixel_values"] = pixels
    single = gradients_of(model, **inputs)
    with in_float64(model):
        if len(pixels):
            inputs["pixel_values"] = pixels.double()
        out, hidden = record(model, **inputs)
        gradients = gradients_of(model, **inputs)
    print("transformers' float32 differs from float64 by", max(difference(single[k], v) for k, v in gradients.items() if "k_proj.bias" not in k), "of a gradient's largest element")
    if hidden.get("multi_modal_projector") is not None:
        hidden["multi_modal_projector"] = hidden["multi_modal_projector"].reshape(1, -1, WIDTH)
    decoder = model.prepare_decoder_input_ids_from_labels(inputs["labels"])
    golden = dict(
        input_ids=ids.int(), attention_mask=inputs["attention_mask"].float(), decoder_input_ids=decoder.int(), targets=targets.int(),
        logits=out.logits.detach(), loss=out.loss.detach(), **hidden, **gradients)
    golden = {k: v.float() if v.is_floating_point() else v for k, v in golden.items()}
    if len(pixels):
        golden["images"] = pixels[None].permute(0, 1, 3, 4, 2)
    return model, golden | framed(model, case, prompts, answers, images)


def framed(model, case, prompts, answers, images):
    """Each example by itself: its logits, the loss of all, and what greedy decoding writes, by itself and in a batch."""
    most, side, tokens = max(case["images"] + [1]), case["vision"]["image_size"], case["tokens"]
    count = len(prompts)
    pixels, mask = torch.zeros(count, most, 3, side, side), torch.zeros(count, most)
    logits = torch.zeros(count, max(map(len, answers)), VOCAB)
    total, weight, rows, said = 0, 0, [], []
    for e, (prompt, answer, own) in enumerate(zip(prompts, answers, images)):
        # The images that an example lacks come first in every other example, and are not zero.
        at = slice(most - len(own), most) if e % 2 else slice(0, len(own))
        pixels[e] = 0.3
        pixels[e, at], mask[e, at] = own, 1
        row = frame(prompt, len(own), tokens)
        rows.append(row)
        inputs = dict(input_ids=row[None], **(dict(pixel_values=own) if len(own) else {}))
        with torch.no_grad():
            out = model(labels=answer[None], **inputs)
        logits[e, :len(answer)] = out.logits[0]
        total, weight = total + out.loss * len(answer), weight + len(answer)
        ids = model.generate(attention_mask=torch.ones_like(row)[None], do_sample=False, max_new_tokens=STEPS, **inputs)[0, 1:]
        said.append(torch.nn.functional.pad(ids, (0, STEPS))[:STEPS])
    for where in ("left", "right"):
        ids = padded(rows, where)
        all_pixels = torch.cat(images)
        more = dict(pixel_values=all_pixels) if len(all_pixels) else {}
        together = model.generate(input_ids=ids, attention_mask=(ids > 0).long(), do_sample=False, max_new_tokens=STEPS, **more)[:, 1:]
        together = torch.nn.functional.pad(together, (0, STEPS))[:, :STEPS]
        assert torch.equal(together, torch.stack(said)), f"padding on the {where} changes what transformers generates"
    targets = padded(answers, "right")
    decoder = torch.cat([torch.zeros(count, 1, dtype=torch.long), torch.where(targets > 0, targets, 0)[:, :-1]], 1)
    return {
        "framed.images": pixels.permute(0, 1, 3, 4, 2), "framed.image_mask": mask, "framed.prompts": padded(prompts, "right").int(),
        "framed.decoder": torch.where(targets > 0, decoder, 0).int(), "framed.logits": logits, "framed.loss": total / weight,
        "framed.generated": torch.stack(said).int()}


def stack(t):
    every = t.layer_types.index("full_attention") + 1 if "full_attention" in t.layer_types else max(6, len(t.layer_types) + 1)
    full, local = t.rope_parameters["full_attention"], t.rope_parameters["sliding_attention"]
    return dict(
        depth=t.num_hidden_layers, mlp=t.intermediate_size, heads=t.num_attention_heads, kv_heads=t.num_key_value_heads,
        head_dim=t.head_dim, query_scalar=t.query_pre_attn_scalar, window=0 if every == 1 else t.sliding_window, global_every=every,
        rotary_base=full["rope_theta"], rotary_factor=full.get("factor", 1.0) if full["rope_type"] == "linear" else 1.0,
        local_rotary_base=local["rope_theta"])


def ours(c):
    """The model's config as pali3 has it."""
    v, e = c.encoder.vision_config, c.encoder
    side = v.image_size // v.patch_size
    boi = e.boi_token_index or 0
    return dict(
        vision=dict(width=v.hidden_size, mlp=v.intermediate_size, depth=v.num_hidden_layers, heads=v.num_attention_heads,
                    patch=v.patch_size, image=v.image_size) | (dict(drop_rest=True) if v.image_size % v.patch_size else {}),
        pool=side // int(e.mm_tokens_per_image**0.5), width=c.decoder.hidden_size, vocab=c.decoder.vocab_size,
        encoder=stack(e.text_config), decoder=stack(c.decoder), bos=c.decoder.bos_token_id, image_token=c.image_token_index,
        image_begin=boi, image_end=c.eoi_token_index or 0, paragraph=108 if boi == 255999 else 0,
        logit_softcap=c.decoder.final_logit_softcapping or 0)


def configs():
    """What transformers makes of configs: the values that HubConfig reads."""
    vision = dict(model_type="siglip_vision_model", hidden_size=1152, intermediate_size=4304, num_hidden_layers=27,
                  num_attention_heads=16, patch_size=14, image_size=896, vision_use_head=False)
    small = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=7)
    cases = [
        dict(encoder=dict(vision_config=vision)),
        dict(encoder=dict(vision_config=vision, text_config=dict()), decoder=dict()),
        dict(encoder=dict(vision_config=vision, text_config=small), decoder=small),
        dict(encoder=dict(vision_config=dict(image_size=448), text_config=small, mm_tokens_per_image=49), decoder=small),
        dict(encoder=dict(vision_config=dict(image_size=230), text_config=small, mm_tokens_per_image=4), decoder=small),
        dict(encoder=dict(vision_config=vision, text_config=dict(
            small, rope_theta=500.0, rope_local_base_freq=20.0, rope_scaling=dict(rope_type="linear", factor=8.0), sliding_window_pattern=3)),
             decoder=dict(small, sliding_window=17, final_logit_softcapping=30.0, layer_types=["full_attention"] * 7)),
        dict(encoder=dict(vision_config=vision, text_config=dict(
            small, rope_parameters=rope(77.0, 33.0, 4.0), query_pre_attn_scalar=9, head_dim=10, layer_types=["sliding_attention"] * 7)),
             decoder=dict(small, rope_parameters=dict(full_attention=dict(rope_type="linear", factor=2.0)), bos_token_id=4), image_token_index=7),
        dict(encoder=dict(vision_config=vision, text_config=dict(small, vocab_size=300), boi_token_index=290, eoi_token_index=None),
             decoder=dict(small, vocab_size=300), image_token_id=299),
    ]
    out = []
    for case in cases:
        case = dict(model_type="t5gemma2", **case)
        out.append(dict(config=case, want=ours(T5Gemma2Config.from_dict(json.loads(json.dumps(case))))))
    return out


def parameters():
    """The numbers of parameters of the published sizes, counted by transformers without weights."""
    out = {}
    for name, width, mlp, depth, heads, kv, window in [
            ("270m-270m", 640, 2048, 18, 4, 1, 512), ("1b-1b", 1152, 6912, 26, 4, 1, 512), ("4b-4b", 2560, 10240, 34, 8, 4, 1024)]:
        text = dict(hidden_size=width, intermediate_size=mlp, num_hidden_layers=depth, num_attention_heads=heads,
                    num_key_value_heads=kv, sliding_window=window, vocab_size=262144, rope_parameters=rope(1e6, 1e4, 8.0))
        vision = dict(model_type="siglip_vision_model", hidden_size=1152, intermediate_size=4304, num_hidden_layers=27,
                      num_attention_heads=16, patch_size=14, image_size=896, vision_use_head=False)
        config = T5Gemma2Config(encoder=dict(text_config=text, vision_config=vision), decoder=text)
        with torch.device("meta"):
            model = T5Gemma2ForConditionalGeneration(config)
        out["t5gemma2-" + name] = dict(parameters=model.num_parameters(), want=ours(config))
    return out


if __name__ == "__main__":
    TESTDATA.mkdir(parents=True, exist_ok=True)
    for seed, (name, case) in zip((31, 41, 33, 32, 35), CASES.items()):
        model, golden = batch(case, seed)
        print(name, golden["framed.generated"].tolist())
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            shutil.copy(pathlib.Path(folder) / "model.safetensors", TESTDATA / f"{name}.safetensors")
            config = json.loads((pathlib.Path(folder) / "config.json").read_text())
            (TESTDATA / f"{name}-config.json").write_text(json.dumps(config, indent=1) + "\n")
        save_file({k: v.detach().contiguous() for k, v in golden.items()}, TESTDATA / f"{name}-outputs.safetensors")
        (TESTDATA / f"{name}-ours.json").write_text(json.dumps(ours(model.config), indent=1) + "\n")
    (TESTDATA / "configs.json").write_text(json.dumps(configs(), indent=1) + "\n")
    (TESTDATA / "parameters.json").write_text(json.dumps(parameters(), indent=1) + "\n")
