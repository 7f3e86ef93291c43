"""Alternates runs of pali3 and of its peers and prints a table of medians.

    python table.py BENCH PALI3 DATASET OUT JOB...

BENCH is the binary of bench/shards, PALI3 that of cmd/pali3, DATASET a dataset of pali3, OUT what write.py made of it. The
environment variable ROUNDS is the number of rounds, 5 by default. The times of peers exclude start-up and imports, those of
pali3 include everything.
"""

import glob
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROUNDS, ROWS = int(os.environ.get("ROUNDS", 5)), os.environ.get("ROWS", "10000")
PEERS = {
    "scan": ["cat", "hf", "pyarrow", "pyarrow_columns", "webdataset", "mosaicml"],
    "long": ["cat"],
    "captions": ["hf", "pyarrow"],
    "columns": ["pyarrow_columns", "pyarrow_ours"],
    "random": ["hf", "mosaicml"],
    "whole": [],
    "batch": ["hf", "pyarrow"],
    "verify": ["sha256sum"],
    "convert": ["hf", "pyarrow"],
}
TITLES = {"hf": "HF datasets", "pyarrow": "pyarrow, Python values", "pyarrow_columns": "pyarrow, columns", "webdataset": "webdataset",
          "pyarrow_ours": "pyarrow, columns of our parts", "mosaicml": "MosaicML MDS", "cat": "`cat`", "sha256sum": "`sha256sum`"}
JOBS = {"scan": "scan with images", "long": "the same of a longer dataset", "captions": "captions only, row by row", "columns": "captions only, as columns",
        "random": f"{ROWS} rows at random, one by one", "whole": "the same with all columns",
        "batch": f"{ROWS} rows at random, in one call", "verify": "`verify --deep`", "convert": "WebDataset tar to Parquet"}


def ours(job, bench, pali3, dataset, out):
    if job == "convert":
        return [pali3, "-q", "ingest", "webdataset", *sorted(glob.glob(os.path.join(out, "wds-*.tar"))), "--to", os.path.join(out, "converted")]
    return [bench, {"long": "scan"}.get(job, job)] + (["-rows", ROWS] if job in ("random", "whole", "batch") else []) + [dataset]


def timed(command):
    """Wall-clock and CPU seconds of a process."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def reported(command):
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1])
    return said["seconds"], said["processor"]


def main(bench, pali3, dataset, out, *jobs):
    print("| job | | s | CPU s | ratio to pali3 |")
    print("|---|---|---|---|---|")
    for job in jobs:
        here = os.path.dirname(os.path.abspath(__file__))
        taken = {name: [] for name in ["ours"] + PEERS[job]}
        for _ in range(ROUNDS):
            taken["ours"].append(timed(ours(job, bench, pali3, dataset, out)))
            shutil.rmtree(os.path.join(out, "converted"), ignore_errors=True)
            for peer in PEERS[job]:
                taken[peer].append(reported([sys.executable, os.path.join(here, "peers.py"), peer, job, dataset, out]))
        medians = {name: [statistics.median(column) for column in zip(*all)] for name, all in taken.items()}
        base = medians["ours"]
        for name, (seconds, processor) in medians.items():
            title = "**pali3**" if name == "ours" else TITLES[name]
            print(f"| {JOBS[job] if name == 'ours' else ''} | {title} | {seconds:.3f} | {processor:.3f} | {seconds / base[0]:.1f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
