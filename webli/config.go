package webli

import "github.com/pali3/pali3/internal/strict"

// Config says what to remove. A rule is off where its field has the zero value; the order of the
// fields is the order of the rules.
type Config struct {
	// HeldOut names the splits to be compared with: their samples stay unless undecodable. Default:
	// none.
	HeldOut []string `yaml:"held_out"`
	// Images are rules on each picture of a sample.
	Images Images `yaml:"images"`
	// Texts are rules on each text of a sample.
	Texts Texts `yaml:"texts"`
	// Contamination removes samples with a picture that a held-out sample has too, or one like it.
	Contamination Contamination `yaml:"contamination"`
	// Duplicates removes samples whose pictures an earlier sample has.
	Duplicates Duplicates `yaml:"duplicates"`
	// Top keeps the best-scored part of what the other rules left.
	Top Top `yaml:"top"`
}

// Images are rules on each picture of a sample. That all decode is a rule that is always on.
type Images struct {
	// MinSide is the least length of the shorter side, in pixels. Default: 0, off. Legal: 0 and
	// above.
	MinSide int `yaml:"min_side"`
	// MaxAspect is the most that the longer side divided by the shorter may be. Default: 0, off.
	// Legal: 0, or 1 and above.
	MaxAspect float64 `yaml:"max_aspect"`
	// MaxPixels is the most of height x width. Default: 0, off. Legal: 0 and above, up to what is
	// decoded.
	MaxPixels int `yaml:"max_pixels"`
	// MaxSamples is how many samples may have the same images, to the byte; of more, none stays
	// (ALIGN: 1000). Default: 0, off. Legal: 0 and above.
	MaxSamples int `yaml:"max_samples"`
}

// Texts are rules on each text of a sample but those read in the picture (OCR). A text that fails
// is taken out of its sample; a sample that had texts, has none left and has no questions is
// removed.
type Texts struct {
	// Required removes samples without texts and questions.
	Required bool `yaml:"required"`
	// MinRunes is the least length in Unicode code points. Default: 0, off. Legal: 0 and above.
	MinRunes int `yaml:"min_runes"`
	// MaxRunes is the greatest length in Unicode code points. Default: 0, off. Legal: 0, or
	// min_runes and above.
	MaxRunes int `yaml:"max_runes"`
	// Letters asks for at least one letter, of any script.
	Letters bool `yaml:"letters"`
	// MaxRun is how often one character may follow itself. Default: 0, off. Legal: 0 and above.
	MaxRun int `yaml:"max_run"`
	// Boilerplate removes file names, bare URLs, and "image" and its like.
	Boilerplate bool `yaml:"boilerplate"`
	// Phrases are more texts that say nothing; case does not matter. Default: none.
	Phrases []string `yaml:"phrases"`
	// MaxSamples is how many samples may share a text (ALIGN: 10). Default: 0, off. Legal: 0 and
	// above.
	MaxSamples int `yaml:"max_samples"`
}

// Contamination removes samples with a picture that a held-out sample has too, or one like it.
type Contamination struct {
	// Exact compares the bytes.
	Exact bool `yaml:"exact"`
	// Near compares how pictures look. Default: off.
	Near Likeness `yaml:"near"`
	// Against names further datasets, all of whose pictures are held out. Default: none.
	Against []string `yaml:"against" path:"relative"`
}

// Duplicates removes samples whose pictures an earlier sample has, in the same order.
type Duplicates struct {
	// Exact compares the bytes.
	Exact bool `yaml:"exact"`
	// Near compares how pictures look. Default: off.
	Near Likeness `yaml:"near"`
	// Pairs also asks for the same texts and questions, for data that has a row for each caption.
	Pairs bool `yaml:"pairs"`
	// MergeTexts moves the texts and questions of a removed sample to the one that stays, each
	// distinct one once, if both are of one split.
	MergeTexts bool `yaml:"merge_texts"`
}

// Likeness says how far apart two pictures may be to count as one. The zero value turns the rule
// off.
//
// Two measures must agree. Bits is the Hamming distance of two 64-bit difference hashes, which see
// where brightness rises; Colour is the largest difference, of 255 levels, between two 8x8
// thumbnails, which tells apart what differs in colour alone: flags, or one figure in six skin
// tones. Of 3,786 emoji of 64 pixels no two different ones are nearer than Colour 6 at Bits up to
// 6; of 254 photographs coded again at half the size and quality 75 the farthest was at Bits 3 and
// Colour 5.
type Likeness struct {
	// Bits is the greatest Hamming distance of the difference hashes. Default: 0. Legal: 0 to 15.
	Bits int `yaml:"bits"`
	// Colour is the largest difference between the thumbnails, in levels. Default: 0. Legal: 0 to
	// 255.
	Colour int `yaml:"colour"`
}

func (l Likeness) on() bool { return l != Likeness{} }

// Top keeps the best-scored part of what the other rules left, in each language by itself so that
// their shares stay. PaLI trained on the tenth of WebLI with the best image-text quality.
type Top struct {
	// Score is a name in the samples' scores. Default: none, off.
	Score string `yaml:"score"`
	// Keep is the fraction that stays. Default: 0, off. Legal: above 0 and at most 1.
	Keep float64 `yaml:"keep"`
}

// ParseConfig reads a curation recipe as [ReadConfig] does, with all paths beginning at the current
// folder.
func ParseConfig(text []byte, name string, assignments ...string) (Config, error) {
	return ReadConfig(text, name, "", assignments...)
}

// ReadConfig reads a curation recipe, with assignments such as "images.min_side=100" applied, and
// validates it. Relative paths in the text begin at the folder base, "" for the current one; those
// in assignments begin at the current folder. Name is the recipe's: errors name it, the line, the
// key, what was found and what is legal. A key that does not exist is an error that names the
// nearest legal key.
func ReadConfig(text []byte, name, base string, assignments ...string) (Config, error) {
	var c Config
	if err := strict.ReadMoved(text, name, strict.From(base), &c, assignments...); err != nil {
		return Config{}, err
	}
	if err := c.Problems().At(text, name, assignments); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Validate returns an error for values that cannot be meant.
func (c Config) Validate() error { return c.Problems().Err() }
