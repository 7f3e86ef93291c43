"""Compares the speed of package tokenize/sentencepiece with the C++ library and tokenizers in alternating runs.

    pip install -r parity/requirements-sentencepiece.txt tokenizers==0.23.1
    python bench/tokenize/compare.py --work build/bench-tokenize

Run in the repository, it makes texts (the comments of Go's standard library; names of the quickstart's images in all
languages), trains two models on them and prints two tables. --texts and --models use others instead: TEXTS are files of
strings, each preceded by its length as a little-endian uint32, as parity/sentencepiece_parity.py writes them.

The first table compares the libraries. Each round runs each of them in a new process, with one call for all texts and
empty caches. The table has medians over rounds in MB of text per second: of CPU time divided by threads, which does not
depend on the load of the machine, and of wall-clock time. The second table compares commands with their start-up, for
the texts as lines: pali3, spm_encode if there is one (--spm-encode), and Python with one batch call.
"""

import argparse
import io
import json
import os
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tarfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GO = {**os.environ, "GOTOOLCHAIN": "auto", "GOEXPERIMENT": "simd", "CGO_ENABLED": "0"}


def read_texts(path):
    data, at, out = pathlib.Path(path).read_bytes(), 0, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        out.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return out


def write_texts(path, texts, megabytes):
    """Writes texts up to a number of megabytes."""
    size = 0
    with open(path, "wb") as file:
        for text in texts:
            if size < megabytes * 1e6:
                file.write(struct.pack("<I", len(text)) + text)
                size += len(text)


def english():
    """The comments of Go's standard library, by paragraph."""
    root = pathlib.Path(subprocess.run(["go", "env", "GOROOT"], check=True, capture_output=True, text=True, env=GO).stdout.strip())
    for path in sorted((root / "src").rglob("*.go")):
        if path.is_dir():
            continue
        paragraph = []
        for line in path.read_text("utf-8", "replace").splitlines() + [""]:
            comment = re.match(r"\s*//\s?(.*)", line)
            if comment and comment[1].strip():
                paragraph.append(comment[1].strip())
            elif paragraph:
                text = " ".join(paragraph).encode()
                paragraph = []
                if len(text) > 20:
                    yield text


def languages():
    """The names of the quickstart's images in all languages, in the order of the images."""
    path = ROOT / "build/bench-tokenize/emoji.tar"
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "run", "./internal/quickstart/build", "-tar", path], cwd=ROOT, check=True)
    with tarfile.open(path) as tar:
        for member in tar:
            if member.name.endswith(".json"):
                for text in json.load(io.TextIOWrapper(tar.extractfile(member), "utf-8")).get("texts", []):
                    yield text["value"].encode()


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

    texts = [t.decode("utf-8", "replace") for t in read_texts(texts)]
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


def lines(model, path):
    """Encodes the lines of a file in one batch, as spm_encode does."""
    import sentencepiece as spm

    with open(path, encoding="utf-8", errors="replace") as file:
        ids = spm.SentencePieceProcessor(model_file=model).encode(file.read().splitlines())
    sys.stdout.write("".join(" ".join(map(str, i)) + "\n" for i in ids))


