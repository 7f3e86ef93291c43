"""Makes small tokenizer.json files of every kind, with the ids and texts that Hugging Face's tokenizers returns for them.

    pip install -r parity/requirements-tokenizers.txt
    python parity/tokenizers_grid.py --out build/tokenizers --configurations 1200
    go test ./tokenize/tokenizerjson -run TestGrid -grid $PWD/build/tokenizers

The test reads every file with Open and Import. Files that are accepted must give the same ids for every text, and those that Open
accepts must decode to the same texts. `--compact` writes the committed part, tokenize/tokenizerjson/testdata/grid.json.gz.

`--plain` makes files without added tokens for TestSugarme_Grid, which finds the kinds for which sugarme/tokenizer has the same ids.
The committed part, testdata/plain.json.gz, is made by `--plain --texts 131 --compact`: the kinds that Open passes to that library.
"""

import argparse
import gzip
import io
import json
import multiprocessing
import pathlib
import random
import resource
import tempfile

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

CORPUS = """the cat sat on the mat and the dog sat on the log
two cats and a dog: hello world, it's 12:30 or 9.75 already!
A photo of a cat. Two dogs chase one red ball; what colour is it?
The café at São Paulo – naïve façade, déjà vu, Ünïcödé
hello hello the the cat cat dog dog image images caption captions answer in English en de fr
日本 日本語 の 写真 中文 字符 写真の猫 한국어 사진
the cat's on the mat, they're here, we'll see, I'd go, I'm here, you've been
don't CAN'T 1 12 123 1234 12345 3.14 100% $5 #tag @name e-mail a_b C++
Привет мир кошка собака привет привет""".split("\n") * 3

ODD = [
    "", " ", "  ", "   ", "a", " a", "a ", "  a  b  ", "the cat", "cats cat concat", "the <image> cat", "the<image>cat", "<image> the", "<image><image>", "<image>",
    "hello  world", "hello   world", "a  \n\nb", "\n", "\n\n", "\t", "a\tb", "a\r\nb", "line one\nline two\n", " \n a", "a\u00a0b", "\u3000a\u3000", "a\u2003b", "a\u0085b", "\u2028x",
    "café", "cafe\u0301", "Cafe\u0301 CAFÉ", "ÅÅ\u212b", "ﬁ ﬀ ½ ² ① ｆｕｌｌ　ｗｉｄｔｈ", "e\u0301\u0323\u0301", "a" + "\u0301" * 40 + "b", "İstanbul ISTANBUL ıi", "ſ 'ſ it'S I'LL ẞß Σς ΑΣ",
    "日本 x", "xx日本yy", "中文字符，测试。", "한국어 사진", "ㄱㅏ 각 각", "नमस्ते क्षत्रिय", "ภาษาไทย", "שָׁלוֹם", "مرحبا بالعالم", "Привет, мир!", "👍🏽 👩‍👩‍👧 🇩🇪🇫🇷 ☺️", "©\u200d😀 ©\u0301", "\u0600a \u06dd1",
    "HELLO", "HELLO WORLD", "Hello World", "don't DON'T it's we'll they've I'm he'd", "1234567 12.5 ½ ٣٤ Ⅷ 1a2b", "a_b __init__ foo.bar(baz) [x] {y} <z>", "!!! ... ??? -- __ ''", "a,b;c:d", "x" * 120, "ab" * 60,
    "</s>", "a </s> b", "<s>the cat</s>", "<pad> <unk>", "<0x41> <0x0A>", "▁", "▁a", "a▁b", "▁▁ a", "a ▁ b", " ▁", "▁ ", "\u200b a\u200bb", "\ufeffa", "a\ufffdb", "\u0000a", "a\u0001b\u007f", "\u0001the cat",
    "\U000e0001", "\U0001d400\U0001d7d8", "ǅ ǆ Ǆ", "ʰ ª º", "۝", "a\u034fb", "\u1e9b\u0323", "\u0344 \u0958", "\u105d2\u0307 \U000105d2\u0307", "\u1109\u1161 \ud55c".encode("utf-8", "surrogatepass").decode(), "\u0e33 \u0eb3",
    "Ünï Ünïcat ünï UNI", "the\u00adcat", "cat,cat.cat cat-cat", "cat<image>", " <image> ", "<image>\n<image>", "  <image>", "<image>  ", "<IMAGE>", "＜image＞", "foo  bar   baz    qux", "tab\t\ttab", "the\n\ncat\n", "…", "a…b", "ﷺ",
    "the cat <mask> the", "the <mask>", "[MASK] cat [CLS]", "|||IP_ADDRESS|||", "`a` ``b''", "hello", "hello.", "hello\u0301", "\u0301hello", " \u0301a", "a \u0301", "\u200da", "a\u200d b", "㍻ ㌔ 令和 ㋿", "ꟲ 𐞁",
]


