package webli

import "github.com/pali3/pali3/internal/strict"

// Config says what to remove. A rule is off where its field has the zero value; the order of the
// fields is the order of the rules.
type Config struct {
	// HeldOut names the splits to be compared with: their samples stay unless undecodable.
	HeldOut       []string      `yaml:"held_out"`
	Images        Images        `yaml:"images"`
	Texts         Texts         `yaml:"texts"`
	Contamination Contamination `yaml:"contamination"`
	Duplicates    Duplicates    `yaml:"duplicates"`
	Top           Top           `yaml:"top"`
}

// Images are rules on each picture of a sample. That all decode is a rule that is always on.
type Images struct {
	MinSide   int     `yaml:"min_side"`   // pixels of the shorter side
	MaxAspect float64 `yaml:"max_aspect"` // longer side divided by the shorter
	MaxPixels int     `yaml:"max_pixels"` // height x width
	// MaxSamples is how many samples may have the same images, to the byte; of more, none stays (ALIGN: 1000).
	MaxSamples int `yaml:"max_samples"`
}

// Texts are rules on each text of a sample but those read in the picture (OCR). A text that fails is
// taken out of its sample; a sample that had texts, has none left and has no questions is removed.
type Texts struct {
	Required    bool     `yaml:"required"`    // samples without texts and questions go
	MinRunes    int      `yaml:"min_runes"`   // length in Unicode code points
	MaxRunes    int      `yaml:"max_runes"`   // length in Unicode code points
	Letters     bool     `yaml:"letters"`     // at least one letter, of any script
	MaxRun      int      `yaml:"max_run"`     // repetitions of one character in a row
	Boilerplate bool     `yaml:"boilerplate"` // no file names, bare URLs, or "image" and its like
	Phrases     []string `yaml:"phrases"`     // more texts that say nothing; case does not matter
	MaxSamples  int      `yaml:"max_samples"` // samples that may share a text (ALIGN: 10)
}

// Contamination removes samples with a picture that a held-out sample has too, or one like it.
type Contamination struct {
	Exact   bool     `yaml:"exact"`                   // the same bytes
	Near    Likeness `yaml:"near"`                    // pictures that look the same
	Against []string `yaml:"against" path:"relative"` // folders of further datasets, all of whose pictures are held out
}

// Duplicates removes samples whose pictures an earlier sample has, in the same order.
type Duplicates struct {
	Exact bool     `yaml:"exact"` // the same bytes
	Near  Likeness `yaml:"near"`  // pictures that look the same
	// Pairs also asks for the same texts and questions, for data that has a row for each caption.
	Pairs bool `yaml:"pairs"`
	// MergeTexts moves the texts and questions of a removed sample to the one that stays, each distinct one once, if both
	// are of one split.
	MergeTexts bool `yaml:"merge_texts"`
}

// Likeness says how far apart two pictures may be to count as one. The zero value turns the rule off.
//
// Two measures must agree. Bits is the Hamming distance of two 64-bit difference hashes, which see
// where brightness rises; Colour is the largest difference, of 255 levels, between two 8x8 thumbnails,
// which tells apart what differs in colour alone: flags, or one figure in six skin tones. Of 3,786
// emoji of 64 pixels no two different ones are nearer than Colour 6 at Bits up to 6; of 254 photographs
// coded again at half the size and quality 75 the farthest was at Bits 3 and Colour 5.
type Likeness struct {
	Bits   int `yaml:"bits"`
	Colour int `yaml:"colour"`
}

func (l Likeness) on() bool { return l != Likeness{} }

// Top keeps the best-scored part of what the other rules left, in each language by itself so that
// their shares stay. PaLI trained on the tenth of WebLI with the best image-text quality.
type Top struct {
	Score string  `yaml:"score"` // a name in the samples' scores
	Keep  float64 `yaml:"keep"`  // the fraction that stays, more than 0 and at most 1
}

// ParseConfig reads a curation recipe as [ReadConfig] does, with all paths beginning at the current folder.
func ParseConfig(text []byte, name string, assignments ...string) (Config, error) {
	return ReadConfig(text, name, "", assignments...)
}

// ReadConfig reads a curation recipe, with assignments such as "images.min_side=100" applied, and
// validates it. Relative paths in the text begin at the folder base, "" for the current one; those in assignments
// begin at the current folder. Name is the recipe's: errors name it, the line, the key, what was found and what
// is legal. A key that does not exist is an error that names the nearest legal key.
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
