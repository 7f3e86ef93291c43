package contamination

import (
	"fmt"
	"slices"
	"strings"
)

// Kinds of rules and of matches.
const (
	Image = "image" // the image is in the training data
	Text  = "text"  // a text of the item is
	Pair  = "pair"  // one training row has the image and the text
)

// Rule says when a training row contains a part of the benchmark.
type Rule struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // Image or Text
	// About says in one line when the rule holds, Source where it is from.
	About   string `json:"about"`
	Source  string `json:"source"`
	Default bool   `json:"default"` // used if no rules are named
}

// Names of rules.
const (
	ImageBytes    = "image_bytes"
	ImagePixels   = "image_pixels"
	ImageNear     = "image_near"
	ImageMirrored = "image_mirrored"
	ImageCropped  = "image_cropped"
	ImagePart     = "image_part"

	GPT3   = "gpt3"
	PaLM   = "palm"
	Llama2 = "llama2"
	Tulu3  = "tulu3"
	GPT4   = "gpt4"
	Exact  = "exact"

	// PairRule is the name of the rule of the kind Pair, which is on if there are rules of both
	// other kinds.
	PairRule = "image_and_text"
)

// Limits of the rules for texts, in words.
const (
	gramLeast, gramMost = 8, 13 // of GPT-3
	paLMShare           = 0.7
	llamaLeast          = 10 // words that match before the first skip; a span is longer
	llamaSkips          = 4
	llamaShare          = 0.8
	tuluShare           = 0.5 // more than
	letterRun           = 50  // of GPT-4, in characters
	letterRuns          = 3
)

// Rules returns the rules. A pair of images counts for the first image rule that holds; texts count
// for every rule.
func Rules() []Rule {
	const repeated = "webli's rules of curation: difference hash (N. Krawetz, 2013) and thumbnail"
	return []Rule{
		{ImageBytes, Image, "the files are equal", "SHA-256 of the encoded bytes", true},
		{ImagePixels, Image, "the decoded pixels are equal", "SHA-256 of size and pixels", true},
		{ImageNear, Image, "the images look alike: encoded again, resized, small changes", repeated, true},
		{ImageMirrored, Image, "one image looks like the other with left and right exchanged", repeated, true},
		{ImageCropped, Image, "the training image lacks a margin of up to an eighth of a side, or has a frame of one colour", repeated, true},
		{
			ImagePart, Image, "the benchmark's image was cut from the training image, which may be much larger: from about a tenth of its area on, resized and encoded again; takes about 25 KB an image of the benchmark, and longer",
			"corners (Shi and Tomasi 1994) with binary descriptors (Calonder et al. 2010, BRIEF) that agree on a place, which must look alike", false,
		},
		{
			GPT3, Text, "13 words in a row are shared; 8 to 12 if the benchmark's texts are short, and the whole of a shorter text, from 8 words on",
			"Brown et al. 2020 (arXiv 2005.14165), appendix C: N is the 5th percentile of the texts' lengths, from 8 to 13", true,
		},
		{
			PaLM, Text, "at least 70% of a text's runs of 8 words are somewhere in the training data",
			"Chowdhery et al. 2022 (arXiv 2204.02311), section 8", false,
		},
		{
			Llama2, Text, "at least 80% of a text's words are in shared runs of more than 10 words, of which up to 4 after the 10th may differ",
			"Touvron et al. 2023 (arXiv 2307.09288), appendix A.6 (\"dirty\"), on words instead of tokens", false,
		},
		{
			Tulu3, Text, "more than half of a text's words are in runs of 8 words shared with one training text",
			"Lambert et al. 2024 (arXiv 2411.15124), section 3.2", false,
		},
		{
			GPT4, Text, "one of three strings of 50 letters drawn from a text is in a training text; the whole of a shorter text, from 16 letters on",
			"OpenAI 2023 (arXiv 2303.08774), appendix C", false,
		},
		{
			Exact, Text, "a training row asks the same question with a right answer, or has the same caption; says little of short ones",
			"equality of words", false,
		},
	}
}

// ruleSet holds which rules are on.
type ruleSet map[string]bool

// rulesNamed returns the rules with the names.
func rulesNamed(names []string) (ruleSet, error) {
	on := ruleSet{}
	for _, r := range Rules() {
		if len(names) == 0 && r.Default || slices.Contains(names, "all") {
			on[r.Name] = true
		}
	}
	for _, name := range names {
		if name == "all" {
			continue
		}
		if !slices.ContainsFunc(Rules(), func(r Rule) bool { return r.Name == name }) {
			var known []string
			for _, r := range Rules() {
				known = append(known, r.Name)
			}
			return nil, fmt.Errorf("no rule %q; choose from %s, all", name, strings.Join(known, ", "))
		}
		on[name] = true
	}
	return on, nil
}

// of reports whether a rule of the kind is on.
func (on ruleSet) of(kind string) bool {
	return slices.ContainsFunc(Rules(), func(r Rule) bool { return r.Kind == kind && on[r.Name] })
}

func (on ruleSet) texts() bool { return on.of(Text) }

// decode reports whether images must be decoded.
func (on ruleSet) decode() bool {
	return on[ImagePixels] || on.looks() || on[ImagePart]
}

// looks reports whether images are compared by how they look.
func (on ruleSet) looks() bool { return on[ImageNear] || on[ImageMirrored] || on[ImageCropped] }

// spans reports whether shared words are searched for.
func (on ruleSet) spans() bool { return on[GPT3] || on[PaLM] || on[Llama2] || on[Tulu3] }
