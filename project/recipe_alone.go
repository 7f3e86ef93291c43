package project

import (
	"fmt"
	"slices"
	"strings"
)

// alone holds what a recipe needs that is no part of a project: the splits and runs there are, and
// comments that say what was measured.
type alone struct {
	data      string
	tokenizer string          // in the recipe
	runs      map[string]bool // runs that exist
	notes     []string        // what is commented out, and why
}

// Facts returns comments that say what was measured.
func (v recipeView) Facts() string {
	if v.Alone == nil {
		return ""
	}
	m := &v.Measured
	var b strings.Builder
	line := func(format string, args ...any) { writeComment(&b, fmt.Sprintf(format, args...)) }
	b.WriteString("#\n")
	line("Measured in %s: %s, %d with an image (%d different), %d of these with a text, %d with a question, %d with labelled boxes, and %d without an image.",
		v.Alone.data, samples(m.Samples), m.Images, m.Distinct, m.Captioned, m.Asked, m.Boxed, m.Documents)
	if len(m.Splits) == 1 && m.Splits[""] > 0 {
		line("The samples have no splits.")
	} else {
		line("Splits: %s.", listed(m.Splits, len(m.Splits)))
	}
	if m.Images > 0 {
		line("Shorter side of the images, in pixels: %s.", m.Side)
	}
	for _, one := range []struct {
		name   string
		n      int
		counts map[string]int
	}{{"text", m.Texts + m.OCR, m.Languages}, {"question", m.Questions, m.QuestionLanguages}} {
		if one.n > 0 {
			line("%s, by language: %s.", plural(one.n, one.name), listed(one.counts, len(one.counts)))
		}
	}
	if m.Texts > 0 {
		line("Kinds of texts: %s.", listed(m.Kinds, len(m.Kinds)))
	}
	of := "a tokenizer of " + fmt.Sprint(m.Vocabulary) + " pieces, trained on the data to measure it"
	if m.Tokenizer != "" {
		of = m.Tokenizer
	}
	line("Lengths are in pieces of %s.", of)
	return b.String()
}

