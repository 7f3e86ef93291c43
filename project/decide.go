package project

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Size of the networks and images.
type Size struct {
	Name string
	// Image encoder: width, layers, width of its MLPs, heads.
	Width, Depth, MLP, Heads int
	// Text tower of SigLIP.
	TextDepth int
	// Language model: width, MLP, heads, their width, layers of the encoder and as many of the
	// decoder.
	Language, LanguageMLP, LanguageHeads, HeadDim, Layers int
	// Image is the side in pixels of stages 0 and 1, less where the data's images are smaller.
	Image int
	// Grid is how many patches lie along that side, LargeGrid how many of the same patches along
	// that of stage 2 and transfer. Measured on two cores: 25 to 36 patches learn most in a given
	// time.
	Grid, LargeGrid int
	// MaxText, MaxDocument and MaxAnswer bound the windows in pieces: longer texts are cut.
	MaxText, MaxDocument, MaxAnswer int
	// Batch of the SigLIP and UL2 stages, and of those of image and text together. Multiples of six
	// that are no powers of two: the Go backend's transposes are slower there.
	Batch0, Batch int
}

// sizes are the legal values of start's --size.
var sizes = []Size{
	{
		Name: "tiny", Width: 96, Depth: 3, MLP: 384, Heads: 3, TextDepth: 2,
		Language: 128, LanguageMLP: 256, LanguageHeads: 4, HeadDim: 32, Layers: 3,
		Image: 96, Grid: 6, LargeGrid: 7, MaxText: 32, MaxDocument: 48, MaxAnswer: 24, Batch0: 66, Batch: 36,
	},
	{
		Name: "small", Width: 256, Depth: 6, MLP: 1024, Heads: 8, TextDepth: 4,
		Language: 256, LanguageMLP: 512, LanguageHeads: 8, HeadDim: 32, Layers: 4,
		Image: 128, Grid: 8, LargeGrid: 10, MaxText: 48, MaxDocument: 96, MaxAnswer: 40, Batch0: 132, Batch: 66,
	},
	{
		Name: "base", Width: 768, Depth: 12, MLP: 3072, Heads: 12, TextDepth: 12,
		Language: 768, LanguageMLP: 2048, LanguageHeads: 12, HeadDim: 64, Layers: 12,
		Image: 224, Grid: 14, LargeGrid: 28, MaxText: 64, MaxDocument: 512, MaxAnswer: 64, Batch0: 252, Batch: 132,
	},
}

// Sizes lists the names of the sizes.
func Sizes() (names []string) {
	for _, s := range sizes {
		names = append(names, s.Name)
	}
	return names
}

