"""Loads what `pali3 weights` wrote in transformers, and compares results.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
    venv/bin/python parity/weights_in_transformers.py bin/pali3

It converts a folder that save_pretrained wrote, in shards and in bfloat16, and big_vision's checkpoints under
models/siglip/testdata, and exits with 1 if a difference is larger than 1e-5.
"""

import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import SiglipConfig, SiglipModel, T5Config, T5ForConditionalGeneration

TESTDATA = pathlib.Path(__file__).resolve().parent.parent / "models" / "siglip" / "testdata"
failed = False


def report(what, a, b, within):
    global failed
    difference = (a.float() - b.float()).abs().max().item()
    failed |= not difference <= within
    print(f"{what}: largest difference {difference:.2g}")


def convert(pali3, *args):
    subprocess.run([pali3, "--quiet", "weights", "convert", *map(str, args)], check=True, stdout=subprocess.DEVNULL)


def siglip_config():
    tower = dict(hidden_size=12, num_hidden_layers=2, intermediate_size=16, num_attention_heads=2,
                 hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6)
    return SiglipConfig(
        vision_config=dict(tower, image_size=6, patch_size=2),
        text_config=dict(tower, hidden_size=16, intermediate_size=20, num_attention_heads=4, vocab_size=23,
                         max_position_embeddings=7, projection_size=12))


def big_vision(pali3, folder):
    golden = load_file(TESTDATA / "big_vision-outputs.safetensors")
    for name in ("big_vision", "big_vision-scanned", "big_vision-old"):
        to = folder / name
        convert(pali3, TESTDATA / f"{name}.npz", to, "--shard-size", "5KB")
        siglip_config().save_pretrained(to)
        model, info = SiglipModel.from_pretrained(to, output_loading_info=True)
        assert not info["missing_keys"] and not info["unexpected_keys"], info
        with torch.no_grad():
            out = model.eval()(input_ids=golden["texts"].long(), pixel_values=golden["images"].permute(0, 3, 1, 2))
        report(f"{name}: image embeddings", out.image_embeds, golden["image_embeds"], 1e-5)
        report(f"{name}: text embeddings", out.text_embeds, golden["text_embeds"], 1e-5)
        report(f"{name}: logits", out.logits_per_image, golden["logits"], 1e-5)


def saved(pali3, folder, model, run):
    """A model that save_pretrained divided, converted to one file, to bfloat16, and to smaller shards."""
    name = type(model).__name__
    model.eval().save_pretrained(folder / name, max_shard_size="4KB")
    assert (folder / name / "model.safetensors.index.json").exists()
    want = run(model)
    for args in (["--shard-size", "3KB"], [], ["--dtype", "f32"]):
        to = folder / "-".join([name, "converted", *args])
        convert(pali3, folder / name, to, *args)
        report(f"{name} {args}", run(type(model).from_pretrained(to)), want, 0)
    convert(pali3, folder / name, folder / "half", "--dtype", "bf16", "--shard-size", "2KB")
    half = type(model).from_pretrained(folder / "half", dtype=torch.bfloat16)
    for key, value in model.bfloat16().state_dict().items():
        if not torch.equal(half.state_dict()[key], value):
            report(f"{name} bfloat16 {key}", half.state_dict()[key], value, 0)


if __name__ == "__main__":
    torch.manual_seed(1)
    torch.set_num_threads(1)
    pali3 = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        folder = pathlib.Path(folder)
        big_vision(pali3, folder)
        pixels, ids = torch.rand(2, 3, 6, 6), torch.randint(1, 23, (2, 7))
        saved(pali3, folder, SiglipModel(siglip_config()), lambda m: m(input_ids=ids, pixel_values=pixels).logits_per_image)
        t5 = T5ForConditionalGeneration(T5Config(
            vocab_size=23, d_model=12, d_kv=5, d_ff=20, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu"))
        (folder / "half").rename(folder / "half-siglip")
        saved(pali3, folder, t5, lambda m: m(input_ids=ids, decoder_input_ids=ids).logits)
    sys.exit(failed)
