"""Loads photographs with captions by another library: decode, resize to 224 with antialiasing, scale to -1..1, tokenize.

    python bench/stream/peer.py NAME PHOTOS MODEL N           prints the seconds of an epoch with N threads or workers
    python bench/stream/peer.py NAME PHOTOS MODEL 0 FILE      writes the pixels of the first 256 as float32

NAME is torchvision, pillow, draft, tf.data or grain. Times begin after a first epoch, so that start-up does not count.
"""

import io
import json
import os
import pathlib
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import sentencepiece

BATCH, SIDE, LENGTH = 32, 224, 64


def captions(files):
    texts = [f.with_suffix(".txt") for f in files]
    return [t.read_text() if t.exists() else f.stem for f, t in zip(files, texts)]


class Photographs:
    """A map-style dataset: image i as [3,224,224] or [224,224,3] float32 with its ids."""

    def __init__(self, files, model, load):
        self.files, self.texts, self.model, self.load, self.tokenizer = files, captions(files), model, load, None

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        if self.tokenizer is None:
            self.tokenizer = sentencepiece.SentencePieceProcessor(model_file=self.model)
        ids = np.zeros(LENGTH, np.int32)
        found = self.tokenizer.encode(self.texts[i])[:LENGTH]
        ids[: len(found)] = found
        return self.load(str(self.files[i])), ids


def torchvision_image(path):
    import torch
    from torchvision.io import ImageReadMode, decode_jpeg, read_file
    from torchvision.transforms.v2 import functional as F

    image = F.resize(decode_jpeg(read_file(path), mode=ImageReadMode.RGB), [SIDE, SIDE], antialias=True)
    return image.to(torch.float32).mul_(2 / 255).sub_(1)  # to_dtype and normalize take 250 us more


def pillow_image(path, draft=False):
    from PIL import Image

    image = Image.open(path)
    if draft:
        image.draft("RGB", (SIDE, SIDE))
    pixels = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.BILINEAR), dtype=np.float32)
    pixels *= 2 / 255
    pixels -= 1
    return pixels


def draft_image(path):
    return pillow_image(path, draft=True)


def loader(load):
    def batches(files, model, threads):
        import torch

        torch.set_num_threads(1)
        data = Photographs(files, model, load)
        return torch.utils.data.DataLoader(data, BATCH, shuffle=True, drop_last=True, num_workers=threads, persistent_workers=True)

    return batches


def tf_image(path):
    import tensorflow as tf

    image = tf.image.decode_jpeg(tf.io.read_file(path), channels=3, dct_method="INTEGER_ACCURATE")
    image = tf.image.resize(image, [SIDE, SIDE], antialias=True)
    return image * (2 / 255) - 1


def tf_batches(files, model, threads):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=model)

    def encode(text):
        ids = np.zeros(LENGTH, np.int32)
        found = tokenizer.encode(text.numpy().decode())[:LENGTH]
        ids[: len(found)] = found
        return ids

    def example(path, text):
        return tf_image(path), tf.ensure_shape(tf.py_function(encode, [text], tf.int32), [LENGTH])

    data = tf.data.Dataset.from_tensor_slices(([str(f) for f in files], captions(files))).shuffle(len(files))
    data = data.map(example, num_parallel_calls=threads, deterministic=False).batch(BATCH, drop_remainder=True).prefetch(1)
    options = tf.data.Options()
    options.threading.private_threadpool_size = threads
    return data.with_options(options)


def grain_batches(files, model, threads):
    import grain.python as grain
    from absl import flags

    flags.FLAGS.mark_as_parsed()  # which absl.app.run would do
    data = grain.MapDataset.source(Photographs(files, model, pillow_image)).shuffle(seed=1)
    data = data.to_iter_dataset(grain.ReadOptions(num_threads=0)).batch(BATCH, drop_remainder=True)
    return data.mp_prefetch(grain.MultiprocessingOptions(num_workers=threads))


PEERS = {
    "torchvision": (loader(torchvision_image), torchvision_image),
    "pillow": (loader(pillow_image), pillow_image),
    "draft": (loader(draft_image), draft_image),
    "tf.data": (tf_batches, tf_image),
    "grain": (grain_batches, pillow_image),
}


def epoch(batches):
    images = 0
    for batch in batches:
        images += len(batch[0])
    return images


def main():
    name, folder, model, threads = *sys.argv[1:4], int(sys.argv[4])
    files = sorted(pathlib.Path(folder).glob("*.jpg"))
    batches, image = PEERS[name]
    if threads == 0:
        with open(sys.argv[5], "wb") as out:
            for file in files[:256]:
                pixels = np.asarray(image(str(file)))
                out.write(np.ascontiguousarray(pixels if pixels.shape[2] == 3 else pixels.transpose(1, 2, 0)).tobytes())
        return
    data = batches(files, model, threads)
    if name == "grain":  # an iterator has its workers, which begin with its first batch
        iterator = iter(data)
        next(iterator)
        began, images = time.time(), sum(len(b[0]) for b in iterator)
    else:
        epoch(data)
        began, images = time.time(), epoch(data)
    print(json.dumps({"seconds": time.time() - began, "images": images}))


if __name__ == "__main__":
    main()
