"""Writes tiny PaliGemma models of transformers with random weights, and their outputs and gradients.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
    venv/bin/python parity/models_paligemma.py

It writes models/paligemma/testdata/NAME.safetensors with the weights and NAME-outputs.safetensors with a batch and its
results, which the Go tests compare with. Transformers runs every example by itself, without padding; the script lays
its results out as the Go batch has them: images, prompt, padding, answer, padding. NAME-config.json is the model's
config, and configs.json holds what transformers makes of configs with absent keys.
"""

import json
import pathlib
import tempfile

import torch
from safetensors.torch import save_file
from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration

TESTDATA = pathlib.Path(__file__).resolve().parent.parent / "models" / "paligemma" / "testdata"
VOCAB, WIDTH, IMAGE_TOKEN = 41, 16, 40

CASES = {
    # name: text config, vision config, prompts, answers (their lengths), images of each example
    "gemma": dict(
        text=dict(model_type="gemma", num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=1, head_dim=6),
        vision=dict(image_size=8, patch_size=4), prompts=[5, 3, 1], answers=[6, 2, 4], images=[[1], [1], [1]]),
    "heads": dict(
        text=dict(model_type="gemma", num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, head_dim=10,
                  rope_parameters=dict(rope_type="default", rope_theta=50.0)),
        vision=dict(image_size=6, patch_size=2), prompts=[4, 7], answers=[1, 5], images=[[1, 1], [0, 1]]),
    "gemma2": dict(
        text=dict(model_type="gemma2", num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=6,
                  query_pre_attn_scalar=7, sliding_window=5, attn_logit_softcapping=2.0, final_logit_softcapping=4.0),
        vision=dict(image_size=8, patch_size=4), prompts=[9, 2, 6], answers=[11, 7, 3], images=[[1, 1], [1, 0], [0, 0]]),
    "window": dict(
        text=dict(model_type="gemma2", num_hidden_layers=4, num_attention_heads=8, num_key_value_heads=2, head_dim=4,
                  query_pre_attn_scalar=4, sliding_window=3),
        vision=dict(image_size=4, patch_size=4), prompts=[3, 12], answers=[17, 4], images=[[1], [1]]),
}


