"""Makes the goldens of tokenize/sentencepiece/train: models of the C++ trainer for a small text with many options.

    npm pack cldr-annotations-full@48.2.0 && tar xzf cldr-annotations-full-48.2.0.tgz
    pip install -r parity/requirements-sentencepiece.txt
    python parity/spm_train.py goldens --cldr package --out tokenize/sentencepiece/train/testdata

This writes the text: CLDR's names of emoji in 22 languages (Unicode-3.0 licence), and lines with odd white space,
numbers, special pieces and bytes that are not UTF-8. For each set of options below it writes NAME.golden. Its first
line has the options as JSON, the others the pieces in the order of ids: quoted text, score to nine digits and kind,
separated by tabs. charsmaps.golden has the digests of the normalisation rules in the library.

    python parity/spm_train.py compare A.model B.model TEXT

This prints how many pieces two models share, how much the scores differ, and for how many lines of a text the C++
library returns other ids. The first model may be one of `pali3 tokenizer train`.
"""

import argparse
import hashlib
import io
import json
import os
import pathlib
import random
import struct
import tempfile

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb

LANGUAGES = "ar bn cs de el en es fa fi fr he hi ja ko pl ru sw th tr uk vi zh".split()
PER_LANGUAGE = 110

ODD = [
    "", " ", "   ", "\t", "\u3000", "a  b   c", "  leading and trailing  ", "tab\tin line", "carriage return\r", "\u2581already\u2581there",
    "two  spaces  here", "three   spaces   here", "x    y    z", "12345 1234 123 12 1", "3.14159 2.71828", "v2.0-rc1 v2.0-rc2", "1st 2nd 3rd 4th 1st 2nd",
    "route 66, route 67, route 68", "<unk> <s> </s> <pad>", "<sep> and <sep>", "<loc0001><loc0002> cat <loc0001>", "a<loc0001>b", "<0x41><0x42>",
    "\u2585 lines with this sign are left out", "zero\0byte", "\0", "unit\x1fseparator", "\x01\x02\x03", "\x7f", "e\u0301 e\u0301 e\u0301", "A\u030a \u212b \u00c5",
    "\uff21\uff22\uff23 \uff11\uff12\uff13", "\uff76\uff9e\uff76\uff9e", "\ufb01ne \ufb01sh", "\u2460 \u2461 \u2462", "\ufdfa", "\u1112\u1161\u11ab", "Stra\u00dfe STRASSE \u1e9e",
    "\u0130stanbul \u0131", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u13a0\uab70", "\U0001f469\u200d\U0001f4bb \U0001f469\u200d\U0001f4bb", "a\u200bb\u200cc\u200dd", "\ufeffbom", "half \uff5e full ~",
    "aaaa aaaaa aaaaaa aaaaaaa", "abababab ababab abab", "well-known half-timbered well-known", "don't can't won't don't", "word" * 30, "a" * 200, "x" * 5000,
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8", "\u30b3\u30fc\u30d2\u30fc \u30b3\u30fc\u30d2\u30fc", "\U00020bb7\u91ce\u5bb6", "last line ends with cat face",
]
MALFORMED = [b"\xff", b"caf\xe9 cr\xe8me", b"cut \xe2\x96", b"\xed\xa0\x80 surrogate", b"\xf4\x90\x80\x80", b"\xc0\x80 overlong", b"\xef\xbf\xbd replacement"]

RULES = [("41", "61"), ("42", "62"), ("66 61", "66 65"), ("66", "76"), ("2D", "20"), ("E9", "65"), ("1F469 200D 1F4BB", "70 63"), ("21", ""), ("20AC", "20 65 75 72 20")]

COMMON = dict(num_threads=16, minloglevel=2, shuffle_input_sentence=False)
T5 = dict(pad_id=0, eos_id=1, unk_id=2, bos_id=-1)

