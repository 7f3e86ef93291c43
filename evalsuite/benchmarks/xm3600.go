package benchmarks

import "slices"

// xm3600 is Crossmodal-3600 (Thapliyal et al., EMNLP 2022), captions.jsonl. PaliGemma is scored
// with the captions as they are, by language, tokenised by the rules of the Penn Treebank; a run of
// letters without spaces is then one word, so scores in Thai, Chinese and Japanese are low. The
// file has the references tokenised by its authors, too, but the release lacks their tokeniser. So
// only predictions that are tokenised in the same way, as those of models trained on coco-35l are,
// can be scored by cider_tokenized.
//
// Cusco Quechua counts if there are predictions for it, and not in the means of 35 languages.
var xm3600 = Benchmark{
	Name: "xm3600", About: "Crossmodal-3600: captions in 36 languages",
	Layout: "xm3600", Task: Captions,
	Splits: []Split{{"all", 126000, Verified, "Thapliyal et al., EMNLP 2022, abstract: 3,600 images, here with 35 languages"}},
	Chat:   "Provide a one-sentence caption for the provided image, in the language with the code {language}.",
	Prompt: "caption {language}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Adapt:   func(i *Item) { i.Optional = i.Language == quechua },
	Metrics: append(slices.Clone(languageMetrics), ciderTokenized),
	Slices:  byLanguage,
	Unit:    "image and language", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption"},
	Published: []Published{
		{"PaliGemma 3B", "all", "cider", 42.4, "CIDEr x 100, mean of 35 languages, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "all", "cider", 42.9, "CIDEr x 100, mean of 35 languages, 448 pixels", Verified, paligemmaReadme},
	},
}
