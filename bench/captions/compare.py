"""Alternates `captions score` and peer.py and prints a table: the seconds of whole processes and of their scoring.

    python bench/captions/compare.py BINARY FILE ROUNDS
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time


def run(command):
    """Returns the seconds of the process and what it printed."""
    began = time.time()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.time() - began, json.loads(out.splitlines()[-1])


def main():
    binary, file, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    peer = str(pathlib.Path(__file__).with_name("peer.py"))
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(run([binary, "score", file]))
        theirs.append(run([sys.executable, peer, file]))
    for name in ("cider", "rouge_l"):
        assert abs(ours[0][1][name] - theirs[0][1][name]) < 1e-9, name
    assert all(abs(a - b) < 1e-9 for a, b in zip(ours[0][1]["bleu"], theirs[0][1]["bleu"]))
    median = statistics.median
    print("| CIDEr-D, BLEU-1 to 4, ROUGE-L, 25,000 images with 5 captions | pali3 | pycocoevalcap | ratio |")
    print("|---|---|---|---|")
    for what, a, b in (
        ("whole process", [s for s, _ in ours], [s for s, _ in theirs]),
        ("tokenizing and scoring", [o["seconds"] for _, o in ours], [o["seconds"] for _, o in theirs]),
        ("pali3 with tokenizing, peer without", [o["seconds"] for _, o in ours], [o["after_tokenizer"] for _, o in theirs]),
    ):
        print(f"| {what} | {median(a):.2f} s | {median(b):.1f} s | {median(b) / median(a):.0f} |")


if __name__ == "__main__":
    main()
