"""Alternates training steps of pali3 and of its peers and prints a table of medians.

    python table.py MODELS FOLDER BATCH... [--backends go,xla:cpu]

MODELS is the binary of bench/models; FOLDER keeps the weights and batches. Every run takes STEPS steps (20 by default), of
which the first 3 are not timed; ROUNDS (5 by default) runs of each alternate. The losses of all must agree. A ratio is the
median of the ratios within a round, which others on the machine disturb less than the medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

ROUNDS, STEPS = int(os.environ.get("ROUNDS", 5)), os.environ.get("STEPS", "20")
HERE = os.path.dirname(os.path.abspath(__file__))


def reported(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip().splitlines()[-1])


def main(models, folder, batches, backends):
    print("| batch | | ms per step | CPU ms per step | ratio to JAX | CPU ratio | loss after the last step but one |")
    print("|---|---|---|---|---|---|---|")
    for batch in batches:
        data = os.path.join(folder, f"batch-{batch}")
        os.makedirs(data, exist_ok=True)
        subprocess.run([models, "-batch", batch, "write", data], check=True)
        runs = {"JAX": [sys.executable, os.path.join(HERE, "jax_step.py"), data, STEPS]}
        runs |= {f"pali3, {b}": [models, "-batch", batch, "-steps", STEPS, "step", b] for b in backends}
        said = {name: [] for name in runs}
        for round in range(ROUNDS):
            for name in list(runs) if round % 2 == 0 else reversed(runs):
                said[name].append(reported(runs[name]))
        losses = {name: all[0]["losses"] for name, all in said.items()}
        for name, of in losses.items():
            furthest = max(abs(a - b) for a, b in zip(of, losses["JAX"]))
            if furthest > 1e-3:
                sys.exit(f"{name}: the losses differ from JAX's by up to {furthest}: these are not the same steps")
        for name, all in said.items():
            middle = lambda key: statistics.median(one[key] for one in all)
            ratio = lambda key: statistics.median(one[key] / jax[key] for one, jax in zip(all, said["JAX"]))
            print(f"| {batch} | {name} | {middle('ms'):.0f} | {middle('cpu_ms'):.0f} | {ratio('ms'):.2f} | {ratio('cpu_ms'):.2f} | {losses[name][-1]:.5f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("models")
    parser.add_argument("folder")
    parser.add_argument("batches", nargs="+")
    parser.add_argument("--backends", default="go,xla:cpu")
    o = parser.parse_args()
    main(o.models, o.folder, o.batches, o.backends.split(","))
