"""Makes small model folders as transformers writes them, and checks folders that pali3 exported.

    python parity/hub_folders.py make DIR          # one folder for each of CASES, in DIR
    python parity/hub_folders.py check DIR PALI3    # pali3 runs, fine-tunes and exports each; transformers loads the export

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


def gemma_pieces(folder):
    path = folder / "tokenizer.model"
    sentencepiece_model(
        path, vocab_size=420, model_type="bpe", pad_id=0, eos_id=1, bos_id=2, unk_id=3, byte_fallback=True, add_dummy_prefix=False,
        remove_extra_whitespaces=False, normalization_rule_name="identity", pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>")
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


CASES = {
    "siglip": siglip, "siglip-gemma": siglip_gemma, "siglip2-naflex": siglip_naflex,
    "t5": t5, "t5-gated": lambda folder: t5(folder, keep_spiece=True, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    "mt5": lambda folder: t5(folder, "MT5"), "umt5": lambda folder: t5(folder, "UMT5"),
    "paligemma": paligemma, "paligemma2": lambda folder: paligemma(folder, 2),
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
        ids = torch.randint(3, 100, (2, 9), generator=g)
        ids[1, 6:] = 0
        decoder = torch.randint(3, 100, (2, 5), generator=g)
        decoder[:, 0] = 0
        out = model(input_ids=ids, attention_mask=(ids > 0).long(), decoder_input_ids=decoder)
        return {"input_ids": ids.int(), "decoder_input_ids": decoder.int()}, {"logits": out.logits}


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


def ids_of(model, tokenizer, text):
    """Returns the ids that the processor gives a text, padded where the model compares it."""
    if isinstance(model, (transformers.SiglipModel, transformers.Siglip2Model)):
        length = model.config.text_config.max_position_embeddings
        return tokenizer(text, padding="max_length", truncation=True, max_length=length)["input_ids"]
    if isinstance(model, transformers.PaliGemmaForConditionalGeneration):
        ids = tokenizer(images=picture(8, 8), text="<image>" + text)["input_ids"][0]
        return [i for i in ids if i != tokenizer.image_token_id]
    return tokenizer(text)["input_ids"]


def make(out):
    for name, build in CASES.items():
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        model, tokenizer = build(folder)
        randomize(model)
        inputs, outputs = inputs_of(model, tokenizer)
        embeds = naflex_pixels(folder, model) if name == "siglip2-naflex" else {}
        model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="20KB")
        expected = {"in." + k: v.contiguous() for k, v in inputs.items()} | {"out." + k: v.float().contiguous() for k, v in outputs.items()}
        texts = [{"text": text, "ids": ids_of(model, tokenizer, text)} for text in TEXTS if name != "t5-gated" or text not in ODD]
        expected.update(embeds)
        if name.startswith(("siglip", "paligemma")) and not embeds:
            processor = transformers.AutoImageProcessor.from_pretrained(folder)
            for i, image in enumerate([picture(40, 50), picture(90, 33, "RGBA", 1), picture(20, 24, "RGB", 2)]):
                image.save(folder / f"image{i}.png")
                expected[f"pixels.{i}"] = torch.tensor(processor(Image.open(folder / f"image{i}.png"))["pixel_values"][0]).permute(1, 2, 0).contiguous()
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


VISION = "{width: 16, depth: 2, mlp: 24, heads: 2, patch: 16}"
OPS = "decode|resize(32,32,bicubic,pil)|value_range(-1,1)"
IMAGENET = "decode|resize(32,32,bilinear,pil)|vgg_value_range(123.675,116.28,103.53,58.395,57.12,57.375)"


def flow(keys):
    """Writes a map in YAML's flow style."""
    return "{" + ", ".join(f"{k}: {str(v).lower()}" for k, v in keys.items()) + "}"


