"""Makes the goldens of tokenize/sentencepiece with the Python binding of the C++ library.

    npm pack cldr-annotations-full@48.2.0 && tar xzf cldr-annotations-full-48.2.0.tgz
    pip install -r parity/requirements-sentencepiece.txt
    python parity/sentencepiece_goldens.py --cldr package --out tokenize/sentencepiece/testdata

It trains the small models below on CLDR's names of emoji (Unicode-3.0 licence) in 22 languages. It writes
texts.golden, with one quoted text per line, and for each MODEL.model a MODEL.golden, with one line per text:

    ids   decoded   spans

separated by tabs. decoded is "=" if it equals the text. spans has the bytes of the text for each id: begin:end, or
only end if the span begins at the end of the previous one.

For three of the unigram models, MODEL.nbest has the 12 best segmentations of every ninth text.

With --models DIR it also writes published.golden: for every .model and .spm file of DIR, its name and the SHA-256
of the lines of ids. Those models are not part of this repository.
"""

import argparse
import hashlib
import json
import pathlib
import random
import tempfile

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2, sentencepiece_pb2

LANGUAGES = "ar bn cs de el en es fa fi fr he hi ja ko pl ru sw th tr uk vi zh".split()

COMMON = dict(model_type="unigram", character_coverage=1.0, num_threads=1, shuffle_input_sentence=False,
              pad_id=0, eos_id=1, unk_id=2, bos_id=-1, minloglevel=2)

MODELS = {
    "nmt_nfkc": dict(vocab_size=2500, character_coverage=0.995, byte_fallback=True, normalization_rule_name="nmt_nfkc", max_sentencepiece_length=12),
    "identity": dict(vocab_size=2500, character_coverage=0.995, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False),
    "suffix": dict(vocab_size=1200, normalization_rule_name="identity", treat_whitespace_as_suffix=True, character_coverage=0.98,
                   user_defined_symbols=["<loc0001>", "<loc0002>", "face", "fa", "  ", "\u2581\u2581", "zz"], split_digits=True),
    "plain": dict(vocab_size=1200, normalization_rule_name="identity", add_dummy_prefix=False, character_coverage=0.98,
                  user_defined_symbols=["with", "e", "\u00e9"], unk_surface="?"),
    "bpe_bytes": dict(model_type="bpe", vocab_size=1500, normalization_rule_name="identity", remove_extra_whitespaces=False, byte_fallback=True,
                      allow_whitespace_only_pieces=True, character_coverage=0.98),
    "bpe_suffix": dict(model_type="bpe", vocab_size=1200, treat_whitespace_as_suffix=True, character_coverage=0.98,
                       normalization_rule_name="identity", user_defined_symbols=["face", "fa", "zz", "\u2581\u2581"]),
    "bpe_joined": dict(model_type="bpe", vocab_size=1200, split_by_whitespace=False, normalization_rule_name="identity", character_coverage=0.98),
    "word": dict(model_type="word", vocab_size=1000, normalization_rule_name="identity", hard_vocab_limit=False,
                 denormalization_rule_tsv="{rules}"),
    "char": dict(model_type="char", vocab_size=500, normalization_rule_name="identity", add_dummy_prefix=False, user_defined_symbols=["with", "\u00e9"], hard_vocab_limit=False),
}

def unused(proto, every):
    """Marks every n-th piece of more than one character as unused."""
    for i, piece in enumerate(p for p in proto.pieces if p.type == p.NORMAL and len(p.piece) > 1):
        if i % every == 0:
            piece.type = piece.UNUSED


def odd(proto):
    """A unigram model with unused pieces, a normal piece spelled like a control piece, and positive scores."""
    unused(proto, 3)
    proto.pieces.add(piece="</s>", score=-2, type=1)
    for piece in proto.pieces[:: 7]:
        piece.score = -piece.score
    proto.pieces[9].score = proto.pieces[10].score  # equals


# Models derived from others: the name of the original, and the change.
CHANGED = {
    "bpe_unused": ("bpe_bytes", lambda proto: unused(proto, 2)),
    "odd": ("plain", odd),
}