# Options by the names of the trainer. input, seeds and rules are files in the folder of goldens.
MODELS = {
    "unigram": dict(model_type="unigram", vocab_size=1400),
    "unigram_bytes": dict(model_type="unigram", vocab_size=1000, character_coverage=0.98, byte_fallback=True, user_defined_symbols=["<loc0001>", "<loc0002>", "cat", "zz"],
                          control_symbols=["<sep>"], split_digits=True, normalization_rule_name="nfkc", **T5),
    "unigram_suffix": dict(model_type="unigram", vocab_size=1400, treat_whitespace_as_suffix=True, normalization_rule_name="identity", max_sentencepiece_length=8),
    "unigram_phrases": dict(model_type="unigram", vocab_size=1500, split_by_whitespace=False, split_by_unicode_script=False, split_by_number=False, max_sentencepiece_length=24,
                            normalization_rule_name="identity", add_dummy_prefix=False),
    "unigram_phrases_suffix": dict(model_type="unigram", vocab_size=1500, split_by_whitespace=False, treat_whitespace_as_suffix=True, normalization_rule_name="nmt_nfkc_cf"),
    "unigram_spaces": dict(model_type="unigram", vocab_size=1400, allow_whitespace_only_pieces=True, remove_extra_whitespaces=False, normalization_rule_name="nfkc_cf", split_by_number=False),
    "unigram_spaces_suffix": dict(model_type="unigram", vocab_size=1400, allow_whitespace_only_pieces=True, remove_extra_whitespaces=False, treat_whitespace_as_suffix=True),
    "unigram_no_prefix": dict(model_type="unigram", vocab_size=1300, add_dummy_prefix=False, character_coverage=0.99, required_chars="\u00e6\u0153\u03a9q", seed_sentencepiece_size=3000, num_sub_iterations=3, shrinking_factor=0.6),
    "unigram_delimiter": dict(model_type="unigram", vocab_size=1400, pretokenization_delimiter="a"),
    "unigram_weighted": dict(model_type="unigram", vocab_size=900, input="weighted.tsv", input_format="tsv", hard_vocab_limit=False),
    "unigram_seeds": dict(model_type="unigram", vocab_size=1200, seed_sentencepieces_file="seeds.tsv", hard_vocab_limit=False),
    "unigram_rules": dict(model_type="unigram", vocab_size=1400, normalization_rule_tsv="rules.tsv"),
    "unigram_first": dict(model_type="unigram", vocab_size=700, input_sentence_size=600, hard_vocab_limit=False),
    "bpe": dict(model_type="bpe", vocab_size=1800),
    "bpe_bytes": dict(model_type="bpe", vocab_size=1200, character_coverage=0.98, byte_fallback=True, user_defined_symbols=["<loc0001>", "zz"], split_digits=True, unk_id=0, bos_id=1, eos_id=2, pad_id=3),
    "bpe_phrases": dict(model_type="bpe", vocab_size=2000, split_by_whitespace=False, split_by_unicode_script=False, split_by_number=False, normalization_rule_name="identity", remove_extra_whitespaces=False),
    "bpe_suffix": dict(model_type="bpe", vocab_size=1600, treat_whitespace_as_suffix=True, required_chars="\u00e6\u0153\u03a9q", character_coverage=0.99, pretokenization_delimiter="-"),
    "bpe_weighted": dict(model_type="bpe", vocab_size=1500, input="weighted.tsv", input_format="tsv", allow_whitespace_only_pieces=True, remove_extra_whitespaces=False),
    "word": dict(model_type="word", vocab_size=700, user_defined_symbols=["zz", "cat"]),
    "word_all": dict(model_type="word", use_all_vocab=True, vocab_size=100, character_coverage=0.99),
    "char": dict(model_type="char", vocab_size=300),
    "char_all": dict(model_type="char", vocab_size=5000, normalization_rule_name="nfkc_cf", character_coverage=1.0, eos_piece="<eos>", unk_surface="?"),
}


def lines_of(cldr):
    rng = random.Random(13)
    lines = []
    for language in LANGUAGES:
        table = json.loads((cldr / "annotations" / language / "annotations.json").read_text("utf-8"))
        names = [entry["tts"][0] for entry in table["annotations"]["annotations"].values() if entry.get("tts")]
        lines += [name.encode() for name in rng.sample(names, PER_LANGUAGE)]
    lines += [line.encode() for line in ODD[:-1]] + MALFORMED
    rng.shuffle(lines)
    return lines + [ODD[-1].encode()]


def write_inputs(cldr, out):
    lines = lines_of(cldr)
    (out / "text.txt").write_bytes(b"\n".join(lines) + b"\n")
    rng = random.Random(17)
    words = [w for w in sorted({w for line in lines for w in line.split()}) if b"\t" not in w and w.isalpha()]
    (out / "weighted.tsv").write_bytes(b"".join(b"%s\t%d\n" % (w, rng.choice([1, 1, 2, 3, 10, 1000])) for w in words))
    with open(out / "seeds.tsv", "w", encoding="utf-8") as file:
        parts = {}
        for line in lines:
            for word in line.decode("utf-8", "ignore").split():
                for a in range(len(word)):
                    for b in range(a + 2, min(a + 7, len(word) + 1)):
                        parts["\u2581" * (a == 0) + word[a:b]] = parts.get("\u2581" * (a == 0) + word[a:b], 0) + 1
        file.writelines(f"{part}\t{count}\n" for part, count in sorted(parts.items()) if count > 2 and part.isprintable())
    (out / "rules.tsv").write_text("".join(f"{a}\t{b}\t# a comment\n" for a, b in RULES), "utf-8")