def texts(count, rng):
    pool = list("abcthe  ds.,'!1290\n\t-_<>[]/") + ["the", " cat", "<image>", "▁", "é", "e\u0301", "日", "한", "İ", "½", "ﬁ", "\u00a0", "\u3000", "\u200b", "\u0301", "👍🏽", "ß", "'s", "'LL", "  ", "</s>", "क्", "\u0001", "Σ", "ǆ", "＜"]
    out = list(ODD) + CORPUS[:9]
    while len(out) < count:
        out.append("".join(rng.choice(pool) for _ in range(rng.randint(1, 24))))
    return out


def train_spm(**options):
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS), model_writer=model, minloglevel=2, hard_vocab_limit=False, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, **options)
    proto = pb.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto


def all_merges(pieces):
    """The merges of a SentencePiece BPE: all splits of each piece, the best piece first."""
    ranked = sorted((p for p in pieces if p.type == 1), key=lambda p: -p.score)
    have = {p.piece for p in ranked}
    return [(p.piece[:i], p.piece[i:]) for p in ranked for i in range(1, len(p.piece)) if p.piece[:i] in have and p.piece[i:] in have]


RULES = {"\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u3000": " ", "\u2003": " ", "\u0001": "", "½": "1⁄2", "ﬁ": "fi", "Ａ": "A", "＜": "<", "＞": ">", "e\u0301": "é", "…": "...", "２": "2"}


