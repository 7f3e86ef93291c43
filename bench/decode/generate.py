"""Times greedy decoding by transformers, with its KV cache, on the shapes of BenchmarkGenerate in
models/decode. It prints ids per second over all rows, prompts included.

    pip install -r parity/requirements-models.txt
    python bench/decode/generate.py [seconds per shape] [name of a shape]
"""

import os
import sys
import time

import torch
from transformers import GenerationConfig, T5Config, T5ForConditionalGeneration

torch.set_num_threads(int(os.environ.get("THREADS", "2")))
SHAPES = {
    # name: config, length of the encoder's input, ids of an answer, batch sizes
    "captioner": (dict(d_model=128, d_ff=256, num_heads=4, d_kv=32, num_layers=3, num_decoder_layers=3,
                       vocab_size=4224, feed_forward_proj="gated-silu"), 35, 16, (1, 36, 64)),
    "t5-small": (dict(d_model=512, d_ff=1024, num_heads=6, d_kv=64, num_layers=8, num_decoder_layers=8,
                      vocab_size=32128, feed_forward_proj="gated-gelu"), 64, 32, (1, 8, 32)),
}


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3
    for name, (config, prompt, length, batches) in SHAPES.items():
        if len(sys.argv) > 2 and sys.argv[2] != name:
            continue
        torch.manual_seed(0)
        model = T5ForConditionalGeneration(
            T5Config(tie_word_embeddings=False, decoder_start_token_id=0, **config)).eval()
        rule = GenerationConfig(max_new_tokens=length, min_new_tokens=length, do_sample=False, num_beams=1,
                                use_cache=True, eos_token_id=1, pad_token_id=0, decoder_start_token_id=0)
        for batch in batches:
            ids = torch.randint(2, 4000, (batch, prompt))
            with torch.inference_mode():
                model.generate(ids, generation_config=rule)
                began, cpu, n = time.time(), time.process_time(), 0
                while time.time() - began < seconds or n == 0:
                    out = model.generate(ids, generation_config=rule)
                    assert out.shape[1] == length + 1
                    n += batch * length
                took, cpu = time.time() - began, time.process_time() - cpu
            print(f"{name}/batch={batch}\t{n / took:.0f} ids/s\t{n / cpu:.0f} ids per CPU second", flush=True)


main()
