"""Alternates commands that score VQA v2.0 and prints the medians of their seconds and CPU seconds.

    python bench/vqav2/compare.py FOLDER ROUNDS PALI3 [PALI3...] [--peer CHECKOUT]

FOLDER is of `vqav2 make`. Programs of pali3 must print the same bytes. With --peer the owner's script runs once in the
first round (see peer.py), and its accuracy must be that of pali3.
"""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time


def run(command):
    """Returns the seconds, the CPU seconds and the output of a process."""
    began, before = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.time() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("rounds", type=int)
    parser.add_argument("pali3", nargs="+")
    parser.add_argument("--peer")
    args = parser.parse_args()
    files = [f"--{name}={args.folder / name}.json" for name in ("annotations", "questions", "predictions")]
    measured, outputs = {program: [] for program in args.pali3}, set()
    for _ in range(args.rounds):
        for program in args.pali3:
            seconds, cpu, out = run([program, "eval", "--bench=vqav2", "--json", *files])
            measured[program].append((seconds, cpu))
            outputs.add(out)
    assert len(outputs) == 1, "the programs print different results"
    score = json.loads(outputs.pop())["scores"]["vqa_accuracy"]["value"]
    print("| program | s | least s | CPU s |\n|---|---|---|---|")
    for program, of in measured.items():
        seconds = [s for s, _ in of]
        print(f"| {program} | {statistics.median(seconds):.2f} | {min(seconds):.2f} | {statistics.median(c for _, c in of):.2f} |")
    if args.peer:
        seconds, cpu, out = run([sys.executable, str(pathlib.Path(__file__).with_name("peer.py")), args.peer, str(args.folder)])
        peer = json.loads(out.splitlines()[-1])
        assert abs(peer["accuracy"] - 100 * score) < 0.005, (peer, score)
        print(f"| the owner's script | {seconds:.1f} | | {cpu:.1f} |\n\nof which scoring: {peer['seconds']:.1f} s; accuracy {100 * score:.2f}")


if __name__ == "__main__":
    main()
