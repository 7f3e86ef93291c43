"""Writes the small tables of evalsuite/internal/wups/testdata, and what NLTK says with them.

    python parity/wups_small.py DIR NLTK_DATA evalsuite/internal/wups/testdata

DIR and NLTK_DATA are those of wups_goldens.py. The tables have few synsets of WordNet 3.0, without
their glosses and with offsets of their own, under WordNet's licence, which is at the top of the
files; a tagger that is trained here on sentences of our own; and a few words of our own for the
finder of sentences.
"""

import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile

LEMMAS = """dog cat animal man woman boy girl baby child person ball toy car bicycle table chair house water food hand
run walk eat hold play sit move give throw catch inhale hop red blue happy big quickly slowly up good well""".split()
SENSES = 2

TRAINING = """the/DT dog/NN runs/VBZ quickly/RB ./. | a/DT happy/JJ boy/NN throws/VBZ the/DT red/JJ ball/NN ./. | women/NNS walked/VBD slowly/RB |
the/DT man/NN is/VBZ holding/VBG a/DT baby/NN | to/TO eat/VB food/NN | she/PRP plays/VBZ with/IN two/CD big/JJ toys/NNS | he/PRP sat/VBD on/IN the/DT chair/NN |
cats/NNS and/CC dogs/NNS moved/VBD up/RB | in/IN 1999/CD the/DT well-known/JJ man/NN gave/VBD 25/CD balls/NNS ./. | run/VB to/TO the/DT house/NN !/."""

TEXTS = """the dog runs quickly. | He sat. She plays with toys! | mr. red gave no. 5 to the boy. he ran | it's the boys' ball | don't wanna hold that | two--dashes e.g. this
the men were walking slowly | the baby's happier | running women | caught the ball | big red car. The bicycle | to eat food | "quoted" words in 1999 | well-known | ... and so
at 5 p.m. the girl (left.) ran | happiest children | moved up quickly | hopping dogs | J. Bach. Then he | .? get up | rock 'n roll | “curly” ‘quotes’ | 'tis cannot""".replace("\n", " | ")


def head(synset):
    """Returns the adjective that a satellite is like, which NLTK asks for."""
    return synset.similar_tos()[:1] if synset.pos() == "s" else []


def closure(wordnet):
    """Returns the chosen synsets and all above them, by file."""
    chosen, waiting = {}, []
    for lemma in LEMMAS:
        for pos in "nvar":
            waiting += wordnet.synsets(lemma, pos)[:SENSES]
    while waiting:
        synset = waiting.pop()
        if synset.name() not in chosen:
            chosen[synset.name()] = synset
            waiting += synset.hypernyms() + synset.instance_hypernyms() + head(synset)
    return [chosen[name] for name in sorted(chosen)]


def write_wordnet(wordnet, data, folder):
    """Writes data.*, index.* and *.exc with the chosen synsets."""
    synsets = closure(wordnet)
    of = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}
    offsets = {}
    for _ in range(2):  # the second time with all offsets known
        lines = {}
        for suffix in ("noun", "verb", "adj", "adv"):
            with open(os.path.join(data, "corpora/wordnet/data." + suffix)) as file:
                lines[suffix] = [line.rstrip() + "\n" for line in file if line.startswith(" ")]
        at = {suffix: sum(map(len, header)) for suffix, header in lines.items()}
        for s in synsets:
            suffix = of[s.pos()]
            offsets[s.name()] = at[suffix]
            words = " ".join(f"{lemma.name()} 0" for lemma in s.lemmas())
            above = [("@", h) for h in sorted(s.hypernyms())] + [("@i", h) for h in sorted(s.instance_hypernyms())]
            above += [("&", h) for h in head(s)]
            pointers = "".join(f" {symbol} {offsets.get(h.name(), 0):08d} {h.pos()} 0000" for symbol, h in above)
            line = f"{offsets[s.name()]:08d} 03 {s.pos()} {len(s.lemmas()):02x} {words} {len(above):03d}{pointers} |\n"
            lines[suffix].append(line)
            at[suffix] += len(line)
    for suffix, text in lines.items():
        with open(os.path.join(folder, "data." + suffix), "w") as file:
            file.writelines(text)
    senses = {}
    for s in synsets:
        for lemma in s.lemmas():
            senses.setdefault((lemma.name().lower(), s.pos().replace("s", "a")), []).append(s)
    for suffix, pos in (("noun", "n"), ("verb", "v"), ("adj", "a"), ("adv", "r")):
        with open(os.path.join(folder, "index." + suffix), "w") as file:
            for (lemma, p), of_lemma in sorted(senses.items()):
                if p == pos:
                    order = [s for s in wordnet.synsets(lemma, pos) if s in of_lemma] + of_lemma
                    order = list(dict.fromkeys(order))
                    numbers = " ".join(f"{offsets[s.name()]:08d}" for s in order)
                    file.write(f"{lemma} {pos} {len(order)} 0 {len(order)} 0 {numbers}\n")
        known = {lemma for lemma, p in senses if p == pos}
        with open(os.path.join(data, "corpora/wordnet", suffix + ".exc")) as file:
            kept = [line for line in file if set(line.split()[1:]) & known]
        with open(os.path.join(folder, suffix + ".exc"), "w") as file:
            file.writelines(kept)


