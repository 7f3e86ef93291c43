package benchmarks

const nocapsPage = "nocaps-org/nocaps-org.github.io, _pages/download.md"

// nocaps is NoCaps (Agrawal et al., ICCV 2019). Its captions are scored as COCO's are. The server's
// code is not published; each domain is scored here as a corpus of its own, like a server's phase
// with the images of that domain.
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
