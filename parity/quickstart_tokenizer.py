"""Trains the tokenizer of `pali3 quickstart` with the C++ library, on the texts of its data's train split.

    pip install -r parity/requirements-sentencepiece.txt
    go run ./internal/quickstart/build -tar build/emoji.tar
    python parity/quickstart_tokenizer.py build/emoji.tar build/tokenizer.model
    cmp build/tokenizer.model tokenize/builtin/tokenizer.model

The two files have the same pieces with the same scores, bit for bit. They differ only in the training options at their
ends. The script prints how many pieces captions, questions, answers and PaLI's prompts take.
"""

import collections
import contextlib
import io
import json
import re
import sys
import tarfile
import tempfile

import sentencepiece as spm

# PaLI's prompts without the sentinel, which the vocabulary adds as a separate id.
CAPTION = "Generate the alt_text in {language} at 0:"
ANSWER = "Answer in EN: {question}"
QUESTION = "Generate a question in {language} for {answer}:"

SPACE = "\u2581"
LETTERS = f"[{SPACE}\\w\u0300-\u036f\u0900-\u097f\u0e00-\u0e7f\u200c\u200d]+"  # and the marks that \\w leaves out
LONGEST = 16  # characters of a piece


def records(path):
    """The records with a unique image. The quickstart's curation keeps no others."""
    found, images = {}, {}
    with tarfile.open(path) as archive:
        for member in archive:
            key, _, extension = member.name.partition(".")
            content = archive.extractfile(member).read()
            if extension == "json":
                found[key] = json.loads(content)
            else:
                images[key] = content
    count = collections.Counter(images.values())
    for key, record in found.items():
        if count[images[key]] == 1:
            yield record


def texts(record):
    """The record's (kind, language, text): captions, questions, answers, and the prompts made with them."""
    for text in record.get("texts", []):
        language = text.get("language", "en")
        yield "caption", language, text["value"]
        yield "caption prompt", language, CAPTION.format(language=language)
    for question in record.get("questions", []):
        language = question.get("language", "en")
        yield "question", language, question["text"]
        yield "question prompt", language, ANSWER.format(question=question["text"])
        for answer in question["answers"]:
            yield "answer", "en", answer["text"]
            yield "answer prompt", language, QUESTION.format(language=language, answer=answer["text"])


def seeds(lines):
    """The candidates for pieces, with how often they occur: every part of a word that has no punctuation, so
    that a word is the same piece in a caption, in quotation marks and before a colon; parts that are all
    punctuation, as a narrow space with its colon in French; and the words of the prompts.

    Left alone, the trainer takes its candidates from repeats among different words: a word that occurs in one
    form only, however often, never becomes a piece.
    """
    prompts = {word for prompt in (CAPTION, ANSWER, QUESTION) for word in prompt.split()}
    found = collections.Counter()
    for word, count in collections.Counter(word for line in lines for word in line.split()).items():
        parts = [SPACE + word] if word in prompts or not re.search(LETTERS, word) else []
        for run in re.finditer(f"{LETTERS}|[^\\w{SPACE}]+", SPACE + word):
            parts += (run[0][a:b] for a in range(len(run[0])) for b in range(a + 2, min(len(run[0]), a + LONGEST) + 1))
        for part in parts:
            found[part] += count
    return {part: count for part, count in found.items() if count > 1}


def train(lines):
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # the model keeps the name of the seeds
        with open("seeds.tsv", "w", encoding="utf-8") as file:
            file.writelines(f"{part}\t{count}\n" for part, count in sorted(seeds(lines).items()))
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=model, seed_sentencepieces_file="seeds.tsv", model_type="unigram",
            vocab_size=4096, max_sentencepiece_length=LONGEST, character_coverage=1.0, byte_fallback=True,
            normalization_rule_name="identity",  # what is said is what was written: NFKC would respell Thai and French
            pad_id=0, eos_id=1, unk_id=2, bos_id=-1, split_by_unicode_script=False, num_threads=16,
            input_sentence_size=0, shuffle_input_sentence=False, minloglevel=1)
    return model.getvalue()


def report(model, of_split):
    for split, samples in of_split.items():
        lengths = collections.defaultdict(list)
        for kind, language, text in samples:
            lengths[kind, language].append(len(model.encode(text)))
        for (kind, language), n in sorted(lengths.items()):
            n.sort()
            print(f"{split:22} {kind:16} {language:3} texts {len(n):6}  mean {sum(n) / len(n):5.2f}  99% {n[len(n) * 99 // 100]:3}  longest {n[-1]:3}")


def main(archive, out):
    of_split = collections.defaultdict(list)
    for record in records(archive):
        of_split[record.get("split", "train")].extend(texts(record))
    data = train([text for _, _, text in of_split["train"]])
    with open(out, "wb") as file:
        file.write(data)
    model = spm.SentencePieceProcessor(model_proto=data)
    report(model, of_split)
    lost = [text for samples in of_split.values() for kind, _, text in samples if kind == "caption" and model.decode(model.encode(text)) != text]
    print(f"{len(lost)} captions do not come back as they were: {lost[:5]}")
    print(f"{out}: {len(data)} bytes, {model.get_piece_size()} pieces")


if __name__ == "__main__":
    main(*sys.argv[1:])
