"""Trains the small tokenizer that examples/customdataset embeds.

    pip install -r parity/requirements-sentencepiece.txt
    python parity/example_tokenizer.py examples/customdataset/tokenizer.model
"""

import io
import sys

import sentencepiece as spm

COLOURS = ["red", "green", "blue", "yellow"]
SHAPES = ["disc", "cross", "stripe"]


def main(out):
    lines = [f"a {colour} {shape}" for colour in COLOURS for shape in SHAPES]
    lines += ["Generate the alt_text in en at 0: a", "Answer in EN: What colour is it?"]
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="unigram", vocab_size=310, hard_vocab_limit=False,
        byte_fallback=True, normalization_rule_name="identity", character_coverage=1.0,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, num_threads=1, minloglevel=2)
    with open(out, "wb") as file:
        file.write(model.getvalue())


if __name__ == "__main__":
    main(sys.argv[1])
