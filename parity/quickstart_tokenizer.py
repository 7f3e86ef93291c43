"""Trains the tokenizer of `pali3 quickstart` on the texts of its data's train split.

    pip install -r parity/requirements-sentencepiece.txt
    python parity/quickstart_tokenizer.py internal/quickstart/data/emoji.tar internal/quickstart/data/tokenizer.model

It prints how many pieces captions, questions, answers and PaLI's prompts take. The same archive gives the
same model, byte for byte.
"""

import collections
import io
import json
import sys
import tarfile

import sentencepiece as spm

# PaLI's prompts without their sentinel, which the vocabulary adds as an id of its own.
CAPTION = "Generate the alt_text in {language} at 0:"
ANSWER = "Answer in EN: {question}"
QUESTION = "Generate a question in {language} for {answer}:"


def records(path):
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(".json"):
                yield json.load(archive.extractfile(member))


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


def train(lines):
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="unigram", vocab_size=4096, character_coverage=1.0,
        byte_fallback=True, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, split_by_unicode_script=False, num_threads=1,
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
    print(f"{out}: {len(data)} bytes, {model.get_piece_size()} pieces")


if __name__ == "__main__":
    main(*sys.argv[1:])
