package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

// examples stand in the help of the commands. All but those of files that are downloaded elsewhere work after
// `make quickstart`, in this order.
var examples = map[string][]string{
	"quickstart": {"pali3 quickstart --out quickstart-run", "pali3 quickstart --smoke --out smoke-run"},
	"ingest folder": {
		"pali3 ingest folder quickstart-run/pictures --to mine",
	},
	"ingest table": {
		"pali3 ingest table captions.csv --image-column file --text-column alt --language en --to mine",
	},
	"ingest webdataset": {"pali3 ingest webdataset quickstart-run/emoji.tar --to raw"},
	"shards stat":       {"pali3 shards stat quickstart-run/data"},
	"shards verify":     {"pali3 shards verify quickstart-run/data --deep"},
	"shards head": {
		"pali3 shards head quickstart-run/data -n 3",
		"pali3 shards head quickstart-run/data --rejects",
	},
	"curate":            {"pali3 curate quickstart-run/raw --recipe curate-quickstart --to curated"},
	"tokenizer encode":  {"echo 'a red apple' | pali3 tokenizer encode --model " + aTokenizer + " --format pieces"},
	"tokenizer decode":  {"echo 'a red apple' | pali3 tokenizer encode --model " + aTokenizer + " | pali3 tokenizer decode --model " + aTokenizer},
	"tokenizer inspect": {"pali3 tokenizer inspect --model " + aTokenizer},
	"tokenizer compare": {"echo 'a red apple' | pali3 tokenizer compare " + aTokenizer + " mine.model"},
	"tokenizer stats":   {"echo 'a red apple' | pali3 tokenizer stats --model " + aTokenizer + " --html stats.html"},
	"tokenizer export":  {"pali3 tokenizer export --model " + aTokenizer + " --to tokenizer.json"},
	"tokenizer import":  {"pali3 tokenizer import tokenizer.json --to mine.model"},
	"mix": {
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data",
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data --dump --steps 0:1",
		"pali3 mix --recipe quickstart-stage1 --set data=quickstart-run/data --digest --steps 7:9",
	},
	"train": {
		"pali3 train --recipe quickstart-siglip --set data=quickstart-run/data --set steps=20 --out mine-siglip",
	},
	"caption": {
		"pali3 caption " + aPicture + " --model quickstart-run/caption --lang fr",
		"pali3 caption " + aPicture + " --model quickstart-run/caption --beam 4",
		"pali3 caption " + aPicture + " --model quickstart-run/caption --temperature 0.7 --top-p 0.9 --seed 1",
	},
	"ask":      {"pali3 ask " + aPicture + " 'Who is it?' --model quickstart-run/vqa"},
	"eval":     {"pali3 eval --bench vqav2 --annotations v2_mscoco_val2014_annotations.json --predictions mine.json"},
	"describe": {"pali3 describe pali3-5b"},
	"forward": {
		"pali3 mix --recipe quickstart-vqa --set data=quickstart-run/data --tensors in.safetensors",
		"pali3 forward --weights quickstart-run/vqa --inputs in.safetensors --out out.safetensors",
	},
	"doctor":     {"pali3 doctor"},
	"completion": {"source <(pali3 completion bash)"},
	"version":    {"pali3 version"},
}

const aTokenizer = "quickstart-run/caption/tokenizer.model"

// aPicture is one that the quickstart's models have not seen.
const aPicture = "quickstart-run/pictures/role-cook-man-medium-dark.png"

// addExamples puts the examples into the help of the commands below a node.
func addExamples(node *kong.Node) {
	path := strings.TrimPrefix(node.Path(), "pali3 ")
	if lines := examples[path]; len(lines) > 0 {
		title := "For example:"
		if node.Detail != "" {
			title = node.Detail + "\n\n" + title
		}
		node.Detail = title + "\n\n    " + strings.Join(lines, "\n    ")
	}
	for _, child := range node.Children {
		addExamples(child)
	}
}
