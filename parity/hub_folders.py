"""Makes small model folders as transformers writes them, and checks folders that pali3 exported.

    python parity/hub_folders.py make DIR          # one folder for each of CASES, in DIR
    python parity/hub_folders.py check DIR PALI3    # pali3 uses, fine-tunes and exports each; transformers loads the export

Weights are random, in bfloat16 and in several files. A folder also has expected.safetensors, with inputs and what the
model in float32 makes of them, and expected.json: texts with the ids that the folder's own processor gives them.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import sentencepiece
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)
transformers.utils.logging.set_verbosity_error()

SIDE, PATCH, WIDTH, HEADS, MLP = 32, 16, 16, 2, 24
TEXTS = [
    "a photo of a cat.", "Two DOGS, in the snow!", "  many   spaces \t and\nlines ", "- a list: one; two", "", "straße ÉCOLE İstanbul ΣΑΣ",
    "it's (really) [odd] \\ / text_with_underscores", "what is in the picture?", "a " * 100, "▁visible ▁spaces", "漢字 and ひらがな",
]

# White space that transformers' T5 splits at whatever the model says; pali3 follows spiece.model where there is one.
ODD = TEXTS[2], TEXTS[9]


def corpus():
    words = "a the photo picture of in on with cat dog bird tree snow street red green blue two three many what where is are there".split()
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(words, rng.integers(3, 12))) for _ in range(400)]
    return [line.capitalize() + "." if i % 3 == 0 else line for i, line in enumerate(lines)] + TEXTS[:8] * 4


def sentencepiece_model(path, **options):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_prefix=str(path.with_suffix("")), minloglevel=2, character_coverage=1.0, **options)
    path.with_suffix(".vocab").unlink()


def unigram(folder, normalization="nmt_nfkc"):
    path = folder / "spiece.model"
    sentencepiece_model(
        path, vocab_size=180, model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1, hard_vocab_limit=False, normalization_rule_name=normalization)
    return path


def gemma_pieces(folder, **options):
    path = folder / "tokenizer.model"
    sentencepiece_model(
        path, vocab_size=420, model_type="bpe", pad_id=0, eos_id=1, bos_id=2, unk_id=3, byte_fallback=True, add_dummy_prefix=False,
        remove_extra_whitespaces=False, normalization_rule_name="identity", pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>", **options)
    return path


def with_class(folder, name, **more):
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": name, **more}))


def image_processor(**options):
    return transformers.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}, **options)


def vision(**more):
    return dict(hidden_size=WIDTH, intermediate_size=MLP, num_hidden_layers=2, num_attention_heads=HEADS, image_size=SIDE, patch_size=PATCH, **more)


def siglip(folder):
    tokenizer = transformers.SiglipTokenizer(str(unigram(folder, "identity")), model_max_length=16)  # a small file, to be committed
    transformers.SiglipProcessor(image_processor(), tokenizer).save_pretrained(folder)
    text = dict(hidden_size=WIDTH, intermediate_size=MLP, num_hidden_layers=2, num_attention_heads=HEADS, vocab_size=256, max_position_embeddings=16)
    return transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=vision())), tokenizer


def siglip_gemma(folder):
    """SigLIP 2 of a fixed size: SiglipModel with Gemma's pieces, lower case, padded with padding; ImageNet's mean."""
    gemma_pieces(folder)
    with_class(folder, "Siglip2Tokenizer", padding_side="right", model_max_length=12)
    tokenizer = transformers.Siglip2Tokenizer.from_pretrained(folder, padding_side="right", model_max_length=12, add_eos_token=True)
    processor = image_processor(resample=2, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
    processor.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "tokenizer.model").unlink()
    text = dict(hidden_size=WIDTH, intermediate_size=MLP, num_hidden_layers=2, num_attention_heads=HEADS, vocab_size=512, max_position_embeddings=12)
    return transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=vision())), tokenizer


def siglip_naflex(folder):
    """SigLIP 2 NaFlex: images of any aspect in at most 24 patches of 8 pixels, a position table of 4 by 4."""
    gemma_pieces(folder)
    with_class(folder, "Siglip2Tokenizer", padding_side="right", model_max_length=12)
    tokenizer = transformers.Siglip2Tokenizer.from_pretrained(folder, padding_side="right", model_max_length=12, add_eos_token=True)
    transformers.Siglip2ImageProcessorPil(patch_size=8, max_num_patches=24).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "tokenizer.model").unlink()
    with_class(folder, "Siglip2Tokenizer", **{
        k: v for k, v in json.loads((folder / "tokenizer_config.json").read_text()).items() if k not in ("tokenizer_class", "vocab_file")})
    tower = dict(hidden_size=WIDTH, intermediate_size=MLP, num_hidden_layers=2, num_attention_heads=HEADS)
    return transformers.Siglip2Model(transformers.Siglip2Config(
        text_config=dict(tower, vocab_size=512, max_position_embeddings=12, projection_size=WIDTH),
        vision_config=dict(tower, patch_size=8, num_patches=16))), tokenizer


def t5_tokenizer(folder, sentinels, normalization):
    unigram(folder, normalization)
    with_class(folder, "T5Tokenizer")
    tokenizer = transformers.T5Tokenizer.from_pretrained(folder, extra_ids=sentinels)
    tokenizer.save_pretrained(folder)
    return tokenizer


def t5(folder, name="T5", keep_spiece=False, **more):
    tokenizer = t5_tokenizer(folder, 10, "identity" if keep_spiece else "nmt_nfkc")
    (folder / ("tokenizer.json" if keep_spiece else "spiece.model")).unlink()
    config = getattr(transformers, name + "Config")(
        vocab_size=256, d_model=WIDTH, d_ff=MLP, d_kv=8, num_heads=HEADS, num_layers=2, num_decoder_layers=2, dropout_rate=0.0, decoder_start_token_id=0, **more)
    return getattr(transformers, name + "ForConditionalGeneration")(config), tokenizer


def t5_encoder(folder, name="T5"):
    """The encoder alone, which embeds texts."""
    model, tokenizer = t5(folder, name, keep_spiece=True)
    return getattr(transformers, name + "EncoderModel")(model.config), tokenizer


def paligemma(folder, version=1):
    gemma_pieces(folder)
    with_class(folder, "GemmaTokenizer")
    tokenizer = transformers.GemmaTokenizer.from_pretrained(folder)
    processor = image_processor()
    processor.image_seq_length = (SIDE // PATCH) ** 2
    processor = transformers.PaliGemmaProcessor(processor, tokenizer)
    processor.save_pretrained(folder)
    (folder / "tokenizer.model").unlink()
    text = dict(
        model_type="gemma" if version == 1 else "gemma2", hidden_size=WIDTH, intermediate_size=MLP, num_hidden_layers=2, num_attention_heads=HEADS,
        num_key_value_heads=1, head_dim=8, vocab_size=1664 + 64, hidden_activation="gelu_pytorch_tanh")
    if version == 2:
        text.update(query_pre_attn_scalar=8, sliding_window=4096)
    config = transformers.PaliGemmaConfig(
        text_config=text, vision_config=vision(vision_use_head=False, model_type="siglip_vision_model", projection_dim=WIDTH),
        projection_dim=WIDTH, image_token_index=processor.image_token_id)
    return transformers.PaliGemmaForConditionalGeneration(config), processor


def t5gemma2(folder):
    pieces = ["\n", "\n\n", "<start_of_image>", "<end_of_image>", "<image_soft_token>"]  # Gemma 3 has them among its 262,144
    gemma_pieces(folder, user_defined_symbols=pieces)
    with_class(folder, "GemmaTokenizer", add_bos_token=True, extra_special_tokens=dict(boi_token=pieces[2], eoi_token=pieces[3], image_token=pieces[4]))
    tokenizer = transformers.GemmaTokenizer.from_pretrained(folder)
    processor = transformers.models.gemma3.image_processing_pil_gemma3.Gemma3ImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    processor = transformers.Gemma3Processor(processor, tokenizer, image_seq_length=T5GEMMA2_TOKENS)
    processor.save_pretrained(folder)
    (folder / "tokenizer.model").unlink()
    text = dict(hidden_size=WIDTH, intermediate_size=MLP, num_hidden_layers=2, num_attention_heads=HEADS, num_key_value_heads=1, head_dim=8,
                vocab_size=512, query_pre_attn_scalar=8, sliding_window=5, layer_types=["sliding_attention", "full_attention"])
    config = transformers.T5Gemma2Config(
        encoder=dict(text_config=text, mm_tokens_per_image=T5GEMMA2_TOKENS, boi_token_index=tokenizer.boi_token_id, eoi_token_index=tokenizer.eoi_token_id,
                     vision_config=vision(vision_use_head=False, model_type="siglip_vision_model") | dict(patch_size=4)),
        decoder=text, image_token_index=tokenizer.image_token_id)
    return transformers.T5Gemma2ForConditionalGeneration(config), processor


T5GEMMA2_TOKENS = 16

CASES = {
    "siglip": siglip, "siglip-gemma": siglip_gemma, "siglip2-naflex": siglip_naflex,
    "t5": t5, "t5-gated": lambda folder: t5(folder, keep_spiece=True, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    "mt5": lambda folder: t5(folder, "MT5"), "umt5": lambda folder: t5(folder, "UMT5"),
    "t5-encoder": t5_encoder, "umt5-encoder": lambda folder: t5_encoder(folder, "UMT5"),
    "paligemma": paligemma, "paligemma2": lambda folder: paligemma(folder, 2),
    "t5gemma2": t5gemma2,
}


def randomize(model, seed=0):
    """Draws all weights, so that no default hides a mistake, and rounds them to bfloat16."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            drawn = torch.randn(p.shape, generator=g)
            if p.dim() > 1:
                drawn *= 0.5 / p[0].numel() ** 0.5 if "embed" not in name and "shared" not in name else 0.5
            elif "norm" in name and name.endswith("weight"):
                drawn = 1 + 0.2 * drawn
            else:
                drawn *= 0.2
            p.copy_(drawn.to(torch.bfloat16))
    return model.eval()


