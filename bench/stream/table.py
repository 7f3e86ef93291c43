"""Alternates pali3 and its peers over the same photographs and prints a table of images per second.

    python bench/stream/table.py BINARY PHOTOS DATASET MODEL ROUNDS [THREADS ...]
"""

import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

import numpy as np

OPS = {
    "pali3": "decode|resize(224)|value_range(-1,1)",
    "pali3, as=planes": "decode|resize(224,as=planes)|value_range(-1,1)",
    "pali3, scale=auto, as=planes": "decode(scale=auto)|resize(224,as=planes)|value_range(-1,1)",
}
PEERS = {
    "DataLoader, torchvision": "torchvision",
    "DataLoader, Pillow": "pillow",
    "DataLoader, Pillow with draft": "draft",
    "tf.data": "tf.data",
    "Grain, Pillow": "grain",
}


def output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def pixels(command, file):
    output([*command, file])
    values = np.fromfile(file, np.float32)
    pathlib.Path(file).unlink()
    return (values + 1) * 127.5


def differences(binary, peer, photos, model):
    """Prints how far the pixels of all are from ours, in levels of 0 to 255."""
    file = str(pathlib.Path(tempfile.mkdtemp()) / "pixels.f32")
    ours = pixels([binary, "pixels", photos, OPS["pali3"]], file)
    print("| difference to pali3, in levels of 255 | largest | mean |\n|---|---|---|")
    others = [(name, [binary, "pixels", photos, ops]) for name, ops in list(OPS.items())[1:]]
    others += [(name, [*peer, key, photos, model, "0"]) for name, key in PEERS.items() if key != "grain"]
    for name, command in others:
        d = np.abs(pixels(command, file) - ours)
        print(f"| {name} | {d.max():.2f} | {d.mean():.4f} |", flush=True)


def main():
    binary, photos, data, model, rounds = *sys.argv[1:5], int(sys.argv[5])
    threads = sys.argv[6:] or ["1", "2"]
    peer = [sys.executable, str(pathlib.Path(__file__).with_name("peer.py"))]
    if rounds == 0:
        differences(binary, peer, photos, model)
        return
    runs = {name: [binary, "time", data, model, ops] for name, ops in OPS.items()}
    runs |= {name: [*peer, key, photos, model] for name, key in PEERS.items()}
    rates = {}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for _ in range(rounds):
            for n in threads:
                for name, command in runs.items():
                    rates.setdefault((name, n), []).append(json.loads(output([*command, n])))
    except KeyboardInterrupt:
        print(f"Interrupted after {sum(map(len, rates.values()))} runs.")
    threads = [n for n in threads if all((name, n) in rates for name in runs)]
    rate = lambda name, n: statistics.median(r["images"] / r["seconds"] for r in rates[name, n])
    print("| images per second | " + " | ".join(f"{n} threads | best peer's share" for n in threads) + " |")
    print("|---|" + "---|" * 2 * len(threads))
    best = {n: max(rate(name, n) for name in PEERS) for n in threads}
    for name in [*OPS, *PEERS]:
        print(f"| {name} | " + " | ".join(f"{rate(name, n):.0f} | {rate(name, n) / best[n]:.2f}" for n in threads) + " |")


if __name__ == "__main__":
    main()
