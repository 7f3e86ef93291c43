package project

import (
	"fmt"
	"strings"
)

// Plan holds the decisions for a dataset, and their reasons.
type Plan struct {
	Measured   Measured
	Size       Size
	Seed       uint64
	Patch      int  // side in pixels
	Image      int  // pixels of stages 0 and 1
	LargeImage int  // pixels of stage 2 and transfer
	Flips      bool // images may be flipped horizontally
	Shrink     *Shrink
	SigLIP     bool // images have texts or open answers that tell them apart
	UL2        bool // the texts of an image are long enough to mask parts of them
	Captions   bool // images have texts
	Questions  bool // images have questions
	OCR        bool // images have OCR texts
	Boxes      bool // images have labelled boxes
	Vocabulary int
	Batch0     int // of SigLIP and UL2
	Batch      int // of image and text together
	Texts      int // per image, each time SigLIP uses it

	// Windows in ids, with their end.
	Text                           int // of SigLIP's text tower
	DocumentInput, DocumentTarget  int // of UL2
	Prompt, Target                 int // of the mixture
	CaptionPrompt, CaptionTarget   int // of the transfer to captions
	QuestionPrompt, QuestionTarget int // of the transfer to questions

	Split  *Split
	Score  Score
	Stages []PlannedStage
	// Why lists the decisions with their reasons, one per line.
	Why []string
	// Warnings list what will limit the result.
	Warnings []string
}

// PlannedStage is a stage of training with its share of the time.
type PlannedStage struct {
	Stage
	Kind        string  // siglip, ul2, stage1, stage2, caption or vqa
	Steps       int     // set by the trial
	SecondsEach float64 // per step, measured
	Share       float64 // of the time for training
}

// leastImages is the lowest number of distinct images for training and scoring. Of 60 images, a
// sixth is the test split.
const leastImages = 60

// leastDocument is the lowest median of an image's texts, in pieces, for training UL2. Its
// denoisers need two pieces, and a few more to learn from.
const leastDocument = 4

// fewImages is the number of images below which captions of several words do not generalise, as
// measured with 785 stamps and 1,002 photographs.
const fewImages = 2000

// rareLanguage is the number of texts below which a language gets a warning.
const rareLanguage = 20

// sentinels is enough for the windows of all sizes.
const sentinels = 64

// decide chooses recipes for a dataset, or returns an error that says why nothing can be trained on
// it.
func decide(m *Measured, size Size, seed uint64) (*Plan, error) {
	if err := m.enough(); err != nil {
		return nil, err
	}
	return newPlan(m, size, seed), nil
}

// newPlan chooses what the recipes hold.
func newPlan(m *Measured, size Size, seed uint64) *Plan {
	p := &Plan{Measured: *m, Size: size, Seed: seed}
	p.Captions, p.Questions = m.Captioned >= leastImages, m.Asked >= leastImages
	p.SigLIP, p.UL2 = p.Captions || m.Open >= leastImages, p.Captions && m.Document.Median >= leastDocument
	p.OCR, p.Boxes = m.OCR >= leastImages, m.Boxed >= leastImages
	p.images()
	p.windows()
	p.batches()
	p.splits()
	p.stages()
	p.warn()
	return p
}

// enough returns an error if nothing can be trained on the data.
func (m *Measured) enough() error {
	switch {
	case m.Samples == 0:
		return fmt.Errorf("the dataset is empty")
	case m.Images == 0:
		return fmt.Errorf("none of the %s has an image: a vision-language model needs images; for text only see: pali3 recipe new --for ul2", samples(m.Samples))
	case m.Captioned == 0 && m.Asked == 0:
		return fmt.Errorf("none of the %s has a text or a question: put a text beside each image (X.txt beside X.png), name the columns of a table with pali3 ingest table, or take texts from file names with pali3 ingest folder --text-from filename", images(m.Images))
	case m.Distinct < leastImages:
		return fmt.Errorf("%s in %s: training and scoring on unseen images needs at least %d", differ(m.Distinct), samples(m.Images), leastImages)
	case m.Captioned < leastImages && m.Asked < leastImages:
		return fmt.Errorf("only %d of %s have a text and %d a question: training and scoring needs at least %d", m.Captioned, images(m.Images), m.Asked, leastImages)
	}
	return nil
}

// because records a decision with its reason.
func (p *Plan) because(format string, args ...any) {
	p.Why = append(p.Why, fmt.Sprintf(format, args...))
}

func (p *Plan) warn() {
	if n := p.Measured.Languages[""]; n > 0 && p.Captions {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d of %d texts have no language; set it with --language where they are ingested (start, or pali3 ingest), so that you can ask for captions in it", n, p.Measured.Texts))
	}
	if n := p.Measured.QuestionLanguages[""]; n > 0 && p.Questions {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d of %d questions have no language; set it with --language where they are ingested (start, or pali3 ingest), so that prompts name it", n, p.Measured.Questions))
	}
	var rare []string
	for _, language := range most(p.Measured.Languages) {
		if n := p.Measured.Languages[language]; n < rareLanguage && language != "" {
			rare = append(rare, fmt.Sprintf("%s (%d)", language, n))
		}
	}
	if p.Captions && len(rare) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s with fewer than %d texts cannot be learnt and may be missing in the test split: %s; add texts, or leave the languages out with the key languages of the recipes' tasks",
			plural(len(rare), "language"), rareLanguage, strings.Join(rare, ", ")))
	}
	if p.Captions && p.Measured.Distinct < fewImages && p.Measured.TextPieces.Median > leastDocument {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d different images are not enough to learn captions: expect retrieval above chance, but captions hardly better than the best constant one", p.Measured.Distinct))
	}
	if p.Measured.Distinct < 500 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d different images are few: the scores will have wide intervals", p.Measured.Distinct))
	}
	if p.Measured.Captioned > 0 && !p.Captions {
		p.Warnings = append(p.Warnings, fmt.Sprintf("only %s have a text: the model will not learn captions", images(p.Measured.Captioned)))
	}
	if p.Measured.Asked > 0 && !p.Questions {
		p.Warnings = append(p.Warnings, fmt.Sprintf("only %s have a question: the model will not learn answers", images(p.Measured.Asked)))
	}
}

// Facts lists what was measured, one fact per line.
func (p *Plan) Facts() []string {
	m := &p.Measured
	facts := []string{fmt.Sprintf("%s, %d with an image (%d different), %d with a text, %d with a question", samples(m.Samples), m.Images, m.Distinct, m.Captioned, m.Asked)}
	if m.Texts > 0 {
		facts = append(facts, fmt.Sprintf("%s of %s in %s", plural(m.Texts, "text"), listed(m.Kinds, 4), listed(m.Languages, 6)))
	}
	if m.Questions > 0 {
		facts = append(facts, fmt.Sprintf("%s in %s", plural(m.Questions, "question"), listed(m.QuestionLanguages, 6)))
	}
	return facts
}

// listed lists the n most frequent names.
func listed(counts map[string]int, n int) string {
	out := ""
	names := most(counts)
	for i, name := range names {
		if i == n {
			return fmt.Sprintf("%s and %d more", out, len(names)-n)
		}
		if i > 0 {
			out += ", "
		}
		shown := name
		if name == "" {
			shown = "unknown"
		}
		out += fmt.Sprintf("%s (%d)", shown, counts[name])
	}
	return out
}

func samples(n int) string { return plural(n, "sample") }

func images(n int) string { return plural(n, "image") }

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func differ(n int) string {
	if n == 1 {
		return "there is 1 image"
	}
	return fmt.Sprintf("there are %d different images", n)
}
