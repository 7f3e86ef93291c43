"""Compares package tokenize/sentencepiece with the C++ library: ids, pieces, offsets and decoded text, to the byte.

    pip install -r parity/requirements-sentencepiece.txt
    go build -o tokenize ./bench/tokenize
    python parity/sentencepiece_parity.py --go ./tokenize --work DIR --po django --cldr package --table captions.parquet \
        --models MODELS/*.model

Texts are the translations in the .po files under --po (Django's wheel has 100 languages), the emoji names of CLDR
under --cldr (npm cldr-annotations-full), a text column of --table, and hostile strings that the script makes. Models are
those of --models and those of MODELS below, which the script trains with unusual options, at least one of each type. For
every model it prints how many texts differ. It exits with 1 if any does.
"""

import argparse
import ast
import io
import json
import pathlib
import random
import struct
import subprocess
import sys

import pyarrow.parquet
import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2, sentencepiece_pb2

SYMBOLS = ["<loc0001>", "<loc0002>", "face", "fa", "  ", "\u2581\u2581", "zz", "é", "नम", "a b", "\n", "```"]

COMMON = dict(num_threads=2, minloglevel=2, input_sentence_size=40000, shuffle_input_sentence=False, hard_vocab_limit=False)

MODELS = {
    "unigram_nmt": dict(model_type="unigram", vocab_size=8000),
    "unigram_bytes_identity": dict(model_type="unigram", vocab_size=6000, byte_fallback=True, normalization_rule_name="identity",
                                   remove_extra_whitespaces=False, character_coverage=0.98),
    "unigram_suffix": dict(model_type="unigram", vocab_size=4000, treat_whitespace_as_suffix=True, user_defined_symbols=SYMBOLS, character_coverage=0.99),
    "unigram_nowhitespacesplit": dict(model_type="unigram", vocab_size=5000, split_by_whitespace=False, max_sentencepiece_length=24),
    "unigram_cf_nodummy": dict(model_type="unigram", vocab_size=3000, normalization_rule_name="nmt_nfkc_cf", add_dummy_prefix=False, unk_surface="<?>",
                               user_defined_symbols=SYMBOLS, byte_fallback=True, character_coverage=0.98),
    "unigram_wsonly": dict(model_type="unigram", vocab_size=3000, allow_whitespace_only_pieces=True, remove_extra_whitespaces=False, normalization_rule_name="nfkc"),
    "bpe_nmt": dict(model_type="bpe", vocab_size=8000),
    "bpe_llama": dict(model_type="bpe", vocab_size=8000, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                      allow_whitespace_only_pieces=True, split_digits=True, character_coverage=0.995),
    "bpe_symbols": dict(model_type="bpe", vocab_size=4000, user_defined_symbols=SYMBOLS, normalization_rule_name="nfkc_cf", character_coverage=0.98),
    "bpe_suffix": dict(model_type="bpe", vocab_size=4000, treat_whitespace_as_suffix=True, allow_whitespace_only_pieces=True, remove_extra_whitespaces=False, split_by_unicode_script=False),
    "bpe_nowhitespacesplit": dict(model_type="bpe", vocab_size=5000, split_by_whitespace=False, split_by_number=False, byte_fallback=True, character_coverage=0.98),
    "word": dict(model_type="word", vocab_size=8000),
    "word_symbols": dict(model_type="word", vocab_size=5000, user_defined_symbols=SYMBOLS, remove_extra_whitespaces=False, byte_fallback=True),
    "word_suffix": dict(model_type="word", vocab_size=5000, treat_whitespace_as_suffix=True),
    "char": dict(model_type="char", vocab_size=2000),
    "char_symbols": dict(model_type="char", vocab_size=1500, user_defined_symbols=SYMBOLS, add_dummy_prefix=False, byte_fallback=True, character_coverage=0.985),
}


def po_texts(folder):
    """The translations of every .po file, with the language."""
    for path in sorted(folder.rglob("*.po")):
        language, text = path.parent.parent.name, None
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("msgstr"):
                text = ast.literal_eval(line[line.index('"'):])
            elif line.startswith('"') and text is not None:
                text += ast.literal_eval(line)
            elif text is not None:
                if text and "Content-Type" not in text:
                    yield language, text
                text = None