def train(options, folder):
    model = io.BytesIO()
    options = {"input": "text.txt", **COMMON, **options}
    here = os.getcwd()
    os.chdir(folder)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            prefix = os.path.join(temporary, "m")
            spm.SentencePieceTrainer.train(model_prefix=prefix, **options)
            model.write(pathlib.Path(prefix + ".model").read_bytes())
    finally:
        os.chdir(here)
    proto = pb.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto


def rules_of(blob):
    """The rules in a precompiled charsmap."""
    (size,) = struct.unpack("<I", blob[:4])
    units = struct.unpack(f"<{size // 4}I", blob[4 : 4 + size])
    strings = blob[4 + size :]
    offset = lambda unit: (unit >> 10) << ((unit & 512) >> 6)
    rules, stack = {}, [(offset(units[0]), b"")]
    while stack:
        node, key = stack.pop()
        for byte in range(1, 256):
            if node ^ byte < len(units) and units[node ^ byte] & (1 << 31 | 0xFF) == byte:
                unit = units[node ^ byte]
                base = node ^ byte ^ offset(unit)
                if unit >> 8 & 1:
                    start = units[base] & 0x7FFFFFFF
                    rules[key + bytes([byte])] = strings[start : strings.index(0, start)]
                stack.append((base, key + bytes([byte])))
    return rules


CHARSMAPS = pathlib.Path(__file__).parent.parent / "tokenize/internal/charsmap/testdata/charsmaps.golden"


def goldens(cldr, out):
    out.mkdir(parents=True, exist_ok=True)
    write_inputs(cldr, out)
    for name, options in MODELS.items():
        proto = train(options, out)
        with open(out / f"{name}.golden", "w", encoding="utf-8") as file:
            file.write(json.dumps(options) + "\n")
            for p in proto.pieces:
                file.write(f"{json.dumps(p.piece, ensure_ascii=False)}\t{p.score:.9g}\t{pb.ModelProto.SentencePiece.Type.Name(p.type).lower()}\n")
        print(name, len(proto.pieces))
    with open(CHARSMAPS, "w") as file:
        for name in ["nfkc", "nfkc_cf", "nmt_nfkc", "nmt_nfkc_cf"]:
            proto = train(dict(model_type="char", normalization_rule_name=name), out)
            rules = rules_of(proto.normalizer_spec.precompiled_charsmap)
            lines = b"".join(b"%s %s\n" % (k.hex().encode(), v.hex().encode()) for k, v in sorted(rules.items()))
            file.write(f"{name} {len(rules)} {hashlib.sha256(lines).hexdigest()}\n")


def compare(first, second, text):
    a, b = pb.ModelProto(), pb.ModelProto()
    a.ParseFromString(pathlib.Path(first).read_bytes())
    b.ParseFromString(pathlib.Path(second).read_bytes())
    scores = [{p.piece: p.score for p in m.pieces} for m in (a, b)]
    shared = scores[0].keys() & scores[1].keys()
    print(f"pieces {len(scores[0])} and {len(scores[1])}, shared {len(shared)} ({100 * len(shared) / max(map(len, scores)):.3f}%), same order: {[p.piece for p in a.pieces] == [p.piece for p in b.pieces]}")
    print(f"scores of shared pieces: {sum(scores[0][p] == scores[1][p] for p in shared)} equal, largest difference {max(abs(scores[0][p] - scores[1][p]) for p in shared):.3g}")
    pa, pb_ = spm.SentencePieceProcessor(model_file=str(first)), spm.SentencePieceProcessor(model_file=str(second))
    lines = pathlib.Path(text).read_bytes().split(b"\n")
    differ = sum(pa.encode(line, out_type=str) != pb_.encode(line, out_type=str) for line in lines)
    print(f"lines {len(lines)}, segmented otherwise {differ}")
    if a.trainer_spec.model_type == 1:
        totals = []
        for p, table in ((pa, scores[0]), (pb_, scores[1])):
            totals.append(sum(table[piece] for line in lines for piece in p.encode(line, out_type=str) if piece in table))
        print(f"log likelihood {totals[0]:.1f} and {totals[1]:.1f}: {100 * (totals[0] - totals[1]) / abs(totals[1]):+.4f}%")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    g = commands.add_parser("goldens")
    g.add_argument("--cldr", type=pathlib.Path, required=True)
    g.add_argument("--out", type=pathlib.Path, required=True)
    c = commands.add_parser("compare")
    c.add_argument("models", nargs=2)
    c.add_argument("text")
    args = parser.parse_args()
    if args.command == "goldens":
        goldens(args.cldr, args.out)
    else:
        compare(*args.models, args.text)


if __name__ == "__main__":
    main()