def picture(height, width, mode="RGB", seed=0):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (height // 4 + 1, width // 4 + 1, len(mode)), dtype=np.uint8)
    return Image.fromarray(small, mode).resize((width, height), Image.BICUBIC) if mode == "RGB" else Image.fromarray(
        np.kron(small, np.ones((4, 4, 1), np.uint8))[:height, :width], mode)


def inputs_of(model, tokenizer):
    """Returns inputs under pali3's names and what the model makes of them."""
    g = torch.Generator().manual_seed(1)
    images = torch.rand(2, 3, SIDE, SIDE, generator=g) * 2 - 1
    ours = {"images": images.permute(0, 2, 3, 1).contiguous()}
    with torch.no_grad():
        if isinstance(model, transformers.Siglip2Model):
            grids = torch.tensor([[3, 5], [1, 13], [4, 4], [1, 1]])
            mask = (torch.arange(17)[None] < grids.prod(-1, keepdim=True)).int()
            patches = (torch.rand(4, 17, 192, generator=g) * 2 - 1) * mask[..., None]
            ids = torch.randint(1, 100, (4, 12), generator=g)
            out = model(input_ids=ids, pixel_values=patches, pixel_attention_mask=mask, spatial_shapes=grids, return_loss=True)
            return ({"patches": patches, "grids": grids.int(), "input_ids": ids.int()},
                    {"logits_per_image": out.logits_per_image, "image_embeds": out.image_embeds, "text_embeds": out.text_embeds, "loss": out.loss})
        if isinstance(model, transformers.SiglipModel):
            c = model.config.text_config
            ids = torch.randint(1, 100, (3, c.max_position_embeddings), generator=g)
            out = model(input_ids=ids, pixel_values=images)
            return {**ours, "input_ids": ids.int()}, {"logits_per_image": out.logits_per_image, "image_embeds": out.image_embeds, "text_embeds": out.text_embeds}
        if isinstance(model, transformers.PaliGemmaForConditionalGeneration):
            return paligemma_outputs(model, tokenizer, images, ours, g)
        if isinstance(model, transformers.T5Gemma2ForConditionalGeneration):
            return t5gemma2_outputs(model, tokenizer, images, ours, g)
        ids = torch.randint(3, 100, (2, 9), generator=g)
        ids[1, 6:] = 0
        if is_encoder(model):
            return {"input_ids": ids.int()}, {"last_hidden_state": model(input_ids=ids, attention_mask=(ids > 0).long()).last_hidden_state}
        decoder = torch.randint(3, 100, (2, 5), generator=g)
        decoder[:, 0] = 0
        out = model(input_ids=ids, attention_mask=(ids > 0).long(), decoder_input_ids=decoder)
        return {"input_ids": ids.int(), "decoder_input_ids": decoder.int()}, {"logits": out.logits}


def is_encoder(model):
    return type(model).__name__.endswith("EncoderModel")


def pooled(model, tokenizer):
    """Returns the embeddings of all texts, of length 1, by each rule of pooling."""
    rows = [torch.tensor([tokenizer(text)["input_ids"]]) for text in TEXTS if text not in ODD]
    with torch.no_grad():
        states = [model(input_ids=ids).last_hidden_state[0] for ids in rows]
    rules = {"mean": lambda x: x.mean(0), "max": lambda x: x.max(0).values, "first": lambda x: x[0], "last": lambda x: x[-1]}
    return {f"pooled.{name}": torch.nn.functional.normalize(torch.stack([rule(x) for x in states]), dim=-1) for name, rule in rules.items()}


def paligemma_outputs(model, processor, images, ours, g):
    """Prompts without padding: pali3 gives the logits after the prompt's last id and after each of the answer's."""
    n = processor.image_seq_length
    prompt = torch.randint(4, 400, (2, 6), generator=g)
    prompt[:, 0] = 2
    answer = torch.randint(4, 400, (2, 4), generator=g)
    ids = torch.cat([torch.full((2, n), model.config.image_token_id), prompt, answer], 1)
    types = torch.cat([torch.zeros(2, n + 6), torch.ones(2, 4)], 1).long()
    out = model(input_ids=ids, pixel_values=images, token_type_ids=types, attention_mask=torch.ones_like(ids), labels=torch.where(types > 0, ids, -100))
    decoder = torch.cat([torch.zeros(2, 1, dtype=torch.long), answer], 1)
    return {**ours, "input_ids": prompt.int(), "decoder_input_ids": decoder.int()}, {"logits": out.logits[:, n + 5:]}


def t5gemma2_outputs(model, processor, images, ours, g):
    """Prompts as the processor makes them, padded on the left."""
    boi = processor.boi_token
    inputs = processor(text=[boi + " a photo", boi + " what is in the picture, and where is it?"], images=[[picture(9, 9)], [picture(8, 8)]],
                       padding=True, return_tensors="pt")
    decoder = torch.randint(4, 400, (2, 5), generator=g)
    decoder[:, 0] = model.config.decoder.bos_token_id
    out = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], pixel_values=images, decoder_input_ids=decoder)
    ours = {**ours, "images": ours["images"][None], "input_ids": inputs["input_ids"].int(), "attention_mask": inputs["attention_mask"].float(),
            "decoder_input_ids": decoder.int()}
    return ours, {"logits": out.logits}