// writeComment writes a text as lines of comment.
func writeComment(b *strings.Builder, text string) {
	const width = 110
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = "#  "
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// String describes the distribution on a part of a line.
func (s Spread) String() string {
	return fmt.Sprintf("%d to %d, half have %d or less, 98%% have %d or less", s.Least, s.Most, s.Median, s.P98)
}

// WhyLengths returns comments on the lengths: what was measured, and what does not fit.
func (v recipeView) WhyLengths() string {
	var b strings.Builder
	m := &v.Measured
	if v.Alone == nil {
		if v.Kind == "siglip" {
			return fmt.Sprintf("# 98%% of the texts have at most %d pieces.\n", m.TextPieces.P98)
		}
		return ""
	}
	line := func(is bool, what string, s Spread, window int, key string) {
		if !is {
			return
		}
		text := fmt.Sprintf("%s: %s.", what, s)
		if s.P98 >= window {
			text += fmt.Sprintf(" Size %s limits lengths.%s; raise it to truncate fewer.", v.Size.Name, key)
		}
		writeComment(&b, text)
	}
	mixed := v.Kind == "stage1" || v.Kind == "stage2"
	line(v.Kind == "siglip" && v.Captions, "Texts", m.TextPieces, v.Text, "encoder")
	line(v.Kind == "siglip" && !v.Captions, "Answers, of which an image's are joined", m.Answer, v.Text, "encoder")
	line(v.Kind == "ul2", "All texts of a sample, which are its document", m.Document, m.Document.P98+1, "encoder")
	line(v.Captions && (mixed || v.Kind == "caption"), "Texts", m.TextPieces, v.CaptionTarget, "decoder")
	line(v.Questions && (mixed || v.Kind == "vqa"), "Questions with their prompt", m.Question, v.QuestionPrompt, "encoder")
	line(v.Questions && (mixed || v.Kind == "vqa"), "Answers", m.Answer, v.QuestionTarget, "decoder")
	return b.String()
}

// SplitKey returns the key split of a task, if the data have no split train.
func (v recipeView) SplitKey() string {
	if v.Alone == nil || v.Measured.Splits["train"] > 0 {
		return ""
	}
	return ", split: all"
}

// Init returns the keys init and freeze of a stage that begins with the weights of others. Where
// one of their runs does not exist, the keys are comments.
func (v recipeView) Init(from ...string) string {
	entries := map[string]string{
		"siglip": "  - {from: ../siglip, prefixes: [vision_model]}\n",
		"ul2":    "  - {from: ../ul2, prefixes: [shared, encoder, decoder, lm_head]}\n",
		"stage1": "  - {from: ../stage1}\n", "stage2": "  - {from: ../stage2}\n",
	}
	text, missing := "init:\n", []string(nil)
	for _, run := range from {
		if run == "ul2" && !v.UL2 {
			continue
		}
		text += entries[run]
		if v.Alone != nil && !v.Alone.runs[run] {
			missing = append(missing, run)
		}
	}
	if v.Kind != "stage2" {
		text += "freeze: [vision_model]\n"
	}
	if len(missing) == 0 {
		return text
	}
	names := strings.Join(missing, " and ")
	v.Alone.notes = append(v.Alone.notes, fmt.Sprintf("not trained yet: %s; the recipe has init and freeze as comments and would begin with random weights", names))
	text = fmt.Sprintf("Not trained yet: %s. Once they are, remove the # before these lines. Without them training begins\nwith random weights.\n%s", names, text)
	return "# " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n# ") + "\n"
}

// withoutEval returns the section eval as a comment.
func (a *alone) withoutEval(best, metrics string, every int) string {
	made := a.data + "-val"
	a.notes = append(a.notes, fmt.Sprintf("the data have no split val: the recipe evaluates nothing; make one with: pali3 shards split %s --fraction val=0.05 --to %s", quoted(a.data), quoted(made)))
	return fmt.Sprintf("# The data have no split val to evaluate on. To make one:\n#   pali3 shards split %s --fraction val=0.05 --to %s\n"+
		"# then name that dataset above, and remove the # before this line:\n# eval: {every: %d, split: val, metrics: [%s], samples: 120, best: %s}", quoted(a.data), quoted(made), every, metrics, best)
}

// suitedKind returns the kind of recipe that suits a dataset: ul2 for texts alone, stage1 for a
// mixture of captions and questions, or else caption or vqa.
func (m *Measured) suitedKind() string {
	switch {
	case m.Images == 0:
		return "ul2"
	case m.Captioned >= leastImages && m.Asked >= leastImages:
		return "stage1"
	case m.Asked >= leastImages:
		return "vqa"
	}
	return "caption"
}

// enoughText returns an error if a language model cannot be trained on the data.
func (m *Measured) enoughText() error {
	switch {
	case m.Samples == 0:
		return fmt.Errorf("the dataset is empty")
	case m.Texts+m.OCR+m.Questions == 0:
		return fmt.Errorf("none of the %s has a text: a recipe of kind ul2 needs texts", samples(m.Samples))
	case m.Document.Median < leastDocument:
		return fmt.Errorf("half of the %s have %d pieces of text or fewer: a recipe of kind ul2 needs at least %d", samples(m.Samples), m.Document.Median, leastDocument)
	}
	return nil
}

// planFor plans a recipe of a kind for a dataset, or returns an error that says what the data lack.
func planFor(m *Measured, size Size, o NewRecipeOptions) (*Plan, error) {
	if o.Kind == "ul2" {
		if err := m.enoughText(); err != nil {
			return nil, err
		}
		p := newPlan(m, size, o.Seed)
		p.Batch0 = size.Batch0 // that of SigLIP may be smaller
		if !slices.ContainsFunc(p.Stages, func(s PlannedStage) bool { return s.Kind == "ul2" }) {
			p.Stages = append(p.Stages, PlannedStage{Kind: "ul2"})
		}
		return p, nil
	}
	p, err := decide(m, size, o.Seed)
	if err != nil {
		return nil, err
	}
	return p, p.learns(o.Kind)
}
