"""Loads a run's weights into transformers' classes without renaming, and compares everything that `pali3 forward` computes.

    pip install -r parity/requirements-models.txt
    pali3 mix --recipe quickstart-siglip --set data=RUN/data --tensors in.safetensors
    pali3 forward --weights RUN/siglip --inputs in.safetensors --out out.safetensors
    python parity/run_in_transformers.py RUN/siglip in.safetensors out.safetensors

It works in the same way for a run of stage pali3 (RUN/stage2, with --set init=[] for mix). Every hidden state, the logits
and the loss must agree within 1e-4 of their largest value; the exit status is 0 if they do.
"""

import json
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from transformers import SiglipConfig, SiglipModel, SiglipVisionConfig, SiglipVisionModel, T5Config, T5ForConditionalGeneration

BOUND = 1e-4
worst = 0.0


def compare(name, theirs, ours):
    global worst
    theirs, ours = theirs.float().squeeze(), ours.float().squeeze()
    far = ((theirs - ours).abs().max() / ours.abs().max().clamp_min(1e-6)).item()
    worst = max(worst, far)
    print(f"{name:40} {tuple(ours.shape)!s:18} {far:.1e}")


def load(model, weights, unused=()):
    """Loads the weights of the model. None may be missing, and none may be left over except those in unused."""
    missing, unexpected = model.load_state_dict(weights, strict=False)
    missing = [n for n in missing if "position_ids" not in n and "embed_tokens" not in n]
    unexpected = [n for n in unexpected if not n.startswith(tuple(unused))] if unused else unexpected
    if missing or unexpected:
        sys.exit(f"missing {missing}, unexpected {unexpected}")
    return model.eval()


def vision_config(c):
    return dict(hidden_size=c["width"], intermediate_size=c["mlp"], num_hidden_layers=c["depth"], num_attention_heads=c["heads"],
                image_size=c["image"], patch_size=c["patch"])


def siglip(config, weights, inputs, ours):
    text = config["text"]
    model = load(SiglipModel(SiglipConfig(
        vision_config=vision_config(config["image"]),
        text_config=dict(hidden_size=text["width"], intermediate_size=text["mlp"], num_hidden_layers=text["depth"],
                         num_attention_heads=text["heads"], vocab_size=text["vocab"], max_position_embeddings=text["length"],
                         projection_size=config["image"]["width"]))), weights)
    out = model(input_ids=inputs["input_ids"].long(), pixel_values=inputs["images"].permute(0, 3, 1, 2), output_hidden_states=True)
    for part, states in (("vision_model", out.vision_model_output.hidden_states), ("text_model", out.text_model_output.hidden_states)):
        for i, state in enumerate(states[1:]):
            compare(f"{part}.encoder.layers.{i}", state, ours[f"{part}.encoder.layers.{i}"])
    compare("image_embeds", out.image_embeds, ours["image_embeds"])
    compare("text_embeds", out.text_embeds, ours["text_embeds"])
    compare("logits_per_image", out.logits_per_image, ours["logits_per_image"])
    images, texts = out.logits_per_image.shape
    sign = 2 * torch.eye(images).repeat_interleave(texts // images, 1) - 1
    compare("loss", -F.logsigmoid(sign * out.logits_per_image).sum() / texts, ours["loss"])


def pali3(config, weights, inputs, ours):
    vision, c = config["vision"], config["language"]
    eyes = SiglipVisionModel(SiglipVisionConfig(**vision_config(vision), vision_use_head=False))
    load(torch.nn.ModuleDict({"vision_model": eyes}) if not hasattr(eyes, "vision_model") else eyes,
         {n: w for n, w in weights.items() if n.startswith("vision_model.")})
    seen = eyes.eval()(inputs["images"].permute(0, 3, 1, 2), output_hidden_states=True)
    for i, state in enumerate(seen.hidden_states[1:]):
        compare(f"vision_model.encoder.layers.{i}", state, ours[f"vision_model.encoder.layers.{i}"])
    compare("vision_model.post_layernorm", seen.last_hidden_state, ours["vision_model.post_layernorm"])
    model = T5ForConditionalGeneration(T5Config(
        d_model=c["width"], d_kv=c["head_dim"], d_ff=c["mlp"], num_layers=c["encoder_layers"], num_decoder_layers=c["decoder_layers"],
        num_heads=c["heads"], vocab_size=c["vocab"], feed_forward_proj=c["activation"] or "gated-silu", tie_word_embeddings=c["tied"],
        dropout_rate=0.0, pad_token_id=0, decoder_start_token_id=0))
    if not c["tied"]:  # transformers 5 ties a new T5 whatever its config says, and unties what from_pretrained loads
        model.lm_head.weight = torch.nn.Parameter(torch.empty(c["vocab"], c["width"]))
    load(model, weights, ("vision_model.", "multi_modal_projector."))
    model.decoder.embed_tokens = model.shared
    ids = inputs["input_ids"].long()
    tokens = F.linear(seen.last_hidden_state, weights["multi_modal_projector.linear.weight"], weights["multi_modal_projector.linear.bias"])
    mask = torch.cat([torch.ones(tokens.shape[:2]).long(), (ids > 0).long()], 1)
    out = model(inputs_embeds=torch.cat([tokens, model.shared(ids)], 1), attention_mask=mask,
                decoder_input_ids=inputs["decoder_input_ids"].long(), output_hidden_states=True)
    seen_by_encoder = mask.bool()[..., None]
    for i, state in enumerate(out.encoder_hidden_states[1:-1]):
        compare(f"encoder.block.{i}", state * seen_by_encoder, ours[f"encoder.block.{i}"] * seen_by_encoder)
    compare("encoder.final_layer_norm", out.encoder_last_hidden_state * seen_by_encoder, ours["encoder.final_layer_norm"] * seen_by_encoder)
    for i, state in enumerate(out.decoder_hidden_states[1:-1]):
        compare(f"decoder.block.{i}", state, ours[f"decoder.block.{i}"])
    compare("logits", out.logits, ours["logits"])
    normaliser = out.logits.logsumexp(-1)
    losses = normaliser - out.logits.gather(-1, inputs["targets"].long()[..., None])[..., 0] + c["z_loss"] * normaliser**2
    compare("loss", (losses * inputs["weights"]).sum() / inputs["weights"].sum(), ours["loss"])


@torch.no_grad()
def main(run, inputs, outputs):
    config = json.load(open(f"{run}/model.json"))
    weights, inputs, ours = load_file(f"{run}/weights.safetensors"), load_file(inputs), load_file(outputs)
    (kind, config), = config.items()
    {"siglip": siglip, "pali3": pali3}[kind](config, weights, inputs, ours)
    print(f"largest difference {worst:.1e}, bound {BOUND:.0e}")
    sys.exit(worst > BOUND)


if __name__ == "__main__":
    main(*sys.argv[1:])