def answers_of(model, processor, folder):
    """What the model writes to a prompt about each of the folder's images, with the processor's own ids and pixels."""
    answers = []
    for i, prompt in enumerate(["what is in the picture?", " in this image, there is", "a dog and a cat"]):
        inputs = processor(text=processor.boi_token + prompt, images=Image.open(folder / f"image{i}.png"), return_tensors="pt")
        ids = model.generate(**{k: v for k, v in inputs.items() if k in ("input_ids", "attention_mask", "pixel_values")}, do_sample=False, max_new_tokens=8)
        answers.append({"image": f"image{i}.png", "prompt": prompt, "ids": [int(n) for n in ids[0, 1:] if n > 1]})
    return answers


def ids_of(model, tokenizer, text):
    """Returns the ids that the processor gives a text, padded where the model compares it."""
    if isinstance(model, (transformers.SiglipModel, transformers.Siglip2Model)):
        length = model.config.text_config.max_position_embeddings
        return tokenizer(text, padding="max_length", truncation=True, max_length=length)["input_ids"]
    if isinstance(model, transformers.PaliGemmaForConditionalGeneration):
        ids = tokenizer(images=picture(8, 8), text="<image>" + text)["input_ids"][0]
        return [i for i in ids if i != tokenizer.image_token_id]
    if isinstance(model, transformers.T5Gemma2ForConditionalGeneration):
        return tokenizer(text=text)["input_ids"][0]
    return tokenizer(text)["input_ids"]


