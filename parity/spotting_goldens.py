"""Scores random words by the end-to-end rule of the ICDAR Robust Reading Competition, with the polygons of Polygon3.

    pip install -r parity/requirements-spotting.txt
    python parity/spotting_goldens.py evalsuite/metrics/testdata/spotting.json

The rule is written anew after MhLiao/MaskTextSpotterV3, evaluation/totaltext/e2e/script.py (WORD_SPOTTING off).
"""

import json
import os
import random
import sys

import Polygon

MARKS = "!?.:,*\"()·[]/'"


def polygon(corners):
    return Polygon.Polygon([(int(x), int(y)) for x, y in corners])


def shared(a, b):
    both = a & b
    return both.area() if len(both) else 0


def same(right, found):
    if right == found:
        return True
    begins, ends = right[0] in MARKS, right[-1] in MARKS
    return begins and right[1:] == found or ends and right[:-1] == found or begins and ends and right[1:-1] == found


def score(words, found):
    right, places = [polygon(w["corners"]) for w in words], [polygon(f["corners"]) for f in found]
    aside = set()
    for n, p in enumerate(places):
        for w, q in zip(words, right):
            if w["dont_care"] and p.area() > 0 and shared(q, p) / p.area() > 0.5:
                aside.add(n)
                break
    taken, detected, read = set(), 0, 0
    for w, q in zip(words, right):
        if w["dont_care"]:
            continue
        for n, p in enumerate(places):
            if n in taken or n in aside:
                continue
            both = shared(q, p)
            if both / (q.area() + p.area() - both) > 0.5:
                taken.add(n)
                detected += 1
                read += same(w["text"].upper(), found[n]["text"].upper())
                break
    return {"words": sum(not w["dont_care"] for w in words), "found": len(found) - len(aside), "detected": detected, "read": read}


def main(path):
    r = random.Random(5)
    texts = ["STOP", "Café", "don't", "(a)", "\"Open\"", "24h", "[x]", "·mid·", "end.", "!", "a", "naïve", "10/11"]

    def outline():
        x, y, w, h = r.uniform(0, 500), r.uniform(0, 300), r.uniform(8, 120), r.uniform(8, 50)
        if r.random() < 0.3:  # a curved word
            top = [(x + w * i / 4, y + h * 0.4 * (i - 2) ** 2 / 4 + r.uniform(-2, 2)) for i in range(5)]
            return top + [(px, py + h) for px, py in reversed(top)]
        return [(px + r.uniform(-4, 4), py + r.uniform(-4, 4)) for px, py in [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]]

    cases = []
    for _ in range(150):
        words = [{"corners": outline(), "text": r.choice(texts), "dont_care": r.random() < 0.2} for _ in range(r.randrange(0, 8))]
        found = []
        for w in words:
            for _ in range(r.choice([0, 1, 1, 1, 2])):
                s = r.choice([0.5, 2, 6, 15])
                text = r.choice([w["text"], w["text"].lower(), w["text"].strip(MARKS), w["text"][1:], w["text"][:-1], r.choice(texts)])
                found.append({"corners": [(x + r.uniform(-s, s), y + r.uniform(-s, s)) for x, y in w["corners"]], "text": text})
        found += [{"corners": outline(), "text": r.choice(texts)} for _ in range(r.randrange(0, 3))]
        r.shuffle(found)
        for f in words + found:
            f["corners"] = [[round(x, 2), round(y, 2)] for x, y in f["corners"]]
        cases.append({"words": words, "found": found, "want": score(words, found)})
    with open(path, "w") as f:
        json.dump(cases, f, ensure_ascii=False, separators=(",", ":"))


main(sys.argv[1])
os._exit(0)  # Polygon3 3.0.9.1 spoils the count of references of True, at which Python's end stops
