package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// examples are shown in the help of each command. They work in this order after `make quickstart`,
// except those that read downloaded files.
var examples = map[string][]string{
	"quickstart": {"pali3 quickstart --out quickstart-run", "pali3 quickstart --smoke --out smoke-run"},
	"start": {
		"pali3 start quickstart-run/images --text-from filename --minutes 30 --out mine",
		"pali3 start holiday-photos --language en --out mine",
	},
	"run": {"pali3 run mine"},
	"ingest folder": {
		"pali3 ingest folder quickstart-run/images --to mine",
	},
	"ingest table": {
		"pali3 ingest table captions.csv --image-column file --text-column alt --language en --to mine",
	},
	"ingest urls": {
		"pali3 ingest urls laion.parquet --url-column URL --text-column TEXT --to mine",
		"pali3 ingest urls laion.parquet --url-column URL --text-column TEXT --resize keep --size 512 --to mine",
	},
	"ingest hf": {"pali3 ingest hf nlphuji/flickr30k --revision refs/convert/parquet --to mine"},
	"ingest benchmark": {
		"pali3 ingest benchmark coco-captions captions_val2014.json --images val2014 --split val --to mine",
		"pali3 ingest benchmark vqav2 v2_mscoco_val2014_annotations.json --questions v2_OpenEnded_mscoco_val2014_questions.json --images val2014 --to mine",
	},
	"ingest arrow":      {"pali3 ingest arrow data-00000-of-00001.arrow --to mine"},
	"ingest tfrecord":   {"pali3 ingest tfrecord train-00000-of-00010.tfrecord --to mine"},
	"ingest mds":        {"pali3 ingest mds streaming/train --to mine"},
	"ingest html":       {"pali3 ingest html /usr/share/doc/debian-handbook/html --to mine"},
	"ingest pdf":        {"pali3 ingest pdf papers --words --language en --to mine"},
	"ingest warc":       {"pali3 ingest warc crawl-00000.warc.gz --to mine"},
	"ingest links":      {"pali3 ingest links CC-MAIN-20240517233122-20240518023122-00000.warc.wat.gz --to links.jsonl"},
	"ingest webdataset": {"pali3 ingest webdataset quickstart-run/emoji.tar --to raw"},
	"shards stat":       {"pali3 shards stat quickstart-run/data"},
	"shards ls":         {"pali3 shards ls quickstart-run/data"},
	"shards cat":        {"pali3 shards cat quickstart-run/data --columns key,texts --where split=held_out"},
	"shards get":        {"pali3 shards get quickstart-run/data 7 --images row7"},
	"shards sample":     {"pali3 shards sample quickstart-run/data -n 100 --seed 7 --to hundred"},
	"shards view":       {"pali3 shards view quickstart-run/data --out view.html"},
	"shards export":     {"pali3 shards export quickstart-run/data webdataset --to tars", "pali3 shards export quickstart-run/data hf --to hf"},
	"shards split": {
		"pali3 shards split quickstart-run/data --to by-split",
		"pali3 shards split quickstart-run/raw --fraction val=0.05,test=0.05 --keep-together near-duplicates --to divided",
	},
	"shards merge":   {"pali3 shards merge by-split/train by-split/held_out --to merged"},
	"shards reshard": {"pali3 shards reshard quickstart-run/data --to small-parts --part-bytes 16777216"},
	"shards sort":    {"pali3 shards sort quickstart-run/data --by key --to sorted"},
	"shards copy": {
		"pali3 shards copy quickstart-run/data copied",
		"pali3 shards copy quickstart-run/data 's3://bucket/data?region=eu-central-1'",
	},
	"shards diff":   {"pali3 shards diff quickstart-run/data sorted --json"},
	"shards repair": {"pali3 shards repair quickstart-run/data --rebuild-manifest"},
	"shards verify": {"pali3 shards verify quickstart-run/data --deep"},
	"shards head": {
		"pali3 shards head quickstart-run/data -n 3",
		"pali3 shards head quickstart-run/data --rejects",
	},
	"curate":            {"pali3 curate quickstart-run/raw --recipe curate-quickstart --to curated"},
	"tokenizer encode":  {"echo 'a red apple' | pali3 tokenizer encode --model " + aTokenizer + " --format pieces"},
	"tokenizer decode":  {"echo 'a red apple' | pali3 tokenizer encode --model " + aTokenizer + " | pali3 tokenizer decode --model " + aTokenizer},
	"tokenizer inspect": {"pali3 tokenizer inspect --model " + aTokenizer},
	"tokenizer train": {
		"pali3 tokenizer train --data quickstart-run/data --preset pali --vocab-size 4096 --out mine",
		"pali3 tokenizer train --input README.md --vocab-size 600 --soft-vocab-limit --out readme",
	},
	"tokenizer compare": {"echo 'a red apple' | pali3 tokenizer compare " + aTokenizer + " mine.model"},
	"tokenizer stats": {
		"pali3 tokenizer stats --data quickstart-run/data --model " + aTokenizer,
		"echo 'a red apple' | pali3 tokenizer stats --model " + aTokenizer + " --html stats.html",
	},
	"tokenizer export": {"pali3 tokenizer export --model " + aTokenizer + " --to tokenizer.json"},
	"tokenizer import": {"pali3 tokenizer import tokenizer.json --to mine.model"},
	"masks crop":       {"pali3 masks crop coco --to coco-masks"},
	"masks encode":     {"pali3 masks encode coco --masks vae-oid.npz --to coco-coded"},
	"recipe list":      {"pali3 recipe list"},
	"recipe show":      {"pali3 recipe show quickstart-siglip"},
	"recipe new": {
		"pali3 recipe new --data quickstart-run/data --for caption",
		"pali3 recipe new --data quickstart-run/data --for siglip --tokenizer quickstart-run/tokenizer.model --out mine-siglip.yaml",
	},
	"recipe check": {
		"pali3 recipe check quickstart-siglip --set data=quickstart-run/data",
		"pali3 recipe check quickstart-run/stage1/run.yaml --json",
	},
	"recipe diff": {
		"pali3 recipe diff quickstart-stage1 quickstart-stage2",
		"pali3 recipe diff quickstart-run/caption quickstart-run/vqa --json",
	},
	"augment": {
		"pali3 augment " + anImage + " 'decode|inception_crop(48, area_min=50)|flip_lr|value_range(-1,1)' --repeat 9 -o seen.png",
		"pali3 augment --list",
	},
	"mix": {
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data",
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data --dump page.html --steps 0:2",
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data --stats --steps 0:50",
		"pali3 mix --recipe quickstart-ul2 --set data=quickstart-run/data --verify",
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data --materialize batches --steps 0:20",
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data --serve 7077",
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data --digest --steps 7:9",
	},
	"train": {
		"pali3 train --recipe quickstart-siglip --set data=quickstart-run/data --set steps=20 --out mine-siglip",
	},
	"caption": {
		"pali3 caption " + anImage + " --model quickstart-run/caption --lang fr",
		"pali3 caption quickstart-run/images --model quickstart-run/caption --lang de",
		"pali3 caption " + anImage + " --model quickstart-run/caption --beams 4",
		"pali3 caption " + anImage + " --model quickstart-run/caption --temperature 0.7 --top-p 0.9 --seed 1",
	},
	"ask": {"pali3 ask " + anImage + " 'Who is it?' --model quickstart-run/vqa"},
	"detect": {
		"pali3 detect photos --labels 'cat,dog' --model paligemma-folder --out found",
		"pali3 detect cat.png --labels cat --model my-run --json",
	},
	"segment": {
		"pali3 segment cat.png 'the cat' --model paligemma-folder --masks vae-oid.npz --out masks",
	},
	"classify": {
		"pali3 classify " + anImage + " --model quickstart-run/siglip --labels 'cook,farmer,teacher'",
		"pali3 classify quickstart-run/images --model quickstart-run/siglip --labels @labels.txt --template 'a {}' --template 'an emoji of a {}' --top 1",
	},
	"embed": {
		"pali3 embed quickstart-run/images --model quickstart-run/siglip --out images.parquet",
		"pali3 embed --data quickstart-run/data --split held_out --model quickstart-run/siglip --out held_out.parquet",
		"pali3 embed --texts names.txt --model quickstart-run/siglip --out names.parquet",
	},
	"predict": {
		"pali3 predict --model quickstart-run/caption --data quickstart-run/data --split held_out --lang fr --out french.jsonl",
		"pali3 predict quickstart-run/images --model quickstart-run/caption --lang en,fr --out captions.jsonl",
		"pali3 predict quickstart-run/images --model quickstart-run/vqa --question 'Who is it?' --out answers.jsonl",
	},
	"eval score": {
		"pali3 eval --model quickstart-run/caption --data quickstart-run/data --split held_out",
		"pali3 eval --data quickstart-run/data --split held_out --lang fr --predictions french.jsonl",
		"pali3 eval --bench vqav2 --annotations v2_mscoco_val2014_annotations.json --predictions p.json",
		"pali3 eval --bench easyvqa --data easy --split test --model run --out easy-run",
		"pali3 eval --bench pope --data pope --predictor 'cmd:python3 my.py' --out pope-run",
		"pali3 eval --bench pope --data pope --predictor http://gpu/v1 --predictor-model NAME --out p",
	},
	"eval merge": {
		"pali3 eval merge whole part1 part2",
	},
	"eval rescore": {
		"pali3 eval rescore pope-run --protocol all",
	},
	"eval compare": {
		"pali3 eval compare quickstart-run/caption larger-run/caption --metric caption_cider",
		"pali3 eval compare old/scored-test.jsonl new/scored-test.jsonl --margin 0.01 --json",
	},
	"eval contamination": {
		"pali3 eval contamination --train quickstart-run/data --train-split train --data quickstart-run/data --split held_out --out contaminated",
		"pali3 eval contamination --list",
	},
	"eval power": {
		"pali3 eval power --deviation 0.4 --items 5000 --difference 0.01",
		"pali3 eval power old new --metric vqa_accuracy",
	},
	"report": {
		"pali3 report quickstart-run/vqa --out vqa.html",
		"pali3 report quickstart-run/caption quickstart-run/vqa --out both.html",
		"pali3 report quickstart-run --out project.html",
	},
	"describe": {
		"pali3 describe pali3-5b",
		"pali3 describe siglip-So400m/14 --image 224,384 --optimizer adamw",
		"pali3 describe quickstart-run/vqa",
	},
	"forward": {
		"pali3 mix --recipe quickstart-vqa --set data=quickstart-run/data --tensors in.safetensors",
		"pali3 forward --weights quickstart-run/vqa --inputs in.safetensors --out out.safetensors",
	},
	"cache fill": {
		"pali3 cache fill tokens --model quickstart-run/caption --data quickstart-run/data",
	},
	"cache list":   {"pali3 cache list tokens"},
	"cache verify": {"pali3 cache verify tokens --json"},
	"cache remove": {"pali3 cache remove tokens --all"},
	"weights inspect": {
		"pali3 weights inspect quickstart-run/caption",
		"pali3 weights inspect siglip-so400m-patch14-384 --json",
	},
	"weights diff": {"pali3 weights diff quickstart-run/caption quickstart-run/vqa"},
	"weights average": {
		"pali3 weights average quickstart-run/caption quickstart-run/vqa --shares 3,1 --out soup",
	},
	"export": {"pali3 export quickstart-run/siglip --out siglip-exported --dtype bf16"},
	"weights convert": {
		"pali3 weights convert quickstart-run/caption caption-bf16 --dtype bf16",
		"pali3 weights convert webli_en_so400m_224_57633886.npz siglip --shard-size 2GB",
		"pali3 weights convert siglip tower.safetensors --prefix vision_model=vision_model",
	},
	"doctor":     {"pali3 doctor"},
	"completion": {"source <(pali3 completion bash)"},
	"version":    {"pali3 version"},
}

const aTokenizer = "quickstart-run/caption/tokenizer.model"

// anImage is an image that the quickstart holds out from training.
const anImage = "quickstart-run/images/role-cook-medium-dark-man.png"

// addExamples adds examples to the help of a node and of the commands below it.
func (p Program) addExamples(node *kong.Node) {
	path := strings.TrimPrefix(node.Path(), p.Name+" ")
	lines := slices.Clone(examples[path])
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, "pali3 ", p.Name+" ")
	}
	for _, source := range p.Sources {
		if path == "ingest "+source.Name {
			lines = source.Examples
		}
	}
	if len(lines) > 0 {
		title := "For example:"
		if node.Detail != "" {
			title = node.Detail + "\n\n" + title
		}
		node.Detail = title + "\n\n    " + strings.Join(lines, "\n    ")
	}
	for _, child := range node.Children {
		p.addExamples(child)
	}
}