def make(out):
    for name, build in CASES.items():
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        model, tokenizer = build(folder)
        randomize(model)
        inputs, outputs = inputs_of(model, tokenizer)
        embeds = naflex_pixels(folder, model) if name == "siglip2-naflex" else pooled(model, tokenizer) if is_encoder(model) else {}
        model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="20KB")
        if name.startswith("paligemma"):  # a small file, to be committed
            tokens = json.loads((folder / "tokenizer.json").read_text())
            (folder / "tokenizer.json").write_text(json.dumps(tokens, separators=(",", ":"), ensure_ascii=False))
        expected = {"in." + k: v.contiguous() for k, v in inputs.items()} | {"out." + k: v.float().contiguous() for k, v in outputs.items()}
        texts = [{"text": text, "ids": ids_of(model, tokenizer, text)} for text in TEXTS if not (folder / "spiece.model").exists() or name == "siglip" or text not in ODD]
        expected.update(embeds)
        if name.startswith(("siglip", "paligemma", "t5gemma2")) and not embeds:
            processor = transformers.AutoImageProcessor.from_pretrained(folder)
            for i, image in enumerate([picture(40, 50), picture(90, 33, "RGBA", 1), picture(20, 24, "RGB", 2)]):
                image.save(folder / f"image{i}.png")
                expected[f"pixels.{i}"] = torch.tensor(processor(Image.open(folder / f"image{i}.png"))["pixel_values"][0]).permute(1, 2, 0).contiguous()
        if name == "t5gemma2":
            answers = answers_of(type(model).from_pretrained(folder, dtype=torch.float32).eval(), tokenizer, folder)
            (folder / "answers.json").write_text(json.dumps(answers, indent=0) + "\n")
        save_file(expected, folder / "expected.safetensors")
        (folder / "expected.json").write_text(json.dumps(texts, ensure_ascii=False, indent=0) + "\n")
        print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes:", " ".join(sorted(f.name for f in folder.iterdir())))


