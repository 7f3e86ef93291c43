"""Makes evalsuite/metrics/testdata/ptb_languages.json: captions in the 36 languages of Crossmodal-3600, tokenized by pycocoevalcap.

    pip install -r parity/requirements-metrics.txt        # and a Java runtime
    npm pack cldr-annotations-full@48.2.0 && tar xzf cldr-annotations-full-48.2.0.tgz
    PYTHONUTF8=1 JAVA_TOOL_OPTIONS=-Dfile.encoding=UTF-8 python parity/ptb_languages.py --cldr package

The words are names and keywords of emoji from the Unicode CLDR (Unicode licence), joined with marks and numbers as people write
them in captions. With --check FILE it tokenizes other captions, a JSON list, and writes them to --out instead.
"""

import argparse
import json
import pathlib
import random

from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

LANGUAGES = "ar bn cs da de el en es fa fi fil fr he hi hr hu id it ja ko mi nl no pl pt quz ro ru sv sw te th tr uk vi zh".split()
FOLDERS = {"quz": "qu"}
MARKS = {
    "ar": "،؛؟", "fa": "،؛؟٪", "el": ";·«»", "hi": "।", "bn": "।", "zh": "。，、！？（）《》", "ja": "。、！？「」・", "ko": ".,·",
    "es": "¿¡", "fr": "«»’", "de": "„“", "ru": "«»—", "uk": "«»’—", "he": "״׳־",
}
DIGITS = {"ar": "٠١٢٣٤٥٦٧٨٩", "fa": "۰۱۲۳۴۵۶۷۸۹", "hi": "०१२३४५६७८९", "bn": "০১২৩৪৫৬৭৮৯", "te": "౦౧౨౩౪౫౬౭౮౯", "th": "๐๑๒๓๔๕๖๗๘๙"}
EACH = 45


def captions(language, cldr, r):
    file = cldr / "annotations" / FOLDERS.get(language, language) / "annotations.json"
    entries = json.loads(file.read_text("utf-8"))["annotations"]["annotations"].values()
    names = [e["tts"][0] for e in entries if e.get("tts")]
    words = [w for e in entries for w in e.get("default", [])]
    marks = list(".,;:!?") + list(MARKS.get(language, "")) + ["-", " – ", "'", '"', "...", "/", " & "]
    digits = DIGITS.get(language, "0123456789")
    for _ in range(EACH):
        parts = []
        for _ in range(r.randint(1, 3)):
            kind = r.randrange(5)
            number = "".join(r.choice(digits) for _ in range(r.randint(1, 4)))
            parts.append(r.choice(names) if kind < 2 else r.choice(words) if kind < 4 else number + r.choice(["", ",5", ".25", "%", " €", "-"]))
            parts.append(r.choice(marks) + r.choice(["", " "]) if r.random() < 0.6 else " ")
        text = "".join(parts)
        yield r.choice([text, text.strip(), f"({text.strip()})", text.upper(), text.capitalize()])


def tokenize(texts):
    keyed = {i: [{"caption": text}] for i, text in enumerate(texts)}
    return [tokens[0] for tokens in PTBTokenizer().tokenize(keyed).values()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cldr", type=pathlib.Path)
    parser.add_argument("--check", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("evalsuite/metrics/testdata/ptb_languages.json"))
    args = parser.parse_args()
    if args.check:
        texts = json.loads(args.check.read_text("utf-8"))
    else:
        r = random.Random(20261129)
        texts = [text for language in LANGUAGES for text in captions(language, args.cldr, r)]
    rows = [{"caption": text, "tokens": tokens} for text, tokens in zip(texts, tokenize(texts), strict=True)]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    args.out.write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    main()
