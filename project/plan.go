package project

import (
	"fmt"
	"strings"
)

// Plan is what was decided for a dataset, and why.
type Plan struct {
	Measured   Measured
	Size       Size
	Seed       uint64
	Patch      int  // side in pixels
	Image      int  // pixels of stages 0 and 1
	LargeImage int  // pixels of stage 2 and transfer
	Flips      bool // images may be mirrored
	Shrink     *Shrink
	SigLIP     bool // images have texts or open answers to be told apart by
	UL2        bool // the texts of an image are long enough to hide parts of them
	Captions   bool // images have texts
	Questions  bool // images have questions
	OCR        bool // images have texts that stand in them
	Boxes      bool // images have labelled boxes
	Vocabulary int
	Batch0     int // of SigLIP and UL2
	Batch      int // of image and text together
	Texts      int // of an image, at each visit of SigLIP

	// Windows in ids, their end included.
	Text                           int // of SigLIP's text tower
	DocumentInput, DocumentTarget  int // of UL2
	Prompt, Target                 int // of the mixture
	CaptionPrompt, CaptionTarget   int // of the transfer to captions
	QuestionPrompt, QuestionTarget int // of the transfer to questions

	Split  *Split
	Score  Score
	Stages []PlannedStage
	// Why tells each decision with its reason, a line each.
	Why []string
	// Warnings tell what will limit the result.
	Warnings []string
}

// PlannedStage is a stage with its share of the time.
type PlannedStage struct {
	Stage
	Kind        string  // siglip, ul2, stage1, stage2, caption or vqa
	Steps       int     // set by the trial
	SecondsEach float64 // a step, measured
	Share       float64 // of the minutes for training
}

// leastImages is how few distinct images a model can be trained and scored on: of 60, six are the
// test split.
const leastImages = 60

// leastDocument is the median of what is said of an image, in pieces, from which on UL2 is trained.
// Its denoisers need two pieces, and learn from a few more.
const leastDocument = 4

// fewImages are too few for captions of several words that generalise: 785 stamps and 1,002
// photographs did not give such captions.
const fewImages = 2000

// rareLanguage is the number of texts below which a language is named as one that cannot be learnt.
const rareLanguage = 20

// sentinels suffice for the windows of all sizes.
const sentinels = 64

// decide chooses recipes for what was measured, or says why nothing can be trained on it.
func decide(m *Measured, size Size, seed uint64) (*Plan, error) {
	if err := m.enough(); err != nil {
		return nil, err
	}
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
	return p, nil
}

// enough says why nothing can be trained on the data.
func (m *Measured) enough() error {
	switch {
	case m.Samples == 0:
		return fmt.Errorf("the dataset is empty")
	case m.Images == 0:
		return fmt.Errorf("none of the %s has an image: a vision-language model needs images; for text alone see: pali3 recipe new --for ul2", samples(m.Samples))
	case m.Captioned == 0 && m.Asked == 0:
		return fmt.Errorf("none of the %s has a text or a question: put a text beside each image (X.txt beside X.png), name a table's columns with pali3 ingest table, or take texts from names with pali3 ingest folder --text-from filename", images(m.Images))
	case m.Distinct < leastImages:
		return fmt.Errorf("%s in %s: at least %d are needed to train a model and score it on images that it has not seen", differ(m.Distinct), samples(m.Images), leastImages)
	case m.Captioned < leastImages && m.Asked < leastImages:
		return fmt.Errorf("only %d of %s have a text, and %d a question: at least %d are needed to train a model and score it", m.Captioned, images(m.Images), m.Asked, leastImages)
	}
	return nil
}

// because records a decision.
func (p *Plan) because(format string, args ...any) {
	p.Why = append(p.Why, fmt.Sprintf(format, args...))
}

func (p *Plan) warn() {
	if n := p.Measured.Languages[""]; n > 0 && p.Captions {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d of %d texts do not say their language; name it with --language, so that captions can be asked for in it", n, p.Measured.Texts))
	}
	var rare []string
	for _, language := range most(p.Measured.Languages) {
		if n := p.Measured.Languages[language]; n < rareLanguage && language != "" {
			rare = append(rare, fmt.Sprintf("%s (%d)", language, n))
		}
	}
	if p.Captions && len(rare) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s with fewer than %d texts cannot be learnt, and may lack any in the test split: %s; add texts, or leave them out with languages in the recipes' tasks",
			plural(len(rare), "language"), rareLanguage, strings.Join(rare, ", ")))
	}
	if p.Captions && p.Measured.Distinct < fewImages && p.Measured.TextPieces.Median > leastDocument {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d different images are few to learn to write about: expect retrieval above chance, and captions that hardly beat the best constant one", p.Measured.Distinct))
	}
	if p.Measured.Distinct < 500 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d different images are few: scores will have wide intervals", p.Measured.Distinct))
	}
	if p.Measured.Captioned > 0 && !p.Captions {
		p.Warnings = append(p.Warnings, fmt.Sprintf("only %s have a text: captions are not learnt", images(p.Measured.Captioned)))
	}
	if p.Measured.Asked > 0 && !p.Questions {
		p.Warnings = append(p.Warnings, fmt.Sprintf("only %s have a question: answers are not learnt", images(p.Measured.Asked)))
	}
}

// Facts tell what was measured, a line each.
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

// listed names the most frequent of the counts.
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
		if name == "" {
			name = "unknown"
		}
		out += fmt.Sprintf("%s (%d)", name, counts[name])
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