def cldr_texts(folder):
    for path in sorted((folder / "annotations").glob("*/annotations.json")):
        for entry in json.loads(path.read_text("utf-8"))["annotations"].get("annotations", {}).values():
            yield path.parent.name, " ".join(entry.get("tts", [])) + " " + ", ".join(entry.get("default", []))


def hostile(rng, words, count):
    """Strings of all Unicode blocks, odd spaces, marks, broken UTF-8, long runs; every 256th code point at least once."""
    glue = ["", " ", "  ", "\u2581", "\u2581\u2581", "\u3000", "\t", "\n", "\r\n", "\u200d", "\u200b", "\u0301", "\u0323\u0301", "\0", "\ufe0f", "\u202e", "\u200f", "\u00a0", *SYMBOLS]
    fixed = ["", " ", "   ", "\0", "\0\0 \0", "\u2581", " \u2581 ", "\u2581" * 40, " " * 300, "a" * 3000, "ab" * 2000, "1" * 700, "\u0e01" * 900, "\U0001f600" * 500,
             "e\u0301" * 400, "\u1100\u1161\u11a8" * 300, "\u2581a\u2581 \u2581b ", "<unk>", "<s></s><pad>", "<0x41><0xE2><0x96><0x81>", "x" + "\u0301" * 1000, "zz" * 999]
    yield from (t.encode() for t in fixed)
    for block in range(0, 0x110000, 256):
        if not 0xD800 <= block < 0xE000:
            yield "".join(chr(block + rng.randrange(256)) for _ in range(24)).encode()
            yield "".join(chr(block + rng.randrange(256)) + rng.choice(glue) for _ in range(8)).encode()
    scalars = [*range(0x20, 0x3000), *range(0xA000, 0xD7A4), *range(0xF900, 0xFFF0), *range(0x1F300, 0x1FB00)]
    for i in range(count):
        kind = i % 5
        if kind == 0:
            yield "".join(rng.choice(words) + rng.choice(glue) for _ in range(rng.randint(1, 20))).encode()
        elif kind == 1:
            yield "".join(chr(rng.choice(scalars)) for _ in range(rng.randint(1, 60))).encode()
        elif kind == 2:
            text = bytearray((" ".join(rng.choice(words) for _ in range(rng.randint(1, 9)))).encode())
            for _ in range(rng.randint(1, 6)):
                text[rng.randrange(len(text))] = rng.randrange(256)
            yield bytes(text)
        elif kind == 3:
            yield bytes(rng.choice([rng.randrange(256), rng.randrange(0x80, 0x100), 0x20, 0xE2, 0x96, 0x81]) for _ in range(rng.randint(1, 40)))
        else:
            unit = rng.choice(words) + rng.choice(glue)
            yield (unit * rng.randint(2, 200))[:4000].encode()


def collect(args):
    rng = random.Random(3)
    by_language = {}
    if args.po:
        for language, text in po_texts(args.po):
            by_language.setdefault(language, []).append(text)
    if args.cldr:
        for language, text in cldr_texts(args.cldr):
            by_language.setdefault(language, []).append(text)
    natural = []
    for texts in by_language.values():
        texts = list(dict.fromkeys(texts))
        natural += rng.sample(texts, min(len(texts), args.per_language))
    for path in args.table:
        for name in ("TEXT", "text", "caption"):
            table = pyarrow.parquet.read_table(path)
            if name in table.column_names:
                natural += [t for t in table[name].to_pylist() if t]
    print(f"{len(natural)} texts, {len(by_language)} languages", flush=True)
    words = [w for t in rng.sample(natural, 4000) for w in t.split()]
    # Long texts, whose sums of scores show single precision, also beyond the length that resets them.
    long = [" ".join(rng.choice(natural) for _ in range(n)).encode() for n in (50, 100, 400, 2000)]
    return natural, [t.encode() for t in natural] + list(hostile(rng, words, args.hostile)) + long


def write_texts(path, texts):
    with path.open("wb") as file:
        for t in texts:
            file.write(struct.pack("<I", len(t)) + t)


def parts(data, count):
    """Reads count strings, each preceded by its length."""
    out, at = [], 0
    for _ in range(count):
        (size,) = struct.unpack_from("<I", data, at)
        out.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return out