def build(case, seed):
    vision = dict(model_type="siglip_vision_model", hidden_size=12, intermediate_size=20, num_hidden_layers=2,
                  num_attention_heads=2, vision_use_head=False, **case["vision"])
    text = dict(hidden_size=WIDTH, intermediate_size=22, vocab_size=VOCAB, **case["text"])
    config = PaliGemmaConfig(vision_config=vision, text_config=text, projection_dim=WIDTH, hidden_size=WIDTH,
                             image_token_index=IMAGE_TOKEN)
    config._attn_implementation = "eager"  # the only one with softcaps
    model = PaliGemmaForConditionalGeneration(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            is_scale = "vision" in name and "norm" in name and name.endswith("weight")  # Gemma's scales are 1 + weight
            p.copy_(1 + 0.1 * noise if is_scale else (0.08 if "embed_tokens" in name else 0.4) * noise)
    return model.eval()


def run(model, images, prompt, answer):
    """Returns the hidden states and the logits [1, L, V] of images, prompt and answer, by name."""
    tokens = model.config.text_config.num_image_tokens * len(images)
    ids = torch.cat([torch.full((tokens,), IMAGE_TOKEN), prompt, answer[:-1]])[None]
    types = torch.ones_like(ids)
    types[:, :tokens + len(prompt)] = 0
    seen, hooks = {}, []
    language = model.model.language_model
    for name, module in [(f"layers.{i}", m) for i, m in enumerate(language.layers)] + [("norm", language.norm)]:
        hooks.append(module.register_forward_hook(lambda _, __, out, name=name: seen.__setitem__(name, out)))
    pixels = dict(pixel_values=images) if len(images) else {}
    labels = torch.where(types == 1, ids, -100)
    out = model(input_ids=ids, token_type_ids=types, attention_mask=torch.ones_like(ids), labels=labels, **pixels)
    for hook in hooks:
        hook.remove()
    start = tokens + len(prompt) - 1
    return seen, out.logits[0, start:], out.loss, ids, types


def batch(case, seed):
    model = build(case, seed)
    generator = torch.Generator().manual_seed(seed + 100)
    count, n, side = len(case["prompts"]), len(case["images"][0]), case["vision"]["image_size"]
    tokens = model.config.text_config.num_image_tokens
    images = torch.rand(count, n, 3, side, side, generator=generator) * 2 - 1
    prompt, answer = max(case["prompts"]), max(case["answers"])
    length = n * tokens + prompt + answer - 1
    ids, targets = torch.zeros(count, prompt, dtype=torch.int32), torch.zeros(count, answer, dtype=torch.int32)
    out = {f"language_model.layers.{i}": torch.zeros(count, length, WIDTH) for i in range(len(model.model.language_model.layers))}
    out["language_model.norm"] = torch.zeros(count, length, WIDTH)
    logits = torch.zeros(count, answer, VOCAB)
    there = torch.zeros(count, length)
    total, weight = 0, 0
    for e in range(count):
        p = torch.randint(2, IMAGE_TOKEN, (case["prompts"][e],), generator=generator)
        a = torch.randint(2, IMAGE_TOKEN, (case["answers"][e],), generator=generator)
        a[-1] = 1
        ids[e, :len(p)], targets[e, :len(a)] = p, a
        used = images[e][torch.tensor(case["images"][e]) == 1]
        seen, scores, loss, full, _ = run(model, used, p, a)
        places = [i * tokens + t for i, use in enumerate(case["images"][e]) if use for t in range(tokens)]
        places += [n * tokens + i for i in range(len(p))] + [n * tokens + prompt + i for i in range(len(a) - 1)]
        for name, x in seen.items():
            out["language_model." + name][e, places] = x[0].detach()
        there[e, places] = 1
        logits[e, :len(a)] = scores.detach()
        each = torch.nn.functional.cross_entropy(scores, a, reduction="none")
        if len(a) > 1:  # transformers' own loss leaves out the answer's last id here, which is not fed
            torch.testing.assert_close(each[:-1].mean(), loss, rtol=1e-5, atol=1e-6)
        total, weight = total + each.sum(), weight + len(a)
    loss = total / weight
    loss.backward()
    decoder = torch.zeros_like(targets)
    decoder[:, 1:] = torch.where(targets[:, 1:] > 0, targets[:, :-1], 0)
    return model, dict(
        images=images.permute(0, 1, 3, 4, 2), image_mask=torch.tensor(case["images"]).float(), input_ids=ids,
        decoder_input_ids=decoder, targets=targets, there=there, logits=logits, loss=loss.detach(), **out,
        **{"gradient." + name: p.grad for name, p in model.named_parameters()})


def generate(model, golden, steps):
    """Greedy decoding of the batch, padded on the left, and of each example by itself, which must agree."""
    rows, images, alone = [], [], []
    tokens = model.config.text_config.num_image_tokens
    for e, ids in enumerate(golden["input_ids"].long()):
        used = golden["images"][e][golden["image_mask"][e] == 1].permute(0, 3, 1, 2)
        row = torch.cat([torch.full((tokens * len(used),), IMAGE_TOKEN), ids[ids > 0]])
        rows.append(row)
        images.append(used)
        pixels = dict(pixel_values=used) if len(used) else {}
        said = model.generate(input_ids=row[None], token_type_ids=torch.zeros_like(row)[None], do_sample=False,
                              attention_mask=torch.ones_like(row)[None], max_new_tokens=steps, **pixels)
        alone.append(torch.nn.functional.pad(said[0, len(row):], (0, steps))[:steps])
    longest = max(map(len, rows))
    padded = torch.stack([torch.nn.functional.pad(r, (longest - len(r), 0)) for r in rows])
    mask = torch.stack([torch.nn.functional.pad(torch.ones_like(r), (longest - len(r), 0)) for r in rows])
    said = model.generate(input_ids=padded, attention_mask=mask, token_type_ids=torch.zeros_like(padded),
                          pixel_values=torch.cat(images), do_sample=False, max_new_tokens=steps)[:, longest:]
    said = torch.nn.functional.pad(said, (0, steps))[:, :steps]
    assert torch.equal(said, torch.stack(alone)), "padding changes what transformers generates"
    return said.int()


def older(name):
    """The names of the files that are public, which transformers also writes, with "vision_model" as until 4.x."""
    name = name.replace("model.vision_tower.", "vision_tower.vision_model.")
    name = name.replace("model.language_model.", "language_model.model.")
    return name.replace("model.multi_modal_projector.", "multi_modal_projector.")


def check_older(model):
    """Transformers must load a folder with the older names."""
    with tempfile.TemporaryDirectory() as folder:
        model.config.save_pretrained(folder)
        save_file({older(k): v.detach().contiguous() for k, v in model.named_parameters()},
                  pathlib.Path(folder) / "model.safetensors", {"format": "pt"})
        loaded, info = PaliGemmaForConditionalGeneration.from_pretrained(
            folder, attn_implementation="eager", output_loading_info=True)
        assert not info["missing_keys"] and not info["unexpected_keys"], info
        for (name, a), (_, b) in zip(model.named_parameters(), loaded.named_parameters()):
            assert torch.equal(a, b), name


def configs():
    """What transformers makes of configs: the values that HubConfig reads."""
    vision = dict(model_type="siglip_vision_model", hidden_size=1152, intermediate_size=4304, num_hidden_layers=27,
                  num_attention_heads=16, patch_size=14, image_size=448, vision_use_head=False)
    cases = [
        dict(),
        dict(vision_config=vision),
        dict(vision_config=vision, projection_dim=3072, text_config=dict()),
        dict(vision_config=dict(hidden_size=64, num_attention_heads=4), projection_dim=2304, text_config=dict(model_type="gemma2")),
        dict(vision_config=vision, text_config=dict(  # as in google/paligemma-3b-pt-448
            model_type="gemma", hidden_size=2048, intermediate_size=16384, num_attention_heads=8, num_hidden_layers=18,
            num_image_tokens=1024, num_key_value_heads=1, vocab_size=257216)),
        dict(vision_config=vision, projection_dim=64, text_config=dict(
            model_type="gemma2", hidden_size=64, num_attention_heads=4, num_key_value_heads=4, num_hidden_layers=3,
            rope_theta=500.0, attn_logit_softcapping=None, final_logit_softcapping=None, sliding_window=17)),
        dict(vision_config=vision, projection_dim=64, text_config=dict(
            model_type="gemma2", hidden_size=64, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=3, head_dim=10,
            rope_parameters=dict(rope_type="default", rope_theta=77.0), query_pre_attn_scalar=9,
            layer_types=["full_attention"] * 3)),
        dict(vision_config=vision, projection_dim=64, text_config=dict(
            model_type="gemma", hidden_size=64, num_attention_heads=4, num_key_value_heads=2, hidden_act="gelu", sliding_window=5)),
    ]
    out = []
    for case in cases:
        case = dict(model_type="paligemma", **case)
        c = PaliGemmaConfig.from_dict(case)
        v, t = c.vision_config, c.text_config
        gemma2 = t.model_type == "gemma2"
        slides = gemma2 and "sliding_attention" in t.layer_types
        out.append(dict(config=case, want=dict(
            vision=dict(width=v.hidden_size, mlp=v.intermediate_size, depth=v.num_hidden_layers, heads=v.num_attention_heads,
                        patch=v.patch_size, image=v.image_size),
            language=dict(
                width=t.hidden_size, mlp=t.intermediate_size, depth=t.num_hidden_layers, heads=t.num_attention_heads,
                kv_heads=t.num_key_value_heads, head_dim=t.head_dim, vocab=t.vocab_size,
                rotary_base=t.rope_parameters["rope_theta"], post_norms=gemma2,
                query_scalar=t.query_pre_attn_scalar if gemma2 else t.head_dim, window=t.sliding_window if slides else 0,
                attention_softcap=(t.attn_logit_softcapping or 0) if gemma2 else 0,
                logit_softcap=(t.final_logit_softcapping or 0) if gemma2 else 0))))
    return out


if __name__ == "__main__":
    TESTDATA.mkdir(parents=True, exist_ok=True)
    for seed, (name, case) in enumerate(CASES.items(), 11):
        model, golden = batch(case, seed)
        golden["generated"] = generate(model, golden, 14)
        print(name, golden["generated"].tolist())
        check_older(model)
        (TESTDATA / f"{name}-config.json").write_text(model.config.to_json_string())
        rename = older if name in ("gemma", "gemma2") else str
        weights = {rename(k): v.detach().contiguous() for k, v in model.named_parameters()}
        save_file(weights, TESTDATA / f"{name}.safetensors", {"format": "pt"})
        save_file({k: v.detach().contiguous() for k, v in golden.items()}, TESTDATA / f"{name}-outputs.safetensors")
    (TESTDATA / "configs.json").write_text(json.dumps(configs(), indent=1))