def train_tagger(nltk, folder):
    """Trains the tagger, and returns what NLTK 3.3 loads."""
    from nltk.tag.perceptron import PerceptronTagger

    sentences = [[tuple(word.rsplit("/", 1)) for word in text.split()] for text in TRAINING.replace("\n", " ").split("|")]
    tagger = PerceptronTagger(load=False)
    random.seed(1)
    tagger.train(sentences, nr_iter=5)
    tagger.tagdict = {"the": "DT", "is": "VBZ"}
    for name, value in (("weights", tagger.model.weights), ("tagdict", tagger.tagdict), ("classes", sorted(tagger.classes))):
        with open(os.path.join(folder, f"averaged_perceptron_tagger_eng.{name}.json"), "w") as file:
            json.dump(value, file, sort_keys=True)
    return tagger.model.weights, tagger.tagdict, tagger.classes


def write_punkt(folder):
    for name, lines in {
        "abbrev_types.txt": ["mr", "no", "p.m", "e.g", "j"],
        "sent_starters.txt": ["the", "then"],
        "collocations.tab": ["no\t##number##"],
        "ortho_context.tab": ["the\t50", "he\t34", "she\t34", "then\t34", "ran\t32", "bicycle\t32", "bach\t12"],
    }.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write("\n".join(lines) + "\n")


PICKLE = """
import json, os, pickle, sys
sys.path.insert(0, {parity!r})
from wups_goldens import open_nltk
open_nltk({dir!r}, "3.3", {data!r})
from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer
read = lambda name: open(os.path.join({tables!r}, name)).read().split("\\n")[:-1]
p = PunktParameters()
p.abbrev_types, p.sent_starters = set(read("abbrev_types.txt")), set(read("sent_starters.txt"))
p.collocations = set(tuple(line.split("\\t")) for line in read("collocations.tab"))
for line in read("ortho_context.tab"):
    word, flags = line.split("\\t")
    p.ortho_context[word] = int(flags)
t = PunktSentenceTokenizer()
t._params = p
with open(os.path.join({data!r}, "tokenizers/punkt/PY3/english.pickle"), "wb") as file:
    pickle.dump(t, file)
"""


def main():
    folder, data, out = sys.argv[1:]
    parity = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, parity)
    from wups_goldens import open_nltk

    nltk, wordnet, _ = open_nltk(folder, "3.9.1", data)
    tables = os.path.join(out, "tables")
    os.makedirs(tables, exist_ok=True)
    write_wordnet(wordnet, data, tables)
    weights = train_tagger(nltk, tables)
    write_punkt(tables)

    small = tempfile.mkdtemp()
    for sub in ("corpora/wordnet", "taggers/averaged_perceptron_tagger", "taggers/averaged_perceptron_tagger_eng", "tokenizers/punkt/PY3", "tokenizers/punkt_tab/english"):
        os.makedirs(os.path.join(small, sub))
    for name in os.listdir(tables):
        sub = "taggers/averaged_perceptron_tagger_eng" if "perceptron" in name else "tokenizers/punkt_tab/english" if name.endswith((".txt", ".tab")) else "corpora/wordnet"
        shutil.copy(os.path.join(tables, name), os.path.join(small, sub, name))
    for name in ("lexnames", "cntlist.rev", "index.sense"):
        shutil.copy(os.path.join(data, "corpora/wordnet", name), os.path.join(small, "corpora/wordnet"))
    with open(os.path.join(small, "taggers/averaged_perceptron_tagger/averaged_perceptron_tagger.pickle"), "wb") as file:
        pickle.dump(weights, file, protocol=2)
    subprocess.run([sys.executable, "-c", PICKLE.format(parity=parity, dir=folder, data=small, tables=tables)], check=True)

    draw = random.Random(1)
    texts = [text.strip() for text in TEXTS.split("|")]
    words = LEMMAS + [w + end for w in LEMMAS for end in ("s", "ing", "eds")] + "dogses flies happily national hopping children ate".split()
    pairs = [(a, draw.choice(LEMMAS)) for a in LEMMAS for _ in range(4)]
    answers = [(a, draw.choice(texts)) for a in texts for _ in range(3)]
    questions = json.dumps({"texts": texts, "words": words[::2], "pairs": pairs, "answers": answers})
    with open(os.path.join(out, "goldens.jsonl"), "w") as file:
        for version in ("3.3", "3.9.1"):
            subprocess.run([sys.executable, os.path.join(parity, "wups_goldens.py"), folder, small, "--ask", version], input=questions, text=True, check=True, stdout=file)
    shutil.rmtree(small)


if __name__ == "__main__":
    main()
