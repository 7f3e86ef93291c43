"""Which benchmark texts are contaminated, by the rules of GPT-3, PaLM, Llama 2 and Tülu 3.

A second, slow implementation of the rules that evalsuite/contamination applies: all pairs of
positions are compared, without an index. Writes evalsuite/contamination/testdata/rules.json.

    python parity/contamination_goldens.py

Needs Python 3.10 or later and no package.
"""

import json
import os
import random
import unicodedata

UNSPACED = [
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029),
    (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
]


def words(text):
    """Words: NFKC, case folded; letters, digits and marks; characters of scripts without blanks alone."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    out, current, alone = [], "", False
    for c in text:
        category = unicodedata.category(c)
        if category[0] == "M":
            current += c
        elif category[0] in "LN":
            single = any(lo <= ord(c) <= hi for lo, hi in UNSPACED)
            if single or alone:
                if current:
                    out.append(current)
                current = ""
            current, alone = current + c, single
        elif c in "'\u2019\u2018" or category == "Cf":
            pass
        else:
            if current:
                out.append(current)
            current, alone = "", False
    if current:
        out.append(current)
    return out


def grams(ws, n):
    return [tuple(ws[i : i + n]) for i in range(len(ws) - n + 1)]


def gpt3(benchmark, train):
    lengths = sorted(len(b) for b in {tuple(b) for b in benchmark if b})
    n = min(13, max(8, lengths[len(lengths) * 5 // 100]))
    hits = []
    for b in benchmark:
        size = min(n, len(b))
        if size < 8:
            hits.append(False)
            continue
        mine = set(grams(b, size))
        hits.append(any(g in mine for t in train for g in grams(t, size)))
    return n, hits


def palm(benchmark, train):
    seen = {g for t in train for g in grams(t, 8)}
    shares = []
    for b in benchmark:
        mine = grams(b, 8)
        shares.append(sum(g in seen for g in mine) / len(mine) if mine else 0)
    return shares


def llama2(benchmark, train):
    """Share of the words in spans of more than 10 words: 10 equal ones, then at most 4 that differ, none of them last."""
    shares = []
    for b in benchmark:
        covered = [False] * len(b)
        for t in train:
            for i in range(len(b) - 9):
                for j in range(len(t) - 9):
                    if b[i : i + 10] != t[j : j + 10] or (i > 0 and j > 0 and b[i - 1] == t[j - 1]):
                        continue
                    skips, last, equal, k = 4, 10, list(range(10)), 10
                    pending = []
                    while i + k < len(b) and j + k < len(t):
                        if b[i + k] == t[j + k]:
                            pending.append(k)
                            last = k + 1
                            equal += pending
                            pending = []
                        else:
                            skips -= 1
                            if skips < 0:
                                break
                        k += 1
                    if last > 10:
                        for e in equal:
                            covered[i + e] = True
        shares.append(sum(covered) / len(b) if b else 0)
    return shares


def tulu3(benchmark, train):
    shares = []
    for b in benchmark:
        best = 0
        for t in train:
            other = set(grams(t, 8))
            covered = [False] * len(b)
            for i, g in enumerate(grams(b, 8)):
                if g in other:
                    covered[i : i + 8] = [True] * 8
            best = max(best, sum(covered) / len(b) if b else 0)
        shares.append(best)
    return shares


def text(rng, vocabulary, most):
    return [rng.choice(vocabulary) for _ in range(rng.randint(1, most))]


def written(rng, ws):
    """The same words, written in another way."""
    out = ""
    for w in ws:
        style = rng.randint(0, 5)
        if style == 0:
            w = w.upper()
        elif style == 1:
            w = unicodedata.normalize("NFD", w)
        elif style == 2:
            w = w.capitalize()
        out += w + rng.choice([" ", "  ", ", ", " - ", "\n", "! ", "\u3000"])
    return out


def case(seed, vocabulary, most):
    rng = random.Random(seed)
    benchmark = [text(rng, vocabulary, most) for _ in range(30)]
    train = []
    for _ in range(60):
        t = text(rng, vocabulary, 2 * most)
        if rng.random() < 0.7:  # a part of a text of the benchmark, some words changed
            b = rng.choice(benchmark)
            i = rng.randint(0, max(0, len(b) - 8))
            part = b[i : i + rng.randint(6, 40)]
            for _ in range(rng.choice([0, 0, 1, 2, 5])):
                part[rng.randrange(len(part))] = rng.choice(vocabulary)
            at = rng.randint(0, len(t))
            t = t[:at] + part + t[at:]
        train.append(t)
    texts = {
        "benchmark": [written(rng, b) for b in benchmark],
        "train": [written(rng, t) for t in train],
    }
    benchmark = [words(b) for b in texts["benchmark"]]
    train = [words(t) for t in texts["train"]]
    n, hits = gpt3(benchmark, train)
    return texts | {
        "n": n, "gpt3": hits, "palm": palm(benchmark, train), "llama2": llama2(benchmark, train), "tulu3": tulu3(benchmark, train),
    }


def main():
    names = "straße été naïve Ünter dog cat house red Ρόδος Καλός дом кот año ﬁsh ｗｉｄｅ 12 3rd x² résumé can't".split()
    cases = [
        case(1, names, 30),
        case(2, names, 60),
        case(3, ["a", "b", "c"], 30),
        case(4, ["a", "b"], 25),
        case(5, list("猫は黒い写真の中で犬が走る") + ["สวัสดี", "東京", "rain"], 24),
        case(6, names, 12),
    ]
    odd = [
        "It's the cat’s “hat” — isn't it?", "a\u200db\u00adc", "e\u0301te\u0301 ＡＢＣ①②", "\u0301lone mark", "ǅ ſ K Å", "x̌y 12½ ٣٤", "ที่นี่ 猫が2匹 고양이",
    ]
    path = os.path.join(os.path.dirname(__file__), "..", "evalsuite", "contamination", "testdata", "rules.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"words": [{"text": t, "words": words(t)} for t in odd], "cases": cases}, f, ensure_ascii=False, indent=0)
        f.write("\n")


if __name__ == "__main__":
    main()
