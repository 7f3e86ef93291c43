"""Makes evalsuite/metrics/meteor/testdata/meteor.json with METEOR 1.5's own program.

    pip install -r parity/requirements-metrics.txt        # and a Java runtime
    python parity/meteor_goldens.py captions.txt          # captions, one per line
    python parity/meteor_goldens.py captions.txt --cases 5000 --out big.json

A test of the package compares all cases of the file that PALI3_METEOR_CASES names, with the tables in the folder
that PALI3_METEOR_DATA names; without them it compares equal words and stems only.
"""

import argparse
import json
import pathlib
import random
import re
import subprocess

import pycocoevalcap.meteor.meteor as pycoco
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

JAR = pathlib.Path(pycoco.__file__).parent
PARSER = argparse.ArgumentParser()
PARSER.add_argument("captions", nargs="+")
PARSER.add_argument("--cases", type=int, default=250)
PARSER.add_argument("--out", default=str(pathlib.Path(__file__).parent.parent / "evalsuite/metrics/meteor/testdata/meteor.json"))
ARGS = PARSER.parse_args()
rng = random.Random(7)

HARD = [
    ("a", ["a"]), ("a dog", ["a dog", "the dog"]),
    ("the the the the", ["the cat the dog the", "the"]), ("a b c d e f", ["f e d c b a"]),
    ("dogs running quickly", ["a dog ran quick", "puppies run rapidly"]), ("The U.S. team's 1990's bus, No. 5", ["the US team bus number 5."]),
    ("siblings in teheran", ["teheran siblings in"]),  # Java gives both words one hash code
    ("a hopeful, cheerful boy", ["an optimistic happy child"]), ("wolves and knives; children's geese", ["a wolf and a knife; the child's goose"]),
    ("it's 5,000 miles -- \u201creally\u201d -- don\u2019t go...", ["they're five thousand miles away. do not go ..."]),
    ("caf\u00e9 d'Or \u2013 na\u00efve r\u00e9sum\u00e9", ["cafe d or naive resume"]), ("\u043a\u043e\u0448\u043a\u0430 on a mat \U0001f600", ["\u043a\u043e\u0448\u043a\u0430 sat on the mat \U0001f600"]),
    ("state-of-the-art well-known", ["state of the art famous"]), ("a man is taking a picture of a lot of people", ["a photographer photographs a crowd", "man takes photo of many people"]),
    ("in front of in front of", ["before in front"]), ("at the same time as well as", ["simultaneously and also", "while too"]),
    ("DOTMULTI. x DOTMULTI", ["a.b.c . . .. ..."]),
]


def pool():
    lines = []
    for path in ARGS.captions:
        for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
            line = " ".join(line.replace("|||", " ").split())
            if line and len(line) < 300:
                lines.append(line)
    return sorted(set(lines))


def near(caption, lines):
    """A caption that shares words with another."""
    words = set(caption.lower().split())
    return max(rng.sample(lines, min(150, len(lines))), key=lambda other: len(words & set(other.lower().split())) / (5 + len(other.split())))


def perturbed(caption):
    words = caption.split()
    for _ in range(rng.randrange(4)):
        if len(words) > 2:
            i, j = rng.randrange(len(words)), rng.randrange(len(words))
            kind = rng.randrange(3)
            if kind == 0:
                words[i], words[j] = words[j], words[i]
            elif kind == 1:
                del words[i]
            else:
                words.insert(i, words[j])
    return " ".join(words)


def cases():
    lines, made = pool(), [{"candidate": c, "references": r} for c, r in HARD]
    while len(made) < ARGS.cases:
        caption = rng.choice(lines)
        references = [near(caption, lines) if rng.random() < 0.7 else perturbed(caption) for _ in range(rng.randint(1, 5))]
        made.append({"candidate": perturbed(caption) if rng.random() < 0.5 else caption, "references": references})
    for i, case in enumerate(made[len(HARD):]):
        if i % 4 == 0:  # the others are scored as written, with capitals and punctuation
            tokenized = PTB[i // 4]
            case["candidate"], case["references"] = tokenized[0], tokenized[1:]
    return made


class Meteor:
    """METEOR 1.5 in its mode of lines, as pycocoevalcap calls it."""

    def __init__(self, *options):
        command = ["java", "-Dfile.encoding=UTF-8", "-jar", "-Xmx3G", "meteor-1.5.jar", "-", "-", "-stdio", "-l", "en", "-norm", *options]
        self.process = subprocess.Popen(command, cwd=JAR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def ask(self, line, answers=1):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [self.process.stdout.readline().strip() for _ in range(answers)]

    def score(self, made):
        stats = []
        for case in made:
            stats.append(self.ask(" ||| ".join(["SCORE", *case["references"], case["candidate"]]))[0])
        *scores, total = self.ask("EVAL ||| " + " ||| ".join(stats), len(stats) + 1)
        return [float(s) for s in scores], float(total), stats


lines = pool()
# The tokenizer starts a Java program, so it gets all its captions at once.
raw = [[rng.choice(lines) for _ in range(4)] for _ in range(max(1, ARGS.cases // 4 + 1))]
for group in raw:
    group[2] = perturbed(group[0])
tokenizer = PTBTokenizer()
PTB = list(tokenizer.tokenize({i: [{"caption": c} for c in group] for i, group in enumerate(raw)}).values())
# The program's lines cannot hold an empty text.
made = [case for case in cases() if case["candidate"].strip() and all(r.strip() for r in case["references"])]

full, total, _ = Meteor().score(made)
for case, score in zip(made, full):
    case["meteor"] = score
# Weighting function words like others is as if there were none. METEOR's list of abbreviations is always there.
dotless = [case for case in made if "." not in " ".join([case["candidate"], *case["references"]])]
plain, plain_total, _ = Meteor("-m", "exact stem", "-w", "1.0 0.6", "-p", "0.85 0.20 0.60 0.50").score(dotless)
for case, score in zip(dotless, plain):
    case["exact_stem"] = score
golden = {"meteor": total, "exact_stem": plain_total, "cases": made}
out = pathlib.Path(ARGS.out)
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps(golden, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
print(out, len(made), "cases", out.stat().st_size, "bytes; METEOR", total, "equal words and stems", plain_total)