HOSTILE = [
    "", " ", "  ", "\t", "\n", "\u3000", "\u00a0", "\u2581", "\u2581\u2581", " \u2581 ", "\u2581a", "a\u2581", "a\u2581b", "\u2581 \u2581a \u2581",
    "a", " a", "a ", " a ", "a  b", "  a  b  ", "a\tb", "a\nb", "a\r\nb", "a\u3000b", "a\u00a0b", "\u2003a", "a\u200bb", "\ufeffa", "a\u2028b",
    "\0", "a\0b", "\0\0", "a \0 b", "\x01\x02", "\x7f", "\x85", "a\u0085b",
    "e\u0301", "\u0301", "\u0301\u0301", "a\u0323\u0301", "\u00e9 e\u0301", "n\u0303o", "\u1e9b\u0323", "A\u030a", "q\u0307\u0323",
    "\ufb01", "\u2460", "\u00bd", "\uff21\uff22\uff23", "\uff76\uff9e", "\u3392", "\ufdfa", "\u212b", "\u2126", "\u017f", "\u1e9e", "\u0130",
    "\U0001f469\u200d\U0001f4bb", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\u2764\ufe0f", "\U0001f1eb\U0001f1f7",
    "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\u202eabc\u202c", "\u200fשלום\u200f", "مرحبا بالعالم", "لا إله", "\u0644\u0627", "كـــتاب", "नमस्ते दुनिया", "क्षत्रिय", "สวัสดีชาวโลก", "ນ້ຳ", "မြန်မာ",
    "こんにちは、世界！", "안녕하세요 세계", "\u1112\u1161\u11ab\u1100\u1173\u11af", "你好，世界", "𠮷野家", "Straße", "İstanbul ıi", "ΑΒΓ ς",
    "<unk>", "<s>", "</s>", "<pad>", "<0x41>", "<0xE2><0x96><0x81>", "<extra_id_0>", "<loc0001>", "<loc0001><loc0002>", "a<loc0001>b", " <loc0001> ", "<loc0001", "<loc00011>",
    "face", "faces", "faface", "surface with faces", "zzz", "zzzz", "zz zz", "eee", "withwith with", "with e with é", "    ", "a    b", "a   face   b",
    "1234567890", "3.14159", "a1b2c3", "v2.0-rc1", "100%", "10,000", "٣٤٥", "१२३",
    "The quick brown fox jumps over the lazy dog.", "don't can't won't", "\u201cquoted\u201d \u2018single\u2019", "e-mail: a.b@c.de", "https://example.org/?q=1&r=%20",
    "ALL CAPS SENTENCE", "MiXeD cAsE", "word" * 40, "a" * 500, "ab" * 300, "\u2581" * 50, " " * 200, "\u0e01" * 100, "\U0001f600" * 60,
    "Generate the alt_text in fr at 0: <extra_id_0>", "Answer in EN: What is this? <extra_id_0>", "detect cat and dog and leopard",
]

MALFORMED = [
    b"\xff", b"\x80", b"\xc3", b"\xe2\x96", b"\xf0\x9f\x98", b"a\xffb", b"a\x80\x80b", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xed\xa0\x80",
    b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe\xff", b" \xff ", b"\xe2\x96\x81\xe2\x96",
    b"caf\xe9 cr\xe8me", b"\xf0\x9f\x98\x80\xf0\x9f", b"\xe3\x81", b"ok \xe3\x81\x82\xe3 ok", b"\xf0\x80\x80\x80", b"\xef\xbf\xbd", b"\xef\xbb\xbfa",
]


def names(cldr):
    """The names of all emoji, by language."""
    out = {}
    for language in LANGUAGES:
        table = json.loads((cldr / "annotations" / language / "annotations.json").read_text("utf-8"))
        out[language] = [entry["tts"][0] for entry in table["annotations"]["annotations"].values() if entry.get("tts")]
    return out


def invented(rng, corpus, count):
    """Unusual texts: words of several languages, odd spaces, lone marks, random scalars and bytes."""
    glue = ["", " ", "  ", "\u2581", "\u3000", "\t", "\u200d", "\u0301", "-", "\0", "\ufe0f", ", "]
    alphabet = [chr(c) for c in (*range(32, 127), *range(0xA0, 0x250), *range(0x300, 0x370), *range(0x2000, 0x2070), *range(0xFF00, 0xFFEF))]
    words = [w for n in corpus for w in n.split()]
    for i in range(count):
        if i % 4 == 0:
            yield "".join(rng.choice(words) + rng.choice(glue) for _ in range(rng.randint(1, 12))).encode()
        elif i % 4 == 1:
            yield "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 40))).encode()
        elif i % 4 == 2:
            yield "".join(chr(rng.choice([rng.randint(0, 0xD7FF), rng.randint(0xE000, 0x10FFFF)])) for _ in range(rng.randint(1, 12))).encode()
        else:
            text = bytearray(" ".join(rng.choice(words) for _ in range(rng.randint(1, 6))).encode())
            for _ in range(rng.randint(1, 4)):
                text[rng.randrange(len(text))] = rng.randint(0, 255)
            yield bytes(text)