class Maker:
    def __init__(self, seed, small_rules=False):
        self.rng = random.Random(seed)
        self.unigram = {b: train_spm(vocab_size=420 if b else 160, model_type="unigram", byte_fallback=b, character_coverage=0.98) for b in (False, True)}
        self.bpe = {b: train_spm(vocab_size=460 if b else 200, model_type="bpe", byte_fallback=b, character_coverage=0.98) for b in (False, True)}
        self.joined = train_spm(vocab_size=200, model_type="bpe", split_by_whitespace=False)
        self.charsmap = self.unigram[False].normalizer_spec.precompiled_charsmap
        if small_rules:  # few, for the part that is committed
            with tempfile.NamedTemporaryFile("w", suffix=".tsv") as f:
                f.write("".join(f"{ord(a[0]):X}{''.join(f' {ord(c):X}' for c in a[1:])}\t{' '.join(f'{ord(c):X}' for c in b)}\n" for a, b in RULES.items()))
                f.flush()
                self.charsmap = train_spm(vocab_size=60, model_type="char", normalization_rule_tsv=f.name).normalizer_spec.precompiled_charsmap

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, p):
        return self.rng.random() < p

    # --- models

    def spm_model(self):
        bf = self.chance(0.4)
        if self.chance(0.5):
            pieces = self.unigram[bf].pieces
            vocab = [(p.piece, p.score) for p in pieces]
            return models.Unigram(vocab, 2, bf)
        pieces = (self.joined if self.chance(0.2) else self.bpe[bf]).pieces
        bf = any(p.type == 6 for p in pieces)
        vocab = {p.piece: i for i, p in enumerate(pieces)}
        merges = all_merges(pieces)
        if self.chance(0.15):
            self.rng.shuffle(merges)
        if self.chance(0.1):
            merges = merges[: len(merges) * 3 // 4]
        return models.BPE(vocab, merges, unk_token="<unk>" if self.chance(0.95) else None, byte_fallback=bf and self.chance(0.95), fuse_unk=self.chance(0.8), ignore_merges=self.chance(0.1))

    def trained(self, normalizer, pre_tokenizer):
        kind = self.pick("BPE", "BPE", "WordPiece", "WordLevel", "Unigram")
        special = ["<pad>", "</s>", "<unk>"]
        if kind == "BPE":
            affix = dict(self.pick({}, {}, {"continuing_subword_prefix": "##"}, {"end_of_word_suffix": "</w>"}))
            model = models.BPE(unk_token=self.pick("<unk>", "<unk>", None), fuse_unk=self.chance(0.5), ignore_merges=self.chance(0.2), **affix)
            trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if self.chance(0.5) else [], **affix)
        elif kind == "WordPiece":
            model = models.WordPiece(unk_token="<unk>", max_input_chars_per_word=self.pick(100, 100, 8), continuing_subword_prefix=self.pick("##", "##", ""))
            trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
        elif kind == "WordLevel":
            model, trainer = models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=200, special_tokens=special, show_progress=False)
        else:
            model, trainer = models.Unigram(), trainers.UnigramTrainer(vocab_size=160, special_tokens=special, unk_token="<unk>", show_progress=False)
        tokenizer = Tokenizer(model)
        if normalizer:
            tokenizer.normalizer = normalizer
        if pre_tokenizer:
            tokenizer.pre_tokenizer = pre_tokenizer
        tokenizer.train_from_iterator(CORPUS, trainer)
        return tokenizer.model

    # --- steps

    def normalizer(self, depth=0):
        if depth == 0 and self.chance(0.25):
            return None
        if depth == 0 and self.chance(0.35):
            return normalizers.Sequence([self.normalizer(1) for _ in range(self.rng.randint(1, 3))])
        return self.pick(
            lambda: normalizers.NFC(), lambda: normalizers.NFD(), lambda: normalizers.NFKC(), lambda: normalizers.NFKD(), lambda: normalizers.Lowercase(), lambda: normalizers.Lowercase(),
            lambda: normalizers.StripAccents(), lambda: normalizers.Strip(self.chance(0.7), self.chance(0.7)), lambda: normalizers.Replace(" ", "▁"), lambda: normalizers.Replace("``", '"'),
            lambda: normalizers.Replace(Regex(" {2,}"), self.pick(" ", "▁")), lambda: normalizers.Replace(Regex(r"\s+"), " "), lambda: normalizers.Prepend("▁"), lambda: normalizers.Nmt(),
            lambda: normalizers.Precompiled(self.charsmap), lambda: normalizers.ByteLevel(), lambda: normalizers.Replace("a", self.pick("", "bb", "é")),
            lambda: normalizers.BertNormalizer(self.chance(0.7), self.chance(0.7), self.pick(None, True, False), self.chance(0.6)),
        )()

    BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
    EXPRESSIONS = [
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", r"\s+", r" +", r"\d", r"[0-9]{1,2}",
    ]

    def pre_tokenizer(self, depth=0):
        if depth == 0 and self.chance(0.1):
            return None
        if depth == 0 and self.chance(0.3):
            return pre_tokenizers.Sequence([self.pre_tokenizer(1) for _ in range(self.rng.randint(1, 3))])
        behavior = self.rng.choice(self.BEHAVIORS)
        return self.pick(
            lambda: pre_tokenizers.Metaspace("▁", self.pick("always", "first", "never"), self.chance(0.7)), lambda: pre_tokenizers.Metaspace("▁", self.pick("always", "first", "never"), self.chance(0.7)),
            lambda: pre_tokenizers.WhitespaceSplit(), lambda: pre_tokenizers.Whitespace(), lambda: pre_tokenizers.BertPreTokenizer(), lambda: pre_tokenizers.Punctuation(behavior),
            lambda: pre_tokenizers.Digits(self.chance(0.5)), lambda: pre_tokenizers.Split(self.pick(" ", "a", ", "), behavior, self.chance(0.3)),
            lambda: pre_tokenizers.Split(Regex(self.rng.choice(self.EXPRESSIONS)), behavior, self.chance(0.3)), lambda: pre_tokenizers.CharDelimiterSplit(self.pick("-", "a", " ")),
            lambda: pre_tokenizers.ByteLevel(self.chance(0.5), use_regex=self.chance(0.7)), lambda: pre_tokenizers.FixedLength(self.rng.randint(1, 5)), lambda: pre_tokenizers.ByteLevel(False),
        )()

    def decoder(self, depth=0):
        if depth == 0 and self.chance(0.3):
            return None
        if depth == 0 and self.chance(0.3):
            return decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
        return self.pick(
            lambda: decoders.Metaspace("▁", self.pick("always", "first", "never")), lambda: decoders.ByteLevel(), lambda: decoders.WordPiece(self.pick("##", ""), self.chance(0.5)),
            lambda: decoders.BPEDecoder("</w>"), lambda: decoders.Fuse(), lambda: decoders.ByteFallback(),
        )()

    def added(self):
        if self.chance(0.35):
            return []
        names = ["<image>", "<image>", "cat", "  ", "   ", "\n", "Ünï", "▁▁", "<mask>", "[MASK]", "</s>", "<s>", "hello", " the", "|||IP_ADDRESS|||", "日本", "<loc0001>", "\u0301"]
        tokens = []
        for name in self.rng.sample(names, self.rng.randint(1, 3)):
            flags = {f: self.chance(0.25) for f in ("lstrip", "rstrip", "single_word")} if self.chance(0.4) else {}
            tokens.append(AddedToken(name, normalized=self.chance(0.4), special=self.chance(0.3), **flags))
        return tokens

    # --- whole files

    def sentencepiece_like(self):
        """Files as converters write them, with small changes."""
        family = self.pick("t5", "t5strip", "llama", "llamafirst", "gemma", "siglip2", "xlmr", "never")
        model = self.spm_model()
        strip = [normalizers.Strip(False, True), normalizers.Replace(Regex(" {2,}"), "▁")]
        charsmap = [normalizers.Precompiled(self.charsmap)] if self.chance(0.6) else []
        normalizer, pre_tokenizer = {
            "t5": lambda: (normalizers.Sequence(charsmap), pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace("▁", self.pick("always", "always", "first"), self.chance(0.9))])),
            "xlmr": lambda: (normalizers.Sequence(charsmap + strip), pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])),
            "t5strip": lambda: (normalizers.Sequence(charsmap + strip), pre_tokenizers.Metaspace("▁", self.pick("always", "first"), self.chance(0.9))),
            "llama": lambda: (normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None),
            "llamafirst": lambda: (None, pre_tokenizers.Metaspace("▁", self.pick("first", "always"), self.chance(0.3))),
            "gemma": lambda: (normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous")),
            "siglip2": lambda: (normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")]), pre_tokenizers.Split(" ", "merged_with_previous") if self.chance(0.5) else None),
            "never": lambda: (None, pre_tokenizers.Metaspace("▁", "never", self.chance(0.6))),
        }[family]()
        return model, normalizer, pre_tokenizer

    def tokenizer(self):
        if self.chance(0.45):
            model, normalizer, pre_tokenizer = self.sentencepiece_like()
            if self.chance(0.1):
                normalizer = self.normalizer()
            if self.chance(0.1):
                pre_tokenizer = self.pre_tokenizer()
            decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]) if self.chance(0.8) else self.decoder()
        else:
            normalizer, pre_tokenizer = self.normalizer(), self.pre_tokenizer()
            model, decoder = self.trained(normalizer, pre_tokenizer), self.decoder()
        tokenizer = Tokenizer(model)
        if normalizer:
            tokenizer.normalizer = normalizer
        if pre_tokenizer:
            tokenizer.pre_tokenizer = pre_tokenizer
        if decoder:
            tokenizer.decoder = decoder
        tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<pad>", "</s>", "<unk>")])
        tokenizer.add_tokens(self.added())
        return tokenizer