def naflex_pixels(folder, model):
    """Writes images of odd shapes, and returns the patches and embeddings of each for several numbers of patches."""
    sizes = [(40, 50), (90, 33), (7, 140), (140, 7), (1, 1), (32, 48), (100, 160)]
    for i, (h, w) in enumerate(sizes):
        picture(h, w, seed=i).save(folder / f"image{i}.png")
    images = [Image.open(folder / f"image{i}.png") for i in range(len(sizes))]
    found = {}
    for n in (24, 1, 9, 60):
        processor = transformers.Siglip2ImageProcessorPil.from_pretrained(folder, max_num_patches=n)
        batch = processor(images, return_tensors="pt")
        with torch.no_grad():
            found[f"embeds.{n}"] = torch.nn.functional.normalize(model.get_image_features(**batch).pooler_output, dim=-1)
        if n == 24:
            found.update({f"pixels.{i}": v.clone() for i, v in enumerate(batch["pixel_values"])})
            found["grids"] = batch["spatial_shapes"].int()
    return found


# What differs from the recipes that pali3 writes: few steps that change much, and what NaFlex alone has.
SETTINGS = ["batch=4", "optimizer.learning_rate=1e-3", "schedule={kind: constant}"]
NAFLEX = ["images.ops=decode|flip_lr|resize_to_sequence(8,24,bilinear,pil)|value_range(-1,1)", "images.sequence_lengths=[12, 24, 40]"]


