"""Writes a tiny SigLIP model of transformers with random weights, and its outputs. models_t5.py does so for T5.

    python -m venv venv && venv/bin/pip install -r parity/requirements-models.txt
    venv/bin/python parity/models.py

It writes models/*/testdata/*.safetensors, which the Go tests load and compare with.
"""

import pathlib

import torch
from safetensors.torch import save_file
from transformers import SiglipConfig, SiglipModel

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"


def randomize(model, seed):
    """Draws all weights again, so that none has a value that hides a mistake (0 or 1)."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            noise = torch.randn(p.shape, generator=generator)
            is_scale = "norm" in name and name.endswith("weight")
            p.copy_(1 + 0.1 * noise if is_scale else 0.3 * noise)
    return model.eval()


def save(folder, name, model, tensors):
    folder = MODELS / folder / "testdata"
    folder.mkdir(parents=True, exist_ok=True)
    weights = {k: v.detach().contiguous() for k, v in model.named_parameters()}  # shared ones once
    save_file(weights, folder / f"{name}.safetensors", {"format": "pt"})
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, folder / f"{name}-outputs.safetensors")


def siglip():
    tower = dict(hidden_size=12, num_hidden_layers=2, intermediate_size=16, num_attention_heads=2,
                 hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6)
    config = SiglipConfig(
        vision_config=dict(tower, image_size=4, patch_size=2),
        text_config=dict(tower, hidden_size=16, intermediate_size=20, num_attention_heads=4, vocab_size=23,
                         max_position_embeddings=7, projection_size=12))
    model = randomize(SiglipModel(config), 1)
    pixels = torch.rand(3, 3, 4, 4, generator=torch.Generator().manual_seed(2)) * 2 - 1
    ids = torch.randint(1, 23, (3, 7), generator=torch.Generator().manual_seed(3))
    out = model(input_ids=ids, pixel_values=pixels, return_loss=True, output_hidden_states=True)
    vision = model.vision_model(pixel_values=pixels)
    out.loss.backward()
    gradient = {f"gradient.{n}": p.grad for n, p in model.named_parameters()
                if n in ("vision_model.embeddings.patch_embedding.weight", "vision_model.head.probe",
                         "vision_model.encoder.layers.0.mlp.fc1.weight",
                         "text_model.embeddings.token_embedding.weight", "logit_scale")}
    save("siglip", "tiny", model, dict(
        images=pixels.permute(0, 2, 3, 1), texts=ids, encoded=vision.last_hidden_state,
        image_embeds=out.image_embeds, text_embeds=out.text_embeds,
        logits=out.logits_per_image, loss=out.loss, **gradient))


def positions():
    """big_vision models/vit.py, resample_posemb: scipy's zoom of order 1."""
    import scipy.ndimage
    table = torch.randn(3, 3, 2, generator=torch.Generator().manual_seed(7))
    out = {"table": table.reshape(9, 2)}
    for side in (1, 2, 3, 4, 7):
        zoomed = scipy.ndimage.zoom(table.numpy(), (side / 3, side / 3, 1), order=1)
        out[f"side{side}"] = torch.from_numpy(zoomed.reshape(side * side, 2))
    (MODELS / "vit" / "testdata").mkdir(parents=True, exist_ok=True)
    save_file(out, MODELS / "vit" / "testdata" / "positions.safetensors")


if __name__ == "__main__":
    siglip()
    positions()
