"""Alternates runs of pali3 and of its peers and prints tables of medians.

    python table.py MODELS FOLDER [PART...]

MODELS is the binary of bench/models; FOLDER keeps the weights and batches. Parts are steps, towers, siglip, ul2, decode and loss.
ROUNDS (5 by default) runs of each alternate; a run does its work some times, of which the first are not timed, and reports
the median. The results of all runs must agree. A ratio is the median of the ratios within a round, which others on the
machine disturb less than the medians. XLA=1 also runs pali3 on XLA, for which MODELS must be built with the tag xla and
PJRT_PLUGIN_LIBRARY_PATH be set. COMPILE=1 also runs torch.compile, which needs a C++ compiler.
"""

import json
import os
import statistics
import subprocess
import sys

ROUNDS = int(os.environ.get("ROUNDS", 5))
HERE = os.path.dirname(os.path.abspath(__file__))
TORCH, TRANSFORMERS, JAX = "torch", "transformers", "JAX"

# Network, examples in a batch, work, repetitions, those not timed, peers.
PARTS = {
    "steps": [
        ("pali", 60, "step", 20, 5, [TORCH, JAX]), ("pali", 64, "step", 20, 5, [TORCH, JAX]), ("siglip-small", 66, "step", 20, 5, [TORCH]),
    ],
    "towers": [
        ("vit", 8, "forward", 6, 1, [TORCH]), ("vit", 8, "step", 5, 1, [TORCH]),
    ],
    "siglip": [("siglip", 32, "step", 3, 1, [TORCH])],
    "ul2": [("ul2", 4, "forward", 5, 1, [TORCH]), ("ul2", 4, "step", 4, 1, [TORCH])],
    "decode": [
        ("captioner", 1, "generate", 40, 5, [TRANSFORMERS]), ("captioner", 32, "generate", 20, 3, [TRANSFORMERS]),
        ("t5", 1, "generate", 8, 2, [TRANSFORMERS]), ("t5", 32, "generate", 4, 1, [TRANSFORMERS]),
    ],
}
TEXT = {
    "pali": "small PaLI", "captioner": "captions, 16 ids", "vit": "ViT-S/16", "ul2": "UL2 small, 512 and 114 ids", "t5": "T5 1.1 small, 32 ids",
    "siglip": "SigLIP S/16", "siglip-small": "small SigLIP",
}
WRITTEN = {"captioner": 16, "t5": 32}


def reported(command):
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])


def commands(models, folder, net, batch, work, repeat, warm, peers):
    ours = [models, "-net", net, "-batch", str(batch), "-repeat", str(repeat), "-warm", str(warm)]
    runs = {"pali3": [*ours, work]}
    if os.environ.get("XLA") and JAX in peers:
        runs["pali3, xla:cpu"] = [*ours, "-backend", "xla:cpu", work]
    torch = [sys.executable, os.path.join(HERE, "torch_peer.py"), net, folder, work, str(repeat), str(warm)]
    if TORCH in peers:
        runs["torch"] = torch
    if TORCH in peers and os.environ.get("COMPILE"):
        runs["torch.compile"] = [*torch, "--compile"]
    if JAX in peers:
        runs["JAX"] = [sys.executable, os.path.join(HERE, "jax_step.py"), folder, str(repeat), str(warm)]
    if TRANSFORMERS in peers:
        runs["transformers"] = [sys.executable, os.path.join(HERE, "transformers_peer.py"), net, folder, str(repeat), str(warm)]
    return runs


def check(said):
    """Ends the program if runs did not do the same work."""
    ours = said["pali3"][0]
    for name, runs in said.items():
        for one in runs:
            if one.get("ids") != ours.get("ids"):
                sys.exit(f"{name}: other ids than pali3's")
            for a, b in zip(one.get("results") or [], ours.get("results") or [], strict=True):
                if not abs(a - b) <= 1e-3 * max(1, abs(b)):
                    sys.exit(f"{name}: {a} where pali3 has {b}: this is not the same work")


def compare(models, folder, case):
    """Prints the rows of a case."""
    net, batch, work, *_ = case
    data = os.path.join(folder, f"{net}-{batch}")
    os.makedirs(data, exist_ok=True)
    subprocess.run([models, "-net", net, "-batch", str(batch), "write", data], check=True)
    runs = commands(models, data, *case)
    said = {name: [] for name in runs}
    for round in range(ROUNDS):
        for name in list(runs) if round % 2 == 0 else reversed(runs):
            said[name].append(reported(runs[name]))
    check(said)
    what = TEXT[net] if work == "generate" else f"{TEXT[net]}, {work}"
    for name, of in said.items():
        middle = lambda key: statistics.median(one[key] for one in of)
        ratio = statistics.median(one["ms"] / ours["ms"] for one, ours in zip(of, said["pali3"]))
        label = f"**{name}**" if name == "pali3" else name
        first = f"{what} | {batch}" if name == "pali3" else " | "
        rate = f" {1e3 * batch * WRITTEN[net] / middle('ms'):,.0f} |" if work == "generate" else ""
        print(f"| {first} | {label} | {middle('ms'):,.1f} | {middle('cpu_ms'):,.0f} | {middle('mib'):,.0f} |{rate} {ratio:.2f} |", flush=True)


def loss(models):
    """Prints SigLIP's loss of embeddings, by blocks and from the matrix of all logits."""
    print("| loss and gradients, width 1,152 | batch | s | CPU s | peak MiB |\n|---|---|---|---|---|")
    for way, batch in [("matrix", 8192), ("blocks", 8192), ("matrix", 16384), ("blocks", 16384), ("blocks", 32768)]:
        got = reported([models, "-batch", str(batch), "-repeat", "1", "-warm", "0", "loss", way])
        print(f"| {way} | {batch:,} | {got['ms'] / 1e3:.1f} | {got['cpu_ms'] / 1e3:.1f} | {got['mib']:,.0f} |", flush=True)
    got = reported([models, "-net", "siglip-wide", "-batch", "32768", "-repeat", "1", "-warm", "0", "step"])
    print(f"| training step, loss_block 1,024 | 32,768 | {got['ms'] / 1e3:.1f} | {got['cpu_ms'] / 1e3:.1f} | {got['mib']:,.0f} |", flush=True)


def main(models, folder, parts):
    for part in parts or [*PARTS, "loss"]:
        if part == "loss":
            loss(models)
        else:
            rate = " ids/s |" if part == "decode" else ""
            print(f"| work | batch | | ms | CPU ms | peak MiB |{rate} ratio to pali3 |\n|---|---|---|---|---|---|---|{'---|' if rate else ''}")
            for case in PARTS[part]:
                compare(models, folder, case)
        print()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
