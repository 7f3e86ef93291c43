"""Makes the goldens of UL2's denoisers with T5's own functions (t5.data.preprocessors).

    pip install -r parity/requirements-t5.txt
    python parity/denoiser_goldens.py > mixture/testdata/t5_denoisers.json

`plans`: random_spans_helper. `spans`: masks of random_spans_noise_mask, and the output of noise_span_to_unique_sentinel
for them (inputs, and targets with the inverted mask) with the tokens 100, 101, ... and a vocabulary of 1,000 ids.
`hidden`: how often each position of a text is hidden in 4,000 draws. `prefixes`: how often random_prefix_noise_mask
keeps each number of tokens in 4,000 draws. `noise`: how many tokens, and in how many spans, random_spans_noise_mask
hides of texts of 2, 3, 4, ... tokens. `bounds`: between which numbers of tokens random_prefix_noise_mask draws the
prefix of texts of 2, 3, 4, ... tokens.
"""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import seqio
import tensorflow as tf
from t5.data import preprocessors

DENOISERS = [(3, 0.15), (8, 0.15), (3, 0.5), (8, 0.5), (64, 0.15), (64, 0.5)]
VOCABULARY = seqio.PassThroughVocabulary(size=1000)
DRAWS = 4000


def plans():
    for inputs in (64, 128, 256, 512, 1024):
        for mean, rate in DENOISERS:
            raw, targets = preprocessors.random_spans_helper(
                inputs_length=inputs, noise_density=rate, mean_noise_span_length=mean, extra_tokens_per_span_inputs=1,
                extra_tokens_per_span_targets=1)
            yield {"inputs": inputs, "mean": mean, "rate": rate, "raw": int(raw), "targets": int(targets)}


@tf.function
def mask_of(length, rate, mean, seeds):
    return preprocessors.random_spans_noise_mask(length, rate, seeds, mean)


def spans():
    seeds = tf.constant([[1, 2], [3, 4]])
    for length in (2, 3, 7, 20, 61, 200):
        for mean, rate in DENOISERS:
            for draw in range(2):
                mask = mask_of(length, rate, float(mean), tf.constant([[draw, 7], [11, draw]]))
                tokens = tf.range(100, 100 + length)
                yield {
                    "length": length, "mean": mean, "rate": rate, "mask": "".join(str(int(m)) for m in mask.numpy()),
                    "inputs": preprocessors.noise_span_to_unique_sentinel(tokens, mask, VOCABULARY, seeds).numpy().tolist(),
                    "targets": preprocessors.nonnoise_span_to_unique_sentinel(tokens, mask, VOCABULARY, seeds).numpy().tolist(),
                }


def hidden():
    for length, mean, rate in ((32, 3, 0.5), (40, 3, 0.15)):
        total = np.zeros(length, np.int64)
        for draw in range(DRAWS):
            total += mask_of(length, rate, float(mean), tf.constant([[draw, 1], [2, draw]])).numpy()
        yield {"length": length, "mean": mean, "rate": rate, "counts": total.tolist()}


def prefixes():
    length, rate = 33, 0.25
    draw_mask = tf.function(lambda seeds: preprocessors.random_prefix_noise_mask(length, rate, seeds))
    counts = [0] * (length + 1)
    for draw in range(DRAWS):
        mask = draw_mask(tf.constant([[draw, 5]])).numpy()
        counts[int(mask.sum())] += 1  # the mask is True on the prefix, which prefix_lm takes as inputs
    yield {"length": length, "rate": rate, "counts": counts}


def noise():
    for mean, rate in DENOISERS + [(32, 0.15)]:
        draw = tf.function(lambda length: preprocessors.random_spans_noise_mask(length, rate, tf.constant([[1, 2], [3, 4]]), float(mean)))
        hidden, spans = [], []
        for length in range(2, 321):
            mask = draw(tf.constant(length)).numpy().astype(np.int64)
            hidden.append(int(mask.sum()))
            spans.append(int((np.diff(mask) == 1).sum()))  # a mask begins with a token that is kept
        yield {"mean": mean, "rate": rate, "hidden": hidden, "spans": spans}


def bounds():
    drawn = []

    def record(shape, minval, maxval, dtype, seed):
        drawn.append([int(minval), int(maxval) - 1])
        return tf.cast(minval, dtype)

    original, tf.random.stateless_uniform = tf.random.stateless_uniform, record
    for rate in (0.25, 0.5, 0.15):
        drawn.clear()
        for length in range(2, 130):
            preprocessors.random_prefix_noise_mask(length, rate, tf.constant([[1, 2]]))
        yield {"rate": rate, "from": [low for low, _ in drawn], "to": [high for _, high in drawn]}
    tf.random.stateless_uniform = original


print(json.dumps({"plans": list(plans()), "spans": list(spans()), "hidden": list(hidden()), "prefixes": list(prefixes()), "noise": list(noise()), "bounds": list(bounds())}, separators=(",", ":")))
