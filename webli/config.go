package webli

// Config says what to remove. A rule is off if its field has the zero value. Rules are applied in
// the order of the fields.
type Config struct {
	// HeldOut names the splits that other samples are compared with: their own samples stay unless
	// an image does not decode. Default: none.
	HeldOut []string `yaml:"held_out"`
	// Images are rules on each image of a sample.
	Images Images `yaml:"images"`
	// Texts are rules on each text of a sample.
	Texts Texts `yaml:"texts"`
	// Rules are rules that the program adds to the built-in ones, by name, each with its
	// parameters; they are applied in the order of their names. Default: none.
	Rules Rules `yaml:"rules" json:",omitempty"`
	// Contamination removes samples that share an image or text with a held-out sample.
	Contamination Contamination `yaml:"contamination"`
	// Duplicates removes samples whose images an earlier sample has.
	Duplicates Duplicates `yaml:"duplicates"`
	// Top keeps the best-scored fraction of the samples that the other rules left.
	Top TopFraction `yaml:"top"`
}

// Images are rules on each image of a sample. A further rule, that all images decode, is always on.
type Images struct {
	// MinSide is the minimum length of the shorter side, in pixels. Default: 0, off. Legal: 0 and
	// above.
	MinSide int `yaml:"min_side"`
	// MaxAspect is the maximum of the longer side divided by the shorter. Default: 0, off. Legal:
	// 0, or 1 and above.
	MaxAspect float64 `yaml:"max_aspect"`
	// MaxPixels is the maximum of height x width. Default: 0, off. Legal: 0 and above, up to the
	// limit of what is decoded.
	MaxPixels int `yaml:"max_pixels"`
	// MaxSamples is how many samples may have the same images, to the byte; if more have them, all
	// of these are removed (ALIGN: 1000). Default: 0, off. Legal: 0 and above.
	MaxSamples int `yaml:"max_samples"`
}

// Texts are rules on each text of a sample, except texts read in the image (OCR). A text that fails
// a rule is dropped from its sample. A sample that had texts, has none left and has no questions is
// removed.
type Texts struct {
	// Required removes samples without texts and questions.
	Required bool `yaml:"required"`
	// MinRunes is the minimum length in Unicode code points. Default: 0, off. Legal: 0 and above.
	MinRunes int `yaml:"min_runes"`
	// MaxRunes is the maximum length in Unicode code points. Default: 0, off. Legal: 0, or
	// min_runes and above.
	MaxRunes int `yaml:"max_runes"`
	// Letters requires at least one letter, of any script.
	Letters bool `yaml:"letters"`
	// MaxRun is how many times in a row a character may occur. Default: 0, off. Legal: 0 and above.
	MaxRun int `yaml:"max_run"`
	// Boilerplate drops file names, bare URLs, and words such as "image" that describe nothing.
	Boilerplate bool `yaml:"boilerplate"`
	// Phrases are further texts to drop as boilerplate, in upper or lower case. Default: none.
	Phrases []string `yaml:"phrases"`
	// MaxSamples is how many samples may have the same text (ALIGN: 10). Default: 0, off. Legal: 0
	// and above.
	MaxSamples int `yaml:"max_samples"`
}

// Contamination removes samples that share an image or text with a held-out sample.
type Contamination struct {
	// Exact compares the bytes of images.
	Exact bool `yaml:"exact"`
	// Near compares how images look. Default: off.
	Near NearDuplicate `yaml:"near"`
	// Words removes samples that share that many words in a row with a held-out sample, in texts
	// and in questions with their answers (GPT-3: 13). Shorter texts do not count. Default: 0, off.
	// Legal: 0, and 8 to 64.
	Words int `yaml:"words"`
	// Against names further datasets, all of whose samples are held out. Default: none.
	Against []string `yaml:"against" path:"relative"`
}

// Duplicates removes samples whose images an earlier sample has, in the same order.
type Duplicates struct {
	// Exact compares the bytes of images.
	Exact bool `yaml:"exact"`
	// Near compares how images look. Default: off.
	Near NearDuplicate `yaml:"near"`
	// Pairs removes a sample only if it also has the same texts and questions: for data with a row
	// for each caption.
	Pairs bool `yaml:"pairs"`
	// MergeTexts moves the texts and questions of a removed sample to the sample that stays, each
	// distinct one once, if both are in the same split.
	MergeTexts bool `yaml:"merge_texts"`
}

// NearDuplicate says how much two images may differ and still count as near duplicates. The zero
// value turns the rule off.
//
// Both measures must hold. Bits is the Hamming distance of two 64-bit difference hashes, which
// record where brightness rises. Colour is the largest difference, in 255 levels, between two 8x8
// thumbnails; it separates images that differ in colour only: flags, or one figure in six skin
// tones. Among 3,786 emoji of 64 pixels, no two different ones are nearer than Colour 6 at Bits up
// to 6. Of 254 photographs re-encoded at half the size and quality 75, the one that changed most
// was at Bits 3 and Colour 5.
type NearDuplicate struct {
	// Bits is the maximum Hamming distance of the difference hashes. Default: 0. Legal: 0 to 15.
	Bits int `yaml:"bits"`
	// Colour is the maximum difference between the thumbnails, in levels. Default: 0. Legal: 0 to
	// 255.
	Colour int `yaml:"colour"`
}

func (d NearDuplicate) on() bool { return d != NearDuplicate{} }

// TopFraction keeps the best-scored fraction of the samples that the other rules left, language by
// language so that the languages keep their shares. PaLI trained on the tenth of WebLI with the
// best image-text quality.
type TopFraction struct {
	// Score is a name in the samples' scores. Default: none, off.
	Score string `yaml:"score"`
	// Keep is the fraction that stays. Default: 0, off. Legal: above 0 and at most 1.
	Keep float64 `yaml:"keep"`
}

// Validate returns an error for values that cannot be meant.
func (c Config) Validate() error { return c.problems().Err() }