def texts(by_language):
    rng = random.Random(20231013)
    corpus = [n for ns in by_language.values() for n in ns]
    yield from (t.encode() for t in HOSTILE)
    yield from MALFORMED
    yield from (n.encode() for ns in by_language.values() for n in rng.sample(ns, 20))
    yield from invented(rng, corpus, 700)
    for size in (600, 1200):  # long sums of scores, in which single precision shows
        yield " ".join(rng.choice(corpus) for _ in range(size // 6)).encode()
        yield "".join(rng.choice(corpus).replace(" ", "") for _ in range(size // 6)).encode()


def golden(model, text):
    tokens = model.encode(text, return_type="offset_mapping")
    ids = model.encode(text)
    assert ids == tokens["ids"], text
    decoded = model.decode(ids, return_type=bytes)
    spans, last = [], 0
    for begin, end in tokens["offsets"]:
        spans.append(str(end) if begin == last else f"{begin}:{end}")
        last = end
    return "\t".join([" ".join(map(str, ids)), "=" if decoded == text else quote(decoded), " ".join(spans)])


def nbest(model, text):
    """The 12 best segmentations: score:ids, separated by tabs."""
    message = sentencepiece_pb2.NBestSentencePieceText.FromString(model.nbest_encode(text, nbest_size=12, return_type="serialized_proto"))
    return "\t".join(f"{t.score:.9g}:" + " ".join(str(p.id) for p in t.pieces) for t in message.nbests)


def digest(path, inputs):
    model = spm.SentencePieceProcessor(model_file=str(path))
    lines = "".join(" ".join(map(str, model.encode(t))) + "\n" for t in inputs)
    return f"{path.name}\t{hashlib.sha256(lines.encode()).hexdigest()}"


def quote(data):
    """The Go string literal for data."""
    out = []
    for c in data.decode("utf-8", "surrogateescape"):
        code = ord(c)
        if 0xDC80 <= code <= 0xDCFF:
            out.append(f"\\x{code - 0xDC00:02x}")
        elif c in '"\\':
            out.append("\\" + c)
        elif c.isprintable():
            out.append(c)
        else:
            out.append(f"\\U{code:08x}")
    return '"' + "".join(out) + '"'


def write(path, lines):
    path.write_text("\n".join(lines) + "\n", "utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cldr", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    by_language = names(args.cldr)
    corpus = [n for ns in by_language.values() for n in ns[::3]]
    rules = pathlib.Path(tempfile.mkdtemp()) / "rules.tsv"
    rules.write_text("65\t45\n20 20\t20\nE9\t65 301\n")  # of code points: e to E, two spaces to one, é to e and a mark
    for name, options in MODELS.items():
        options = {key: str(rules) if value == "{rules}" else value for key, value in options.items()}
        path = args.out / f"{name}.model"
        with path.open("wb") as file:
            spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_writer=file, **{**COMMON, **options})
        proto = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
        if proto.denormalizer_spec.normalization_rule_tsv:  # where the rules were
            proto.denormalizer_spec.ClearField("normalization_rule_tsv")
            path.write_bytes(proto.SerializeToString())
        model = spm.SentencePieceProcessor(model_file=str(path))
        write(args.out / f"{name}.golden", [golden(model, t) for t in texts(by_language)])
        print(name, model.get_piece_size(), "pieces")
    for name, (of, change) in CHANGED.items():
        proto = sentencepiece_model_pb2.ModelProto.FromString((args.out / f"{of}.model").read_bytes())
        change(proto)
        (args.out / f"{name}.model").write_bytes(proto.SerializeToString())
        model = spm.SentencePieceProcessor(model_file=str(args.out / f"{name}.model"))
        write(args.out / f"{name}.golden", [golden(model, t) for t in texts(by_language)])
    for name in ("nmt_nfkc", "suffix", "odd"):
        model = spm.SentencePieceProcessor(model_file=str(args.out / f"{name}.model"))
        write(args.out / f"{name}.nbest", [nbest(model, t) for t in list(texts(by_language))[::9]])
    if args.models:
        paths = sorted(p for p in args.models.iterdir() if p.suffix in (".model", ".spm"))
        write(args.out / "published.golden", [digest(p, texts(by_language)) for p in paths])
    write(args.out / "texts.golden", [quote(t) for t in texts(by_language)])


if __name__ == "__main__":
    main()
