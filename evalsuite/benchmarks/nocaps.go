package benchmarks

const nocapsPage = "nocaps-org/nocaps-org.github.io, _pages/download.md"

// nocaps is NoCaps (Agrawal et al., ICCV 2019). The server returns each score of COCO's captions
// for in-domain, near-domain and out-domain images and for all ("entire"), and the owner names
// coco-caption as its tools (nocaps-org/updown-baseline, updown/utils/evalai.py). Its own code is
// not published: that a domain is a corpus of its own here, with document frequencies of its
// images, is a guess.
var nocaps = Benchmark{
	Name: "nocaps", About: "NoCaps: captions of objects that COCO's captions do not name",
	Layout: "nocaps", Task: Captions,
	Splits: []Split{{"val", 4500, Verified, nocapsPage}, {"test", 10600, Verified, nocapsPage}},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(32),
	Metrics: captionMetrics,
	Slices:  []Slice{{Name: "domain", Of: fieldOf("domain"), Corpus: true}},
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption", Number: true, Source: "https://nocaps.org/#submit"},
	Published: []Published{
		{"PaLI-17B", "test", "cider", 124.4, "CIDEr x 100", Secondary, paliNotes},
	},
}
