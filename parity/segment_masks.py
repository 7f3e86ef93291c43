"""Writes the attention masks that t5x gives packed rows.

    python -m venv venv && venv/bin/pip install -r parity/requirements-masks.txt
    venv/bin/python parity/segment_masks.py

The masks are those of t5x's encoder-decoder (examples/t5/network.py, with make_attention_mask and make_decoder_mask of
layers.py): padding, causality in the decoder, and one segment, all must allow a pair. They are computed here in NumPy and
again with flax's functions of the same names, from which t5x has its own. Positions follow seqio's packing, which counts
each segment from 0. The result is models/block/testdata/segment_masks.json.
"""

import json
import pathlib

import flax.linen as nn
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent.parent / "models/block/testdata/segment_masks.json"


def pack(lengths, room):
    """Returns segment ids and positions of a row."""
    segments, positions = np.zeros(room, int), np.zeros(room, int)
    at = 0
    for number, length in enumerate(lengths, 1):
        segments[at:at + length] = number
        positions[at:at + length] = np.arange(length)
        at += length
    return segments, positions


def masks(encoder, decoder):
    """Returns the masks [B, query, key] of encoder, decoder and cross attention, given segment ids [B, L]."""
    def same(queries, keys):
        there = (queries[:, :, None] > 0) & (keys[:, None, :] > 0)
        return there & (queries[:, :, None] == keys[:, None, :])

    length = decoder.shape[1]
    causal = np.arange(length)[:, None] >= np.arange(length)[None, :]
    return same(encoder, encoder), same(decoder, decoder) & causal, same(decoder, encoder)


def flax_masks(encoder, decoder):
    """The same with flax."""
    def both(queries, keys):
        return nn.combine_masks(nn.make_attention_mask(queries > 0, keys > 0),
                                nn.make_attention_mask(queries, keys, np.equal))

    self_decoder = nn.combine_masks(nn.make_causal_mask(decoder), both(decoder, decoder))
    return tuple(np.asarray(m)[:, 0] > 0 for m in (both(encoder, encoder), self_decoder, both(decoder, encoder)))


def main():
    draw = np.random.default_rng(5)
    batches = []
    for rows, le, ld in [(3, 12, 9), (1, 5, 7), (4, 17, 6), (2, 1, 1)]:
        packed = []
        for _ in range(rows):
            n = int(draw.integers(1, min(le, ld, 5) + 1))
            cuts = [np.diff(np.sort(np.append(draw.choice(np.arange(1, room + 1), n, replace=False), 0)))
                    for room in (le, ld)]
            packed.append([pack(c, room) for c, room in zip(cuts, (le, ld))])
        (encoder, encoder_positions), (decoder, decoder_positions) = (
            [np.stack([row[side][part] for row in packed]) for part in (0, 1)] for side in (0, 1))
        found = masks(encoder, decoder)
        for ours, theirs in zip(found, flax_masks(encoder, decoder)):
            assert (ours == theirs).all()
        batches.append({
            "encoder": encoder.tolist(), "decoder": decoder.tolist(),
            "encoder_positions": encoder_positions.tolist(), "decoder_positions": decoder_positions.tolist(),
            **{name: mask.astype(int).tolist() for name, mask in zip(("encoder_mask", "decoder_mask", "cross_mask"), found)},
        })
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(batches, separators=(",", ":")) + "\n")
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
