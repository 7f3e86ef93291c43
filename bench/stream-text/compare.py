"""Compares the speed of a text-only UL2 stream with seqio's, in alternating runs on one and on two processors.

    pip install -r bench/requirements-stream-text.txt
    python bench/stream-text/compare.py GO WORK MODEL ROUNDS [BATCHES]

GO is the built bench/stream-text, WORK a folder for the texts, MODEL a SentencePiece model. The texts are stretches of
this repository's own files, 5,000 characters each. Each run is a new process that is bound to its processors and
makes two batches before the clock starts. Numbers are medians of the rounds; ids are those of inputs and targets that
are not padding. The ratio is that of ids per second: T5's select_random_chunk makes some stretches shorter than ours.
"""

import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CHARACTERS, TEXTS = 5000, 2000


def make_texts(path):
    files = sorted(p for suffix in ("go", "md", "py") for p in ROOT.rglob("*." + suffix) if "build" not in p.relative_to(ROOT).parts)
    text = " ".join(" ".join(p.read_text().split()) for p in files)
    with open(path, "wb") as out:
        for n in range(min(TEXTS, len(text) // CHARACTERS)):
            part = text[n * CHARACTERS : (n + 1) * CHARACTERS].encode()
            out.write(struct.pack("<I", len(part)) + part)


def run(command, threads):
    processors = sorted(os.sched_getaffinity(0))[:threads]
    environment = {**os.environ, "GOMAXPROCS": str(threads)}
    out = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, preexec_fn=lambda: os.sched_setaffinity(0, processors))
    return json.loads(out.stdout.splitlines()[-1])


def main():
    go, work, model, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    batches = int(sys.argv[5]) if len(sys.argv) > 5 else 20
    work.mkdir(parents=True, exist_ok=True)
    texts, dataset = work / "texts", work / "dataset"
    if not texts.exists():
        make_texts(texts)
        shutil.rmtree(dataset, ignore_errors=True)
    if not dataset.exists():
        subprocess.run([go, "make", texts, dataset], check=True)
    print("| processors | stream | examples/s | ids/s | of seqio's ids/s |\n|---|---|---|---|---|")
    for threads in (1, 2):
        commands = {
            "seqio": [sys.executable, HERE / "peer.py", texts, model, batches, threads],
            "pali3": [go, "time", dataset, model, 5 * batches, threads],
        }
        results = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                results[name].append(run([str(word) for word in command], threads))
        examples, ids = (
            {name: statistics.median(r[what] / r["seconds"] for r in all) for name, all in results.items()} for what in ("examples", "ids"))
        for name in commands:
            print(f"| {threads} | {name} | {examples[name]:,.0f} | {ids[name]:,.0f} | {ids[name] / ids['seqio']:.1f} |")


main()