def run(pali3, *arguments):
    done = subprocess.run([pali3, "-q", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def dataset(out, pali3):
    (out / "raw").mkdir(exist_ok=True)
    rows = ["image,caption"]
    for i, text in enumerate(corpus()[:12]):
        picture(40 + i, 50, seed=i).save(out / "raw" / f"{i}.png")
        rows.append(f'{i}.png,"{text}"')
    (out / "raw" / "table.csv").write_text("\n".join(rows) + "\n")
    shutil.rmtree(out / "data", ignore_errors=True)
    run(pali3, "ingest", "table", out / "raw" / "table.csv", "--image-column", "image", "--text-column", "caption", "--language", "en", "--to", out / "data")


def difference(a, b):
    return max((float((a[k] - b[k].float()).abs().max() / max(1, float(b[k].abs().max()))) for k in b), default=float("nan"))


def outputs_in_transformers(folder, processor):
    auto = {"SiglipModel": transformers.SiglipModel}.get(json.loads((folder / "config.json").read_text())["architectures"][0])
    config = transformers.AutoConfig.from_pretrained(folder)
    model = getattr(transformers, config.architectures[0]).from_pretrained(folder, dtype=torch.float32).eval()
    return inputs_of(model, processor)[1]


def check(out, pali3):
    """pali3 runs each folder, exports it, fine-tunes it and exports the result; transformers runs both exports."""
    dataset(out, pali3)
    print("largest difference, relative:  pali3 on the folder | its export in bf16 | fine-tuned, f32 | fine-tuned, bf16 | ids of the tuned export")
    for name in CASES:
        folder, work = out / name, out / "work" / name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        expected = load_file(folder / "expected.safetensors")
        save_file({k[3:]: v for k, v in expected.items() if k.startswith("in.")}, work / "in.safetensors")
        want = {k[4:]: v for k, v in expected.items() if k.startswith("out.")}
        processor = processor_of(name, folder)

        def forward(weights):
            run(pali3, "forward", "--weights", weights, "--inputs", work / "in.safetensors", "--out", work / "out.safetensors")
            return {k: v for k, v in load_file(work / "out.safetensors").items() if k in want}

        results = [difference(forward(folder), want)]
        run(pali3, "export", folder, "--out", work / "same", "--dtype", "bf16", "--shard-size", "20KB")
        results.append(difference(outputs_in_transformers(work / "same", processor), want))
        answers = use(pali3, name, folder, work, out / "data")
        if is_encoder_folder(folder):
            print(f"{name:14}", *(f"{r:.1e}" for r in results), answers, flush=True)
            continue
        run(pali3, "recipe", "new", "--from", folder, "--data", out / "data", "--split", "all", "--steps", 5, "--out", work / "recipe.yaml")
        settings = SETTINGS + (NAFLEX if name == "siglip2-naflex" else [])
        run(pali3, "train", "--recipe", work / "recipe.yaml", "--out", work / "run", *(word for one in settings for word in ("--set", one)))
        tuned = forward(work / "run")
        assert any(tuned[k].shape != want[k].shape or not torch.equal(tuned[k], want[k]) for k in want), "training changed nothing"
        for dtype in ("f32", "bf16"):
            run(pali3, "export", work / "run", "--out", work / dtype, "--dtype", dtype, "--shard-size", "20KB")
            results.append(difference(outputs_in_transformers(work / dtype, processor), tuned))
        print(f"{name:14}", *(f"{r:.1e}" for r in results), ids_agree(name, work / "f32", folder), answers, flush=True)
    assembly(out, pali3)


def is_encoder_folder(folder):
    return json.loads((folder / "config.json").read_text())["architectures"][0].endswith("EncoderModel")


def use(pali3, name, folder, work, data):
    """Runs the commands that a person would, which must leave the folder as it is, and compares captions with transformers'."""
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    run(pali3, "describe", folder)
    texts = work / "texts.txt"
    texts.write_text("a cat\ntwo dogs in the snow\n")
    image = data.parent / "raw" / "0.png"
    said = ""
    if name.startswith("siglip"):
        run(pali3, "embed", image, "--model", folder, "--out", work / "images.parquet")
        run(pali3, "classify", image, "--labels", "cat,dog", "--model", folder)
    if not name.startswith("paligemma"):
        run(pali3, "embed", "--texts", texts, "--model", folder, "--out", work / "texts.parquet")
    if name.startswith("paligemma"):
        said = captions_agree(pali3, folder, [data.parent / "raw" / f"{i}.png" for i in range(8)])
        run(pali3, "ask", image, "what is it?", "--model", folder, "--max-length", 4)
    if name.startswith(("siglip", "paligemma")):
        run(pali3, "eval", "--model", folder, "--data", data, "--split", "all", "--out", work / "scores")
        assert (work / "scores" / "evaluation-all.json").exists()
        run(pali3, "eval", "--model", folder, "--data", data, "--split", "all")
    assert before == {f.name: f.read_bytes() for f in folder.iterdir()}, "a command changed the folder"
    return said


def captions_agree(pali3, folder, images):
    """Compares greedy captions with those of transformers' generate."""
    processor = transformers.AutoProcessor.from_pretrained(folder)
    model = transformers.PaliGemmaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    ours = [one["text"] for one in json.loads(run(pali3, "caption", *images, "--model", folder, "--max-length", 8, "--json"))]
    same = 0
    for path, text in zip(images, ours):
        inputs = processor(images=Image.open(path), text="<image>caption en", return_tensors="pt")
        with torch.no_grad():
            ids = model.generate(**inputs, max_new_tokens=8, do_sample=False)[0, inputs["input_ids"].shape[1]:]
        same += processor.decode(ids, skip_special_tokens=True).strip() == text.strip()
    assert same == len(images), f"{same} of {len(images)} captions are transformers'"
    return f"{same} of {len(images)} captions"


def assembly(out, pali3):
    """A PaLI-3 of a public SigLIP and a public umT5: trained, exported as its parts, which transformers loads, and assembled again."""
    work = out / "work" / "pali3"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    language = {k: v for k, v in dict(width=WIDTH, mlp=MLP, heads=HEADS, head_dim=8, encoder_layers=2, decoder_layers=2, activation="gated-gelu", layer_bias="true", tied="true").items()}
    recipe = lambda init, steps: (
        f"family: pali3\ndata: {out}/data\ntokenizer: {{model: {out}/umt5/tokenizer.json}}\nlengths: {{encoder: 24, decoder: 16}}\nbatch: 4\nsteps: {steps}\n"
        f"optimizer: {{name: adamw, learning_rate: {1e-3 if steps > 1 else 1e-30}}}\ninit: {init}\nimages: {{ops: \"decode|resize({SIDE},{SIDE},bicubic,pil)|value_range(-1,1)\"}}\n"
        f"tasks: [{{name: captions, kind: caption, weight: 1, split: all}}]\n"
        f"model: {{image: {{width: {WIDTH}, depth: 2, mlp: {MLP}, heads: {HEADS}, patch: {PATCH}}}, language: {{{', '.join(f'{k}: {v}' for k, v in language.items())}}}}}\n")
    (work / "recipe.yaml").write_text(recipe(f"[{{from: {out}/siglip, prefixes: [vision_model]}}, {{from: {out}/umt5}}]", 5))
    run(pali3, "train", "--recipe", work / "recipe.yaml", "--out", work / "run")
    run(pali3, "export", work / "run", "--out", work / "parts")
    g = torch.Generator().manual_seed(2)
    images, ids, decoder = torch.rand(2, SIDE, SIDE, 3, generator=g) * 2 - 1, torch.randint(3, 100, (2, 9), generator=g), torch.randint(3, 100, (2, 5), generator=g)
    decoder[:, 0], ids[1, 6:] = 0, 0
    save_file({"images": images, "input_ids": ids.int(), "decoder_input_ids": decoder.int()}, work / "in.safetensors")

    def forward(weights):
        run(pali3, "forward", "--weights", weights, "--inputs", work / "in.safetensors", "--out", work / "out.safetensors")
        return load_file(work / "out.safetensors")["logits"]

    ours = forward(work / "run")
    eyes = transformers.SiglipVisionModel.from_pretrained(work / "parts" / "vision").eval()
    writer = transformers.UMT5ForConditionalGeneration.from_pretrained(work / "parts" / "language").eval()
    projection = load_file(work / "parts" / "projection" / "model.safetensors")
    with torch.no_grad():
        seen = eyes(images.permute(0, 3, 1, 2)).last_hidden_state
        tokens = torch.nn.functional.linear(seen, projection["multi_modal_projector.linear.weight"], projection["multi_modal_projector.linear.bias"])
        mask = torch.cat([torch.ones(tokens.shape[:2]).long(), (ids > 0).long()], 1)
        theirs = writer(inputs_embeds=torch.cat([tokens, writer.shared(ids)], 1), attention_mask=mask, decoder_input_ids=decoder).logits
    parts = ", ".join(f"{{from: {work}/parts/{part}}}" for part in ("vision", "language", "projection"))
    (work / "again.yaml").write_text(recipe(f"[{parts}]", 1))
    run(pali3, "train", "--recipe", work / "again.yaml", "--out", work / "again")
    print(f"pali3: its parts in transformers {difference({'x': ours}, {'x': theirs}):.1e}, assembled again {difference({'x': forward(work / 'again')}, {'x': ours}):.1e}")


def processor_of(name, folder):
    if name.startswith(("paligemma", "t5gemma2")):
        return transformers.AutoProcessor.from_pretrained(folder)
    return None


def ids_agree(name, export, folder):
    """Compares the ids of the exported tokenizer with those of the folder's own, but for what pali3's differ in anyway."""
    if name.startswith(("paligemma", "t5gemma2")):
        a, b = transformers.AutoTokenizer.from_pretrained(export), transformers.AutoTokenizer.from_pretrained(folder)
        pairs = [(a(t, add_special_tokens=False)["input_ids"], b(t, add_special_tokens=False)["input_ids"]) for t in TEXTS]
    else:
        a, b = transformers.AutoTokenizer.from_pretrained(export), json.loads((folder / "expected.json").read_text())
        options = dict(padding="max_length", truncation=True, max_length=16 if name == "siglip" else 12) if name.startswith("siglip") else {}
        pairs = [(a(one["text"], **options)["input_ids"], one["ids"]) for one in b]
    same = sum(x == y for x, y in pairs)
    return f"{same} of {len(pairs)} texts"


if __name__ == "__main__":
    command, out = sys.argv[1], pathlib.Path(sys.argv[2])
    if command == "make":
        make(out)
    else:
        check(out, sys.argv[3])
