package evalsuite

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// An evaluation during training asks at most this much about an image, to bound its time.
const (
	validatedLanguages = 4
	validatedQuestions = 4
)

// heldOut lists the samples of a split on which a run can be evaluated.
type heldOut struct {
	stages.HeldOut
	model     *stages.Trained
	languages map[string]int // language of captions -> number of samples
	captions  []captionedRow
	questions []int // rows
}

// captionedRow is the row of a sample with captions, and their languages.
type captionedRow struct {
	row       int
	languages []string
}

// findHeldOut finds the samples with an image that have captions or questions.
func findHeldOut(on stages.HeldOut, model *stages.Trained) (*heldOut, error) {
	h := &heldOut{HeldOut: on, model: model, languages: map[string]int{}}
	row := -1
	for s, err := range scan(on.Data, splitColumns...) {
		if err != nil {
			return nil, err
		}
		row++
		if s.Split != on.Split || len(s.Images) == 0 {
			continue
		}
		if in := h.trainedCaptions(&s); len(in) > 0 {
			h.captions = append(h.captions, captionedRow{row, in})
			for _, language := range in {
				h.languages[language]++
			}
		}
		if slices.ContainsFunc(s.Questions, hasAnswer) {
			h.questions = append(h.questions, row)
		}
	}
	return h, nil
}

func hasAnswer(q shards.Question) bool { return len(q.Answers) > 0 }

// trainedCaptions lists the languages of a sample's captions that the recipe trains on.
func (h *heldOut) trainedCaptions(s *shards.Sample) (languages []string) {
	for i := range s.Texts {
		if text := &s.Texts[i]; h.trains(text) && !slices.Contains(languages, text.Language) {
			languages = append(languages, text.Language)
		}
	}
	return languages
}

// trains reports whether a caption task of the recipe takes a text of this kind and language. A
// recipe without a caption task takes captions in all languages.
func (h *heldOut) trains(text *shards.Text) bool {
	if text.Value == "" || text.Kind == shards.OCR {
		return false
	}
	takes := text.Kind == shards.Caption
	for _, t := range h.model.Recipe.Mixture.Tasks {
		if t.Kind != "caption" && t.Kind != "contrastive" || t.Weight == 0 {
			continue
		}
		if (len(t.Languages) == 0 || slices.Contains(t.Languages, text.Language)) && (len(t.Texts) == 0 || slices.Contains(t.Texts, text.Kind)) {
			return true
		}
		takes = false
	}
	return takes
}

// captioned draws samples with captions in the languages that have most of them. The samples keep
// no other texts. Whatever the recipe trains on as captions becomes a text of kind caption.
func (h *heldOut) captioned() ([]shards.Sample, error) {
	languages := slices.SortedFunc(maps.Keys(h.languages), func(a, b string) int {
		return cmp.Or(cmp.Compare(h.languages[b], h.languages[a]), strings.Compare(a, b))
	})
	if len(languages) > validatedLanguages {
		all := len(languages)
		languages = languages[:validatedLanguages]
		h.warn("eval: captions are scored in %s, the languages with most captions in split %q, and not in the other %d", strings.Join(languages, ", "), h.Split, all-len(languages))
	}
	var rows []int
	for _, c := range h.captions {
		if slices.ContainsFunc(c.languages, func(l string) bool { return slices.Contains(languages, l) }) {
			rows = append(rows, c.row)
		}
	}
	samples, err := h.draw(rows, "captions")
	for i := range samples {
		samples[i].Texts = slices.DeleteFunc(samples[i].Texts, func(t shards.Text) bool {
			return !h.trains(&t) || !slices.Contains(languages, t.Language)
		})
		for j := range samples[i].Texts {
			samples[i].Texts[j].Kind = shards.Caption
		}
	}
	return samples, err
}

// asked draws samples with questions, and some of each sample's questions.
func (h *heldOut) asked() ([]shards.Sample, error) {
	samples, err := h.draw(h.questions, "questions")
	left := 0
	for i := range samples {
		s := &samples[i]
		s.Questions = slices.DeleteFunc(s.Questions, func(q shards.Question) bool { return !hasAnswer(q) })
		var some []shards.Question
		for _, at := range random.New(h.Seed, random.Name("eval questions"), random.Name(s.Key)).Perm(len(s.Questions)) {
			if len(some) < validatedQuestions {
				some = append(some, s.Questions[at])
			}
		}
		left += len(s.Questions) - len(some)
		s.Questions = some
	}
	if left > 0 {
		h.warn("eval: at most %d questions per image are asked, and not the other %d", validatedQuestions, left)
	}
	return samples, err
}

// draw draws samples in an order that depends on the seed, and skips those whose image cannot be
// decoded.
func (h *heldOut) draw(rows []int, of string) (samples []shards.Sample, err error) {
	var bad int
	var why error
	for _, at := range random.New(h.Seed, random.Name("eval"), random.Name(of)).Perm(len(rows)) {
		if len(samples) == h.Samples {
			break
		}
		s, err := h.Data.Row(rows[at])
		if err != nil {
			return nil, fmt.Errorf("%s row %d: %w", h.Data.Dir(), rows[at], err)
		}
		s.Texts, s.Questions = slices.Clone(s.Texts), slices.Clone(s.Questions) // which are cut down
		if err := h.decodes(&s); err != nil {
			bad, why = bad+1, fmt.Errorf("%s: %w", s.Key, err)
			continue
		}
		samples = append(samples, s)
	}
	if bad > 0 {
		h.warn("eval: skipped %d samples whose image cannot be used; the last: %v", bad, why)
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("metrics: no sample of split %q in %s has %s and an image that can be used", h.Split, h.Data.Dir(), of)
	}
	return samples, nil
}

// decodes returns an error if the image ops cannot make pixels of a sample's image.
func (h *heldOut) decodes(s *shards.Sample) error {
	if h.model.Pipeline == nil {
		return fmt.Errorf("the recipe has no image ops")
	}
	for i := range min(len(s.Images), max(1, h.model.Recipe.Mixture.Images.PerExample)) {
		if _, err := h.model.Pipeline.Apply(s.Images[i].Bytes, random.New(0)); err != nil {
			return err
		}
	}
	return nil
}

func (h *heldOut) warn(format string, values ...any) {
	if h.Warn != nil {
		h.Warn(fmt.Sprintf(format, values...))
	}
}