def recipe(name, folder):
    """Returns the recipe that fine-tunes a folder for some steps."""
    tokenizer = next(f for f in ("spiece.model", "tokenizer.model", "tokenizer.json") if (folder / f).exists())
    options = {"siglip": ", clean: siglip", "siglip-gemma": ", pad_texts: pad", "siglip2-naflex": ", pad_texts: pad"}.get(name, ", frame: paligemma" if name.startswith("pali") else ", sentinels: 10")
    head = f"data: {folder.parent}/data\ntokenizer: {{model: {folder}/{tokenizer}{options}}}\nbatch: 4\nsteps: 5\noptimizer: {{name: adamw, learning_rate: 1e-3}}\ninit: [{{from: {folder}}}]\n"
    images = f'images: {{ops: "{IMAGENET if name == "siglip-gemma" else OPS}"}}\n'
    if name == "siglip2-naflex":
        images = 'images: {ops: "decode|flip_lr|resize_to_sequence(8,24,bilinear,pil)|value_range(-1,1)", sequence_lengths: [12, 24, 40]}\n'
        vision = "{width: 16, depth: 2, mlp: 24, heads: 2, patch: 8, naflex: 4}"
        return head + images + f"family: siglip\nlengths: {{encoder: 12}}\ntasks: [{{name: pairs, kind: contrastive, weight: 1, split: all}}]\nmodel: {{image: {vision}, text: {{width: 16, depth: 2, mlp: 24, heads: 2}}}}\n"
    if name.startswith("siglip"):
        length = 16 if name == "siglip" else 12
        return head + images + f"family: siglip\nlengths: {{encoder: {length}}}\ntasks: [{{name: pairs, kind: contrastive, weight: 1, split: all}}]\nmodel: {{image: {VISION}, text: {{width: 16, depth: 2, mlp: 24, heads: 2}}}}\n"
    if name.startswith("paligemma"):
        language = "{width: 16, depth: 2, mlp: 24, heads: 2, kv_heads: 1, head_dim: 8" + (", query_scalar: 8, window: 4096, post_norms: true, attention_softcap: 50, logit_softcap: 30}" if name == "paligemma2" else "}")
        return head + images + f'family: paligemma\nlengths: {{encoder: 12, decoder: 12}}\ntasks: [{{name: captions, kind: caption, weight: 1, split: all, prompt: "caption {{lang}}"}}]\nmodel: {{image: {VISION}, language: {language}}}\n'
    config = json.loads((folder / "config.json").read_text())
    language = {
        "width": WIDTH, "mlp": MLP, "heads": HEADS, "head_dim": 8, "encoder_layers": 2, "decoder_layers": 2,
        "activation": {"gated-gelu": "gated-gelu", "relu": "relu"}[config["feed_forward_proj"]], "tied": name in ("t5",), "layer_bias": name == "umt5"}
    if config["model_type"] == "t5" and not config.get("tie_word_embeddings", True):
        language["tied"] = False
    return head + f"family: t5\nlengths: {{encoder: 24, decoder: 16}}\ntasks: [{{name: spans, kind: denoise, weight: 1, split: all, denoisers: t5}}]\nmodel: {{language: {flow(language)}}}\n"


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
        (work / "recipe.yaml").write_text(recipe(name, folder))
        run(pali3, "train", "--recipe", work / "recipe.yaml", "--out", work / "run")
        tuned = forward(work / "run")
        assert any(tuned[k].shape != want[k].shape or not torch.equal(tuned[k], want[k]) for k in want), "training changed nothing"
        for dtype in ("f32", "bf16"):
            run(pali3, "export", work / "run", "--out", work / dtype, "--dtype", dtype, "--shard-size", "20KB")
            results.append(difference(outputs_in_transformers(work / dtype, processor), tuned))
        print(f"{name:14}", *(f"{r:.1e}" for r in results), ids_agree(name, work / "f32", folder), flush=True)


def processor_of(name, folder):
    if name.startswith("paligemma"):
        return transformers.AutoProcessor.from_pretrained(folder)
    return None


def ids_agree(name, export, folder):
    """Compares the ids of the exported tokenizer with those of the folder's own, but for what pali3's differ in anyway."""
    if name.startswith("paligemma"):
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
