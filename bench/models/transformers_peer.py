"""Decodes greedily by transformers, with its KV cache, and prints times and ids as JSON.

    python transformers_peer.py NET FOLDER REPEAT WARM

FOLDER holds the weights and the batch that `models write` made. A time includes the reading of images and prompts. The ids
must be those of `models generate`. THREADS is the number of threads, 2 by default.
"""

import json
import os
import resource
import statistics
import sys
import time

import torch
from safetensors.torch import load_file
from transformers import GenerationConfig, SiglipVisionConfig, SiglipVisionModel, T5Config, T5ForConditionalGeneration

LANGUAGE = {
    "captioner": dict(d_model=128, d_ff=256, num_heads=4, d_kv=32, num_layers=3, vocab_size=4224, feed_forward_proj="gated-silu"),
    "t5": dict(d_model=512, d_ff=1024, num_heads=6, d_kv=64, num_layers=8, vocab_size=32128, feed_forward_proj="gated-gelu"),
}
VISION = {
    "captioner": dict(hidden_size=128, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4, image_size=75, patch_size=15,
                      vision_use_head=False),
}
LENGTH = {"captioner": 16, "t5": 32}


def main(net, folder, repeat, warm):
    torch.set_num_threads(int(os.environ.get("THREADS", "2")))
    stored = load_file(os.path.join(folder, "weights.safetensors"))
    batch = load_file(os.path.join(folder, "batch.safetensors"))
    text = T5ForConditionalGeneration(T5Config(tie_word_embeddings=False, decoder_start_token_id=0, **LANGUAGE[net])).eval()
    text.lm_head.weight = torch.nn.Parameter(torch.empty_like(text.shared.weight))  # transformers 5 ties every new T5
    stored |= {f"{stack}.embed_tokens.weight": stored["shared.weight"] for stack in ("encoder", "decoder")}
    fill(text, {name: value for name, value in stored.items() if name.startswith(("shared", "encoder", "decoder", "lm_head"))})
    ids = batch["encoder"].long()
    mask = (ids > 0).long()
    rule = GenerationConfig(max_new_tokens=LENGTH[net], do_sample=False, num_beams=1, use_cache=True, eos_token_id=1, pad_token_id=0,
                            decoder_start_token_id=0)
    given = lambda: dict(input_ids=ids, attention_mask=mask)
    if net in VISION:
        eye = SiglipVisionModel(SiglipVisionConfig(**VISION[net])).eval()
        fill(eye, {name: value for name, value in stored.items() if name.startswith("vision_model")})
        project = torch.nn.Linear(128, 128)
        fill(project, {name[len("multi_modal_projector.linear."):]: value for name, value in stored.items() if name.startswith("multi_modal")})
        images = batch["images"].permute(0, 3, 1, 2).contiguous()

        def given():
            tokens = project(eye(pixel_values=images).last_hidden_state)
            return dict(inputs_embeds=torch.cat([tokens, text.shared(ids)], 1),
                        attention_mask=torch.cat([torch.ones(tokens.shape[:2], dtype=torch.long), mask], 1))

    times, spent = [], 0.0
    for i in range(repeat):
        cpu, began = used(), time.perf_counter()
        with torch.inference_mode():
            out = text.generate(**given(), generation_config=rule)
        took, cpu = time.perf_counter() - began, used() - cpu
        if i >= warm:
            times.append(1e3 * took)
            spent += 1e3 * cpu
    assert out.shape[1] == LENGTH[net] + 1, out.shape
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": statistics.median(times), "cpu_ms": spent / len(times), "mib": peak, "ids": out[:, 1:].flatten().tolist()}))


def fill(model, values):
    """Loads values, which must be all of the model's weights."""
    own = model.state_dict()
    prefix = "" if any(name in own for name in values) else next(iter(values)).split(".")[0] + "."
    model.load_state_dict({name.removeprefix(prefix): value for name, value in values.items()})


def used():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