def libraries(args, models, texts):
    print("| model | text | threads | library | load ms | encode MB/s cpu | encode MB/s wall | decode MB/s cpu | decode MB/s wall |")
    print("|---|---|---|---|---|---|---|---|---|")
    for model in models:
        exported = args.work / (model.name + ".json")
        subprocess.run([args.pali3, "tokenizer", "export", "--model", model, "--to", exported], check=True, stdout=subprocess.DEVNULL)
        for path in texts:
            size = sum(map(len, read_texts(path))) / 1e6
            for threads in args.threads:
                runs = {
                    "pali3": (args.rounds, [args.go, "time", model, path, str(threads)]),
                    "C++": (args.rounds, [sys.executable, __file__, "child", "cpp", model, path, str(threads)]),
                    "tokenizers": (args.slow_rounds, [sys.executable, __file__, "child", "hf", exported, path, str(threads)]),
                }
                results = {name: [] for name in runs}
                for i in range(args.rounds):
                    for name, (rounds, command) in runs.items():
                        if i < rounds:
                            env = {"RAYON_NUM_THREADS": str(threads), "GOMAXPROCS": str(threads), "PATH": os.environ["PATH"]}
                            results[name].append(json.loads(subprocess.run(command, check=True, capture_output=True, env=env).stdout))
                for name, all_runs in results.items():
                    if all_runs:
                        m = {k: [statistics.median(r[k][i] for r in all_runs) for i in (0, 1)] for k in ("load", "encode", "decode")}
                        speeds = " | ".join(f"{size / m[k][i]:.1f}" for k in ("encode", "decode") for i in (1, 0))
                        print(f"| {model.name} | {path.name} | {threads} | {name} | {m['load'][1] * 1e3:.0f} | {speeds} |", flush=True)


def used(command, **streams):
    """Runs a command and returns its CPU time and wall-clock time."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, **streams)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system, time.perf_counter() - began


def commands(args, models, texts):
    print("\n| model | lines | command | cpu s | wall s |\n|---|---|---|---|---|")
    out = args.work / "ids"
    for model in models:
        for path in texts:
            plain = args.work / (path.name + ".txt")
            plain.write_bytes(b"".join(b" ".join(t.split()) + b"\n" for t in read_texts(path)))
            runs = {
                "pali3": ([args.pali3, "tokenizer", "encode", "--quiet", "--model", model], True),
                "spm_encode": ([args.spm_encode, f"--model={model}", "--output_format=id", f"--input={plain}"], False),
                "Python": ([sys.executable, __file__, "lines", model, plain], False),
            }
            results = {name: [] for name, (command, _) in runs.items() if command[0]}
            for _ in range(args.rounds):
                for name in results:
                    command, piped = runs[name]
                    with open(plain, "rb") as stdin, open(out, "wb") as stdout:
                        results[name].append(used(command, stdin=stdin if piped else None, stdout=stdout))
            for name, all_runs in results.items():
                cpu, wall = (statistics.median(r[i] for r in all_runs) for i in (0, 1))
                print(f"| {model.name} | {plain.name} | {name} | {cpu:.2f} | {wall:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/bench-tokenize", help="folder for what is made")
    parser.add_argument("--texts", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--models", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--megabytes", type=float, default=6, help="size of each text that is made, at most")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=1, help="rounds of tokenizers, which is slow; 0 leaves it out")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--spm-encode", default=shutil.which("spm_encode"))
    parser.add_argument("--go", type=pathlib.Path, help="bench/tokenize, built; without it, it is built")
    parser.add_argument("--pali3", type=pathlib.Path, help="cmd/pali3, built; without it, it is built")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    for name, package in (("go", "./bench/tokenize"), ("pali3", "./cmd/pali3")):
        if getattr(args, name) is None:
            setattr(args, name, args.work / pathlib.Path(package).name)
            subprocess.run(["go", "build", "-o", getattr(args, name), package], check=True, cwd=ROOT, env=GO)
    texts, models = args.texts, args.models
    if not texts:
        texts = [args.work / "english", args.work / "languages"]
        for path, make in zip(texts, (english, languages)):
            write_texts(path, make(), args.megabytes)
    if not models:
        plain = args.work / "train.txt"
        plain.write_bytes(b"".join(b" ".join(t.split()) + b"\n" for path in texts for t in read_texts(path)))
        for kind in ("unigram", "bpe"):
            models.append(args.work / f"{kind}.model")
            subprocess.run([args.pali3, "tokenizer", "train", "--quiet", "--input", plain, "--model-type", kind, "--vocab-size", "32000",
                            "--soft-vocab-limit", "--out", args.work / kind], check=True, stdout=subprocess.DEVNULL)
    libraries(args, models, texts)
    commands(args, models, texts)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("child", "lines"):
        {"child": child, "lines": lines}[sys.argv[1]](*sys.argv[2:])
    else:
        main()
