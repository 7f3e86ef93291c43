package benchmarks

// textcaps is TextCaps (Sidorov et al., ECCV 2020). The owner's textcaps_eval.py (facebookresearch/
// mmf 396cd0e) scores the caption_str of all elements, equal ones too, as COCO's captions are.
var textcaps = Benchmark{
	Name: "textcaps", About: "TextCaps: captions that read the text in photographs",
	Layout: "textcaps", Task: Captions,
	Splits: []Split{
		{"val", 3166, Secondary, "TRI-ML/vlm-evaluation, harnesses/textvqa.py: images of TextVQA, which TextCaps shares"},
		{"test", 3289, Secondary, "Hugging Face, lmms-lab/TextCaps"},
		{"train", 21953, Secondary, "Hugging Face, lmms-lab/TextCaps"},
	},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(32),
	Metrics: captionMetrics,
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption", Source: "https://textvqa.org/textcaps/challenge/"},
	Published: []Published{
		{"PaliGemma 3B", "val", "cider", 127.5, "CIDEr x 100, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "val", "cider", 153.9, "CIDEr x 100, 448 pixels", Verified, paligemmaReadme},
	},
}