// SizeNamed returns a size by its name.
func SizeNamed(name string) (Size, error) {
	for _, s := range sizes {
		if s.Name == name {
			return s, nil
		}
	}
	return Size{}, fmt.Errorf("size %q: it is one of %s", name, strings.Join(Sizes(), ", "))
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

// Decide chooses recipes for what was measured, or says why nothing can be trained on it.
func Decide(m *Measured, size Size, seed uint64) (*Plan, error) {
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

func samples(n int) string { return plural(n, "sample") }
func images(n int) string  { return plural(n, "image") }

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

// because records a decision.
func (p *Plan) because(format string, args ...any) {
	p.Why = append(p.Why, fmt.Sprintf(format, args...))
}

// images chooses sizes that the images have, in whole patches.
func (p *Plan) images() {
	s, side := p.Size, p.Measured.Side.Median
	p.Patch = max(min(s.Image, side)/s.Grid, 4)
	p.Image, p.LargeImage = p.Patch*s.Grid, p.Patch*s.LargeGrid
	p.because("images: %d pixels in stages 0 and 1, %d in stage 2 and transfer, in patches of %d (half of the images have a shorter side of %d or more)",
		p.Image, p.LargeImage, p.Patch, side)
	if small := (p.LargeImage*5/4 + 15) / 16 * 16; 2*p.Measured.Side.P90 > 3*small {
		p.Shrink = &Shrink{Side: small}
		p.because("images are made smaller once, to a shorter side of %d, so that large ones are not decoded at every visit", small)
	}
	switch {
	case p.OCR:
		p.because("images are not mirrored: text stands in them")
	case p.Measured.Sided*200 > p.Measured.Texts+p.Measured.Questions:
		p.because("images are not mirrored: %d texts and questions speak of left or right", p.Measured.Sided)
	default:
		p.Flips = true
	}
}

// window is the length that takes 98 of 100 texts whole, with their end, even, and within a limit.
func window(s Spread, limit int) int { return even(min(max(s.P98+1, 6), limit)) }

func even(n int) int { return n + n%2 }

func (p *Plan) windows() {
	m, s := &p.Measured, p.Size
	p.Vocabulary = m.Vocabulary
	p.Text = window(m.TextPieces, s.MaxText)
	if !p.Captions { // but the answers of an image, joined
		p.Text = even(min(max(4*m.Answer.P98, 8), s.MaxText))
	}
	p.DocumentInput = even(min(max(m.Document.P90, 16), s.MaxDocument))
	p.DocumentTarget = even(p.DocumentInput*3/4 + 2)
	p.CaptionPrompt, p.CaptionTarget = even(m.CaptionPrompt+1), window(m.TextPieces, s.MaxText)
	p.QuestionPrompt, p.QuestionTarget = window(m.Question, s.MaxDocument), window(m.Answer, s.MaxAnswer)
	p.Prompt = p.CaptionPrompt
	if p.Captions {
		p.Target = p.CaptionTarget
		p.Prompt = even(min(p.CaptionPrompt+p.CaptionTarget*3/4, s.MaxDocument)) // split_cap's prompt holds a part of a text
	}
	if p.Questions {
		p.Prompt = max(p.Prompt, p.QuestionPrompt)
		p.Target = max(p.Target, p.QuestionTarget, window(m.QuestionText, s.MaxText)) // vqg asks for a question
	}
	if p.Captions {
		p.because("windows: texts of %d pieces (98 of 100 have at most %d, the longest %d)", p.Text-1, m.TextPieces.P98, m.TextPieces.Most)
		if m.TextPieces.P90 >= p.Text {
			p.Warnings = append(p.Warnings, fmt.Sprintf("texts are long: half have more than %d pieces, and those beyond %d are cut; size small or base takes longer ones. Long texts are hard to write: expect more of retrieval than of captions",
				m.TextPieces.Median, p.Text-1))
		}
	}
	if p.Questions {
		p.because("windows: questions of %d pieces with their prompt, answers of %d (98 of 100 have at most %d and %d)",
			p.QuestionPrompt-1, p.QuestionTarget-1, m.Question.P98, m.Answer.P98)
	}
	p.because("vocabulary: %d pieces, trained on the texts", p.Vocabulary)
}

func (p *Plan) batches() {
	p.Batch0, p.Batch = p.Size.Batch0, p.Size.Batch
	// SigLIP's batch may hold each training image once at most.
	for p.Batch0 > 6 && p.Batch0 > p.Measured.Distinct*3/4 {
		p.Batch0 -= 6
	}
	p.Texts = 1
	if p.Measured.Captioned > 0 && p.Measured.Texts/p.Measured.Captioned >= 2 {
		p.Texts = 2
		p.because("SigLIP sees two texts of an image at each visit: images have %.1f texts on average", float64(p.Measured.Texts)/float64(p.Measured.Captioned))
	}
}

// splits sets a validation and a test split aside where the data have none.
func (p *Plan) splits() {
	test, val := fractions(p.Measured.Distinct)
	var own []string
	for _, name := range most(p.Measured.Splits) {
		if name != "" && name != "train" && p.Measured.Splits[name] > 0 {
			own = append(own, name)
		}
	}
	p.Split = &Split{Fractions: map[string]float64{"val": val}, By: "key", KeepTogether: "near-duplicates"}
	hasVal := slices.Contains(own, "val") || slices.Contains(own, "validation")
	switch {
	case len(own) == 0:
		p.Split.Fractions["test"] = test
		p.Score.Splits = []string{"test"}
		p.because("splits: %.3g of the images for validation, %.3g for the test, near-duplicates kept together", val, test)
	case hasVal && len(own) > 1:
		p.Split = nil
		p.because("splits: as the data have them (%s)", strings.Join(own, ", "))
	case hasVal:
		p.Split.Fractions = map[string]float64{"test": test}
		p.Score.Splits = []string{"test"}
		p.because("splits: %s as the data have it, %.3g of train for the test", own[0], test)
	default:
		p.because("splits: %s as the data have them, %.3g of train for validation", strings.Join(own, ", "), val)
	}
	p.bound(test)
	if len(p.Score.Splits) == 0 {
		for _, name := range own {
			if name != "val" && name != "validation" {
				p.Score.Splits = append(p.Score.Splits, name)
			}
		}
		slices.Sort(p.Score.Splits)
	}
}

// maxScored is how many captions and questions of the test split are asked for at most.
const maxScored = 8000

// bound limits the samples that are scored, where each has very many texts or questions.
func (p *Plan) bound(test float64) {
	each := max(p.Measured.Texts, p.Measured.Questions) / max(1, p.Measured.Captioned, p.Measured.Asked)
	if scored := int(test * float64(p.Measured.Images)); each > 4 && scored*each > maxScored {
		p.Score.Samples = max(60, maxScored/each)
		p.because("scores: on %d samples of the test split, drawn at random: each has %d texts or questions", p.Score.Samples, each)
	}
}

// fractions are such that the test split has some 200 images, up to a sixth of few and down to 2%
// of many.
func fractions(images int) (test, val float64) {
	test = min(1.0/6, max(0.02, 200/float64(images)))
	test = math.Round(test*100) / 100
	return test, max(0.01, math.Round(test*50)/100)
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
