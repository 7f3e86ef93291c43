"""Compares files of `pali3 tokenizer export`, read by tokenizers, with the C++ library.

    pip install -r parity/requirements-sentencepiece.txt tokenizers==0.23.1
    go build -o pali3 ./cmd/pali3
    python parity/tokenizers_export.py --pali3 ./pali3 --work DIR --texts TEXTS --models MODELS/*.model

TEXTS is the file of texts in the --work folder of parity/sentencepiece_parity.py; the script uses every 31st text. For every
model it prints how many texts differ, how many of these only because tokenizers normalizes differently, and examples.
"""

import argparse
import pathlib
import struct
import subprocess

import sentencepiece as spm
from tokenizers import Tokenizer


def read_texts(path):
    data, at, out = path.read_bytes(), 0, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        out.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return out


def utf8(texts):
    for text in texts:
        try:
            yield text.decode()
        except UnicodeDecodeError:
            pass


def normal_form(tokenizer, text):
    text = tokenizer.normalizer.normalize_str(text)
    return "".join(part for part, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text))


def compare(pali3, model, work, texts):
    exported = work / (model.name + ".json")
    done = subprocess.run([pali3, "tokenizer", "export", "--model", model, "--to", exported], capture_output=True, text=True)
    if done.returncode:
        print(f"{model.name:32} not exported: {done.stderr.strip().splitlines()[-1]}")
        return
    tokenizer, reference = Tokenizer.from_file(str(exported)), spm.SentencePieceProcessor(model_file=str(model))
    different, normalized, decoded = [], 0, 0
    for text in texts:
        ids, want = tokenizer.encode(text, add_special_tokens=False).ids, reference.encode(text)
        if ids != want:
            same = normal_form(tokenizer, text) == reference.normalize(text)
            normalized += not same
            different.append((same, text, ids, want))
        else:
            decoded += tokenizer.decode(ids, skip_special_tokens=False) != reference.decode(want)
    print(f"{model.name:32} {len(texts)} texts  {len(different)} differ, {normalized} in normal form; {decoded} more decode to another text", flush=True)
    for same, text, ids, want in sorted(different, key=lambda d: len(d[1]))[:4]:
        print("    ", ascii(text[:60]), "as", [tokenizer.id_to_token(i) for i in ids][:12], "want", [reference.id_to_piece(i) for i in want][:12], "" if same else "(normal form)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pali3", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--texts", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=pathlib.Path, nargs="+", required=True)
    parser.add_argument("--every", type=int, default=31)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    texts = list(utf8(read_texts(args.texts)[:: args.every]))
    for model in args.models:
        compare(args.pali3, model, args.work, texts)


if __name__ == "__main__":
    main()
