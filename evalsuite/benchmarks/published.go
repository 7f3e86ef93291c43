package benchmarks

// Confidence says how far a published score was checked for this table.
type Confidence string

// Confidences of published scores.
const (
	// Verified scores were read in a primary source: the paper, or its authors' page.
	Verified Confidence = "verified"
	// Secondary scores were read in a listing or in notes about the paper.
	Secondary Confidence = "secondary"
)

// Published is a score that others report.
type Published struct {
	Model      string     `json:"model"`
	Split      string     `json:"split"`
	Metric     string     `json:"metric"`
	Value      float64    `json:"value"` // as it is published, mostly in percent
	Note       string     `json:"note,omitempty"`
	Confidence Confidence `json:"confidence"`
	Source     string     `json:"source"`
}

// Sources of published scores.
const (
	pali3Listing    = "wizwand.com, listing of PaLI-3 (arXiv 2310.09199)"
	paligemmaReadme = "PaliGemma, big_vision configs/proj/paligemma/README.md"
	paliNotes       = "notes on PaLI (arXiv 2209.06794)"
	palixListing    = "wizwand.com, listing of PaLI-X (arXiv 2305.18565)"
)

// pali3 is a score of PaLI-3 that was read in a listing.
func pali3(split, metric string, value float64, note string) Published {
	return Published{"PaLI-3", split, metric, value, note, Secondary, pali3Listing}
}

// paligemma is a score of PaliGemma 3B, transferred at a resolution.
func paligemma(pixels int, split, metric string, value float64) Published {
	note := map[int]string{224: "224 pixels", 448: "448 pixels", 896: "896 pixels"}[pixels]
	return Published{"PaliGemma 3B", split, metric, value, note, Verified, paligemmaReadme}
}