def plain(maker):
    """Files without added tokens, each model with each normalizer and pre-tokenizer."""
    normal = [
        None, normalizers.Prepend("▁"), normalizers.Replace(" ", "▁"), normalizers.Replace("a", ""), normalizers.Lowercase(), normalizers.StripAccents(), normalizers.NFC(), normalizers.NFD(),
        normalizers.NFKC(), normalizers.NFKD(), normalizers.Strip(True, True), normalizers.BertNormalizer(True, True, None, True), normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
    ]
    cuts = [
        None, pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Whitespace(), pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(True), pre_tokenizers.Digits(False), pre_tokenizers.Punctuation(),
        *(pre_tokenizers.Split(" ", behavior, invert) for behavior in maker.BEHAVIORS for invert in (False, True)), pre_tokenizers.Metaspace(), pre_tokenizers.ByteLevel(False),
    ]
    special = ["<unk>"]
    for kind in ("WordLevel", "WordPiece", "WordPiece8", "Unigram", "UnigramBytes", "BPE"):
        for normalizer in normal:
            for cut in cuts:
                options = {"special_tokens": special, "show_progress": False}
                if kind == "WordLevel":
                    model, trainer = models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=200, **options)
                elif kind.startswith("WordPiece"):
                    model, trainer = models.WordPiece(unk_token="<unk>", max_input_chars_per_word=8 if kind.endswith("8") else 100), trainers.WordPieceTrainer(vocab_size=300, **options)
                elif kind.startswith("Unigram"):
                    pieces = maker.unigram[kind == "UnigramBytes"].pieces
                    model, trainer = models.Unigram([(p.piece, p.score) for p in pieces], 2, kind == "UnigramBytes"), None
                else:
                    model, trainer = models.BPE(unk_token="<unk>"), trainers.BpeTrainer(vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **options)
                tokenizer = Tokenizer(model)
                if normalizer:
                    tokenizer.normalizer = normalizer
                if cut:
                    tokenizer.pre_tokenizer = cut
                if trainer:
                    tokenizer.train_from_iterator(CORPUS, trainer)
                data = json.loads(tokenizer.to_str())
                data["added_tokens"] = []
                yield data