def differences(path, go, texts_path, texts, out):
    subprocess.run([go, "parity", path, texts_path, out], check=True)
    model = spm.SentencePieceProcessor(model_file=str(path))
    data, at, wrong, runes = out.read_bytes(), 0, [], 0
    out.unlink()
    step = 2000
    for begin in range(0, len(texts), step):
        block = texts[begin : begin + step]
        messages = model.encode(block, return_type="serialized_proto")
        ids = model.encode(block, return_type="numpy")
        decoded = [model.decode(i.tolist(), return_type=bytes) for i in ids]
        for i, text in enumerate(block):
            (size,) = struct.unpack_from("<I", data, at)
            message, numbers, offsets, back = parts(data[at + 4 : at + 4 + size], 4)
            at += 4 + size
            same = message == messages[i] and numbers == ids[i].tobytes() and back == decoded[i]
            if same and (begin + i) % 8 == 0 and len(text) < 2000:
                try:
                    want = model.encode(text.decode(), return_type="offset_mapping")["offsets"]
                except UnicodeDecodeError:
                    continue
                same = offsets == b"".join(struct.pack("<ii", *pair) for pair in want)
                runes += 1
            if not same:
                wrong.append((begin + i, text[:80]))
    return model.get_piece_size(), wrong, runes


def nbest_differences(path, go, texts, work, n):
    """Counts texts whose n best segmentations differ, also in order or by more than 1e-5 in relative score."""
    model = spm.SentencePieceProcessor(model_file=str(path))
    write_texts(work / "few", texts)
    subprocess.run([go, "nbest", path, work / "few", work / "nbest", str(n)], check=True)
    data, at, wrong = (work / "nbest").read_bytes(), 0, []
    for text in texts:
        (size,) = struct.unpack_from("<I", data, at)
        ours, end, at = [], at + 4 + size, at + 4
        while at < end:
            score, count = struct.unpack_from("<fI", data, at)
            ours.append((score, list(struct.unpack_from(f"<{count}i", data, at + 8))))
            at += 8 + 4 * count
        message = sentencepiece_pb2.NBestSentencePieceText.FromString(model.nbest_encode(text, nbest_size=n, return_type="serialized_proto"))
        theirs = [(t.score, [p.id for p in t.pieces]) for t in message.nbests]
        close = all(abs(a - b) <= 1e-5 * max(1, abs(b)) for (a, _), (b, _) in zip(ours, theirs))
        if [ids for _, ids in ours] != [ids for _, ids in theirs] or not close:
            wrong.append(text[:60])
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--go", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--po", type=pathlib.Path)
    parser.add_argument("--cldr", type=pathlib.Path)
    parser.add_argument("--table", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--models", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--per-language", type=int, default=1100)
    parser.add_argument("--hostile", type=int, default=10000)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    natural, texts = collect(args)
    texts_path = args.work / "texts"
    write_texts(texts_path, texts)
    long_texts = [" ".join(natural[at : at + 30]).encode() for at in range(0, 3000, 300)] + [b"a" * 600, "ab".encode() * 400]
    trained = []
    for name, options in MODELS.items():
        path = args.work / f"{name}.model"
        if not path.exists():
            with io.BytesIO() as model:
                spm.SentencePieceTrainer.train(sentence_iterator=iter(natural[::3]), model_writer=model, **{**COMMON, **options})
                path.write_bytes(model.getvalue())
        trained.append(path)
    failed = False
    for path in args.models + trained:
        size, wrong, runes = differences(path, args.go, texts_path, texts, args.work / "out")
        failed = failed or bool(wrong)
        if sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes()).trainer_spec.model_type == 1:
            some = [t for t in texts[::60] if len(t) < 1500] + long_texts
            for n in (2, 10, 200):
                worse = nbest_differences(path, args.go, some, args.work, n)
                failed = failed or bool(worse)
                print(f"{'':32} {n:7} best    {len(some)} texts  {len(worse)} differ  {worse[:3] or ''}", flush=True)
        print(f"{path.name:32} {size:7} pieces  {len(texts)} texts  {runes} with rune offsets  {len(wrong)} differ  {wrong[:3] or ''}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
