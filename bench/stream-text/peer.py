"""Makes UL2 examples of text with seqio and T5's preprocessors, for bench/stream-text/compare.py.

    python peer.py TEXTS MODEL BATCHES THREADS      prints seconds and ids of so many batches as JSON

Each text is tokenised, cut to a random stretch and corrupted by one of UL2's seven denoisers, uniformly, then batched:
64 examples of 512 ids for the encoder and 512 for the decoder. Texts are in memory before the clock starts.
"""

import functools
import json
import os
import struct
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

texts_path, model, batches, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

import numpy as np
import seqio
import tensorflow as tf
from t5.data import preprocessors

tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)

LENGTH, BATCH, WARM = 512, 64, 2
DENOISERS = [(3, 0.15), (8, 0.15), (3, 0.5), (8, 0.5), (64, 0.15), (64, 0.5)]


def read_texts():
    data, at, out = open(texts_path, "rb").read(), 0, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        out.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return out


texts = read_texts()
vocabulary = seqio.SentencePieceVocabulary(model, extra_ids=300)
features = {name: seqio.Feature(vocabulary, add_eos=True) for name in ("inputs", "targets")}


def source(split, shuffle_files=False, seed=None):
    return tf.data.Dataset.from_tensor_slices({"inputs": tf.zeros([len(texts)], tf.string), "targets": texts})


def add(name, raw, corrupt):
    seqio.TaskRegistry.add(
        name,
        source=seqio.FunctionDataSource(source, splits=["train"], num_input_examples={"train": len(texts)}),
        preprocessors=[
            seqio.preprocessors.tokenize,
            functools.partial(preprocessors.select_random_chunk, max_length=raw, feature_key="targets"),
            corrupt,
            seqio.preprocessors.append_eos,
        ],
        output_features=features,
    )
    return name


def spans(mean, rate):
    """A task of span corruption that fills the encoder and does not overfill the decoder."""
    raw, _ = preprocessors.random_spans_helper(
        inputs_length=LENGTH, noise_density=rate, mean_noise_span_length=mean, extra_tokens_per_span_inputs=1,
        extra_tokens_per_span_targets=1)
    return add(f"spans_{mean}_{round(100 * rate)}", raw, functools.partial(
        preprocessors.denoise, noise_density=rate, noise_mask_fn=functools.partial(preprocessors.random_spans_noise_mask, mean_noise_span_length=mean),
        inputs_fn=preprocessors.noise_span_to_unique_sentinel, targets_fn=preprocessors.nonnoise_span_to_unique_sentinel))


def prefix():
    """UL2's S-denoiser: a suffix of a quarter of the text on average."""
    return add("prefix", LENGTH, functools.partial(
        preprocessors.denoise, noise_density=0.25, noise_mask_fn=preprocessors.random_prefix_noise_mask,
        inputs_fn=preprocessors.drop_nonnoise_tokens, targets_fn=preprocessors.drop_noise_tokens))


names = [spans(mean, rate) for mean, rate in DENOISERS] + [prefix()]
seqio.MixtureRegistry.add("ul2", names, default_rate=1.0)
dataset = seqio.get_mixture_or_task("ul2").get_dataset(
    sequence_length={"inputs": LENGTH, "targets": LENGTH}, split="train", shuffle=True, seed=1, num_epochs=None)
dataset = seqio.EncDecFeatureConverter(pack=False)(dataset, task_feature_lengths={"inputs": LENGTH, "targets": LENGTH})
options = tf.data.Options()
options.threading.private_threadpool_size = threads
options.threading.max_intra_op_parallelism = 1
dataset = dataset.batch(BATCH, drop_remainder=True).prefetch(2).with_options(options)

ids, start = 0, 0.0
for step, batch in enumerate(dataset.take(WARM + batches).as_numpy_iterator()):
    if step == WARM:
        start, ids = time.perf_counter(), 0
    if step >= WARM:
        ids += int(np.count_nonzero(batch["encoder_input_tokens"]) + np.count_nonzero(batch["decoder_target_tokens"]))
print(json.dumps({"seconds": time.perf_counter() - start, "examples": BATCH * batches, "ids": ids}))