def proven(data):
    """Whether Open passes a file to sugarme/tokenizer (provenForSugarme in tokenize/tokenizerjson/sugarme.go)."""
    kinds = ((data["normalizer"] or {}).get("type"), (data["pre_tokenizer"] or {}).get("type"))
    return data["model"]["type"] in ("WordLevel", "WordPiece") and kinds[0] in (None, "Prepend") and kinds[1] in (None, "Split", "Digits")


def make_plain(args, all_texts):
    rng = random.Random(args.seed)
    for _ in range(200):  # any characters
        points = (rng.randrange(rng.choice([0x80, 0x300, 0x3000, 0x10000, 0x110000])) for _ in range(rng.randint(1, 14)))
        all_texts.append("".join("x" if 0xD800 <= c < 0xE000 else chr(c) for c in points))
    all_texts += ["the cat " * 60, "日" * 101, "a" * 300]
    files = (data for data in plain(Maker(args.seed)) if args.out or proven(data))
    return [{"tokenizer": data, "golden": golden(Tokenizer.from_str(json.dumps(data)), all_texts)} for data in files]


def golden(tokenizer, all_texts):
    """The ids of the texts and the texts that they decode to, by tokenizers; null where it fails."""
    out = []
    for text in all_texts:
        try:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            try:
                decoded = tokenizer.decode(ids)
            except BaseException:
                decoded = None
            out.append([ids, decoded])
        except BaseException as e:
            if isinstance(e, (KeyboardInterrupt, SystemExit)):
                raise
            out.append(None)
    return out


def old_style(data, rng):
    """Some files in the style of older versions: merges as strings, add_prefix_space."""
    if data["model"]["type"] == "BPE" and rng.random() < 0.3 and not any(" " in part for pair in data["model"]["merges"] for part in pair):
        data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]
    return data


def make(seed, count, all_texts, small_rules, queue):
    """Puts files into the queue one by one, because a step may use all memory or end the process."""
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    maker = Maker(seed, small_rules)
    while count > 0:
        try:
            data = old_style(json.loads(maker.tokenizer().to_str()), maker.rng)
            tokenizer = Tokenizer.from_str(json.dumps(data))
        except Exception:
            continue
        queue.put({"tokenizer": data, "golden": golden(tokenizer, all_texts)})
        count -= 1


def make_all(args, all_texts):
    files, seed = [], args.seed * 10_000
    while len(files) < args.configurations:
        queue = multiprocessing.Manager().Queue()
        process = multiprocessing.Process(target=make, args=(seed, min(20, args.configurations - len(files)), all_texts, bool(args.compact), queue))
        process.start()
        process.join(30)
        process.kill()
        while not queue.empty():
            files.append(queue.get())
        seed += 1
    return files


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--configurations", type=int, default=1200)
    parser.add_argument("--texts", type=int, default=260)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compact", type=pathlib.Path)
    parser.add_argument("--plain", action="store_true", help="files without added tokens, for TestSugarme_Grid; --compact takes those that are given to sugarme/tokenizer")
    args = parser.parse_args()
    all_texts = texts(args.texts, random.Random(args.seed))
    files = make_plain(args, all_texts) if args.plain else make_all(args, all_texts)
    if args.compact:
        with gzip.GzipFile(args.compact, "wb", mtime=0) as f:
            f.write(json.dumps({"texts": all_texts, "files": files}, ensure_ascii=False, separators=(",", ":")).encode())
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "texts.json").write_text(json.dumps(all_texts))
        for i, file in enumerate(files):
            (args.out / f"{i:05}.json").write_text(json.dumps(file))
    print(len(files), "files,", len(all_texts), "texts")


if __name__ == "__main__":
    main()
