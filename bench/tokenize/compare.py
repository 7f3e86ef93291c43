"""Speed of package tokenize/sentencepiece beside the C++ library and tokenizers, in one run, in turns.

    pip install -r parity/requirements-sentencepiece.txt tokenizers==0.23.1
    go build -o tokenize ./bench/tokenize
    python bench/tokenize/compare.py --go ./tokenize --work DIR --texts TEXTS... --models MODELS...

TEXTS are files of strings, each after its length as a little-endian uint32 (parity/sentencepiece_parity.py writes one).
Every round runs each library once in a process of its own: one call for all texts, with nothing remembered from before.
It prints the median over rounds of the processor time of a thread (processor time over threads, which a busy machine
leaves alone) and of the time that passed, in MB of text per second.
"""

import argparse
import json
import pathlib
import statistics
import struct
import subprocess
import sys
import time


def read_texts(path):
    data, at, out = pathlib.Path(path).read_bytes(), 0, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        out.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return out


class Stopwatch:
    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu


def cpp(model, texts, threads):
    import sentencepiece as spm

    texts = read_texts(texts)
    with Stopwatch() as load:
        m = spm.SentencePieceProcessor(model_file=model)
    with Stopwatch() as encode:
        ids = m.encode(texts, num_threads=threads)
    with Stopwatch() as decode:
        m.decode(ids, num_threads=threads)
    return load, encode, decode


def hf(model, texts, threads):
    from tokenizers import Tokenizer

    texts = [t.decode() for t in read_texts(texts)]
    with Stopwatch() as load:
        m = Tokenizer.from_file(model)
    with Stopwatch() as encode:
        ids = m.encode_batch_fast(texts, add_special_tokens=False)
    ids = [i.ids for i in ids]
    with Stopwatch() as decode:
        m.decode_batch(ids)
    return load, encode, decode


def child(kind, model, texts, threads):
    measured = {"cpp": cpp, "hf": hf}[kind](model, texts, int(threads))
    print(json.dumps({name: [w.wall, w.cpu] for name, w in zip(("load", "encode", "decode"), measured)}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--go", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--pali3", help="the pali3 binary, which exports a model for tokenizers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    print("| model | text | threads | library | load ms | encode MB/s cpu | encode MB/s wall | decode MB/s cpu | decode MB/s wall |")
    print("|---|---|---|---|---|---|---|---|---|")
    for model in args.models:
        exported = args.work / (pathlib.Path(model).name + ".json")
        if args.pali3:
            subprocess.run([args.pali3, "tokenizer", "export", "--model", model, "--to", exported], check=True, stdout=subprocess.DEVNULL)
        for texts in args.texts:
            size = sum(map(len, read_texts(texts))) / 1e6
            for threads in args.threads:
                runs = {
                    "pali3": [args.go, "time", model, texts, str(threads)],
                    "C++": [sys.executable, __file__, "child", "cpp", model, texts, str(threads)],
                }
                if args.pali3:
                    runs["tokenizers"] = [sys.executable, __file__, "child", "hf", str(exported), texts, str(threads)]
                results = {name: [] for name in runs}
                for _ in range(args.rounds):
                    for name, command in runs.items():
                        out = subprocess.run(command, check=True, capture_output=True, env={"RAYON_NUM_THREADS": str(threads), "PATH": "/usr/bin:/bin", "GOMAXPROCS": str(threads)})
                        results[name].append(json.loads(out.stdout))
                for name, all_runs in results.items():
                    m = {k: [statistics.median(r[k][i] for r in all_runs) for i in (0, 1)] for k in ("load", "encode", "decode")}
                    print(f"| {pathlib.Path(model).name} | {pathlib.Path(texts).name} | {threads} | {name} | {m['load'][1] * 1e3:.0f} | {size / m['encode'][1]:.1f} | {size / m['encode'][0]:.1f} "
                          f"| {size / m['decode'][1]:.1f} | {size / m['decode'][0]:.1f} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "child":
        child(*sys.argv[2:])
    else:
        main()
