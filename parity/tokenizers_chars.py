"""Writes tokenize/tokenizerjson/chars_table.go: which characters tokenizers takes for letters, punctuation, marks, ...

    pip install -r parity/requirements-tokenizers.txt
    python parity/tokenizers_chars.py | gofmt > tokenize/tokenizerjson/chars_table.go

The crates below tokenizers have Unicode data of several versions, 9.0 to 16.0. So every code point is asked of the library itself.
"""

import base64
import io
import unicodedata

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb
from tokenizers import Regex, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def charsmap(rules):
    """The precompiled_charsmap of a model that is trained with these rules."""
    with open("/tmp/pali3_rules.tsv", "w") as f:
        f.writelines(f"{ord(a):X}\t{ord(b):X}\n" for a, b in rules.items())
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(["a b c"] * 9), model_writer=model, vocab_size=8, model_type="char",
                                   normalization_rule_tsv="/tmp/pali3_rules.tsv", minloglevel=2, hard_vocab_limit=False)
    proto = pb.ModelProto()
    proto.ParseFromString(model.getvalue())
    return normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)


def alone(pre_tokenizer, before, after):
    """Whether a character is cut from those beside it."""
    return lambda c: len(pre_tokenizer.pre_tokenize_str(before + c + after)) > 1


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(off | options))


def classes():
    removed = lambda pattern: alone(pre_tokenizers.Split(Regex(pattern), "removed"), "-", "-")
    nfd, forms = normalizers.NFD(), [normalizers.NFC(), normalizers.NFD(), normalizers.NFKC(), normalizers.NFKD()]
    cleaned, accents, marks = bert(clean_text=True), bert(strip_accents=True), normalizers.StripAccents()
    rules = charsmap({"a": "b", "\u00a9": "b"})
    whitespace = pre_tokenizers.Whitespace()
    yield "letter", "\\p{L} of onig", removed(r"\p{L}")
    yield "number", "\\p{N} of onig", removed(r"\p{N}")
    yield "mark", "\\p{M} of onig", removed(r"\p{M}")
    yield "upper", "\\p{Lu} of onig", removed(r"\p{Lu}")
    yield "lowerCase", "\\p{Ll} of onig", removed(r"\p{Ll}")
    yield "title", "\\p{Lt} of onig", removed(r"\p{Lt}")
    yield "modifier", "\\p{Lm} of onig", removed(r"\p{Lm}")
    yield "otherLetter", "\\p{Lo} of onig", removed(r"\p{Lo}")
    yield "word", "\\w of the crate regex", lambda c: len(whitespace.pre_tokenize_str("a" + c)) == 1 and not c.isspace()
    yield "punctuation", "what BertPreTokenizer and Punctuation cut off", alone(pre_tokenizers.Punctuation(), "a", "a")
    yield "numeric", "what Digits cuts off", alone(pre_tokenizers.Digits(True), "a", "a")
    yield "control", "what clean_text of BertNormalizer drops", lambda c: cleaned.normalize_str("a" + c + "b") == "ab"
    yield "nonspacing", "what strip_accents of BertNormalizer drops", lambda c: accents.normalize_str("a" + c) == "a"
    yield "combining", "what StripAccents drops", lambda c: marks.normalize_str("a" + c) == "a"
    yield "extending", "what belongs to the character before it", lambda c: rules.normalize_str("a" + c) == "b"
    yield "preceding", "what belongs to the character behind it", lambda c: rules.normalize_str(c + "a\u0301").endswith("\u0301")
    yield "pictograph", "what a joiner joins", lambda c: c != "\u200d" and rules.normalize_str("\u00a9\u200d" + c).startswith("b\u200d")


def ranges(test):
    found, start = [], None
    for c in CODE_POINTS + [0x110000]:
        inside = c < 0x110000 and test(chr(c))
        if inside and start is None:
            start = c
        if start is not None and not inside:
            found.append((start, last))
            start = None
        last = c
    return found


def lowercase():
    lower = normalizers.Lowercase()
    return {c: lower.normalize_str(chr(c)) for c in CODE_POINTS if lower.normalize_str(chr(c)) != chr(c)}


def decompositions():
    """What the old Unicode data of unicode-normalization-alignments says: decompositions, and classes of combining characters."""
    nfd, nfkd = normalizers.NFD(), normalizers.NFKD()
    return {c: (nfd.normalize_str(chr(c)), nfkd.normalize_str(chr(c))) for c in CODE_POINTS}


def combining_later():
    """Characters that are combining in later versions of Unicode alone: NFD does not move them."""
    nfd = normalizers.NFD()
    for c in CODE_POINTS:
        one = chr(c)
        if nfd.normalize_str("a\u0345" + one) == "a\u0345" + nfd.normalize_str(one) and nfd.normalize_str("a" + one + "\u0334") == "a" + nfd.normalize_str(one) + "\u0334":
            yield c


def packed(pairs):
    """Ranges as numbers of base 36: the distance from the last end, and the size less one."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"

    def number(n):
        out = ""
        while n or not out:
            n, digit = divmod(n, 36)
            out = digits[digit] + out
        return out

    last, out = 0, []
    for first, end in pairs:
        out += [number(first - last), number(end - first)]
        last = end
    return " ".join(out)


def write(name, comment, text):
    print(f"\n// {name}Table: {comment}.\nconst {name}Table = \"\" +")
    lines = [text[i : i + 110] for i in range(0, len(text), 110)]
    print(" +\n".join(f'\t"{line}"' for line in lines))


def main():
    print("// Code generated by parity/tokenizers_chars.py; DO NOT EDIT.\n\npackage tokenizerjson")
    for name, comment, test in classes():
        write(name, comment, packed(ranges(test)))
    # What one code point tells of the normal forms: those whose forms are themselves, and that NFD does not move.
    old, still = decompositions(), set(combining_later())
    write("plain", "what the crate unicode-normalization-alignments neither takes apart nor moves", packed(ranges(lambda c: ord(c) in still and old[ord(c)] == (c, c))))


if __name__ == "__main__":
    main()
