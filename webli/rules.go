package webli

import (
	"fmt"
	"slices"
)

// builtin is a row of the table of built-in rules.
type builtin struct {
	name   string
	on     bool
	rule   Rule
	advice string // see Rule.Advice
}

// builtins returns the table of built-in rules in the order in which they are applied, in two
// parts: rules that programs add come between them. against holds the candidates of further
// held-out datasets.
func (c Config) builtins(against []*Candidate) (before, after []builtin) {
	images, texts, contamination, duplicates := c.Images, c.Texts, c.Contamination, c.Duplicates
	before = []builtin{
		{undecodable, true, undecodableImages(), "the images are damaged or of a format that is not read"},
		{"same_key", true, sameKey(), "the datasets share keys"},
		{"min_side", images.MinSide > 0, Rule{Remove: images.tooSmall}, "loosen images.min_side"},
		{"max_aspect", images.MaxAspect > 0, Rule{Remove: images.tooLong}, "loosen images.max_aspect"},
		{"max_pixels", images.MaxPixels > 0, Rule{Remove: images.tooLarge}, "loosen images.max_pixels"},
		{"image_frequent", images.MaxSamples > 0, frequentImages(images.MaxSamples), "loosen images.max_samples"},
		{textLength, texts.MinRunes > 0 || texts.MaxRunes > 0, flawedTexts(textLength), "loosen texts.min_runes and texts.max_runes"},
		{textLetters, texts.Letters, flawedTexts(textLetters), "loosen texts.letters"},
		{textRun, texts.MaxRun > 0, flawedTexts(textRun), "loosen texts.max_run"},
		{textBoilerplate, texts.Boilerplate || len(texts.Phrases) > 0, flawedTexts(textBoilerplate), "loosen texts.boilerplate and texts.phrases"},
		{"text_frequent", texts.MaxSamples > 0, frequentTexts(texts.MaxSamples), "loosen texts.max_samples"},
		{"text_required", texts.Required, Rule{Remove: textless}, "loosen texts.required"},
	}
	after = []builtin{
		{"contamination", contamination.Exact, sameAsHeldOut(against), "look at held_out and contamination"},
		{"near_contamination", contamination.Near.on(), likeHeldOut(contamination.Near, against), "loosen contamination.near"},
		{"text_contamination", contamination.Words > 0, wordsOfHeldOut(contamination.Words, against), "raise contamination.words"},
		{duplicate, duplicates.Exact, exactDuplicates(duplicates.Pairs), "if rows of one image differ in their texts, duplicates.merge_texts keeps these"},
		{"near_duplicate", duplicates.Near.on(), nearDuplicates(duplicates.Near, duplicates.Pairs), "loosen duplicates.near"},
		{lowScore, c.Top.Score != "", bestScored(c.Top), "look at top"},
	}
	return before, after
}

// Names of rules that other files mention.
const (
	undecodable = "undecodable"
	duplicate   = "duplicate"
	lowScore    = "low_score"
)

// builtinNames lists the names of all built-in rules.
func builtinNames() (names []string) {
	before, after := Config{}.builtins(nil)
	for _, b := range slices.Concat(before, after) {
		names = append(names, b.name)
	}
	return names
}

// rules makes the rules that the config turns on, in order.
func (c Config) rules(against []*Candidate) ([]Rule, error) {
	added, err := c.Rules.makeAll()
	if err != nil {
		return nil, err
	}
	before, after := c.builtins(against)
	return slices.Concat(turnedOn(before), added, turnedOn(after)), nil
}

func turnedOn(table []builtin) (rules []Rule) {
	for _, b := range table {
		if b.on {
			b.rule.Name, b.rule.Advice = b.name, b.advice
			rules = append(rules, b.rule)
		}
	}
	return rules
}

// decide applies all rules to all candidates and returns what each removed.
func decide(candidates []*Candidate, rules []Rule) ([]Removal, error) {
	var removals []Removal
	left := slices.Clone(candidates)
	examined := 0 // rules with an Examine, whose results are the candidates' notes
	for _, r := range rules {
		for _, c := range left {
			c.Note = nil
			if r.Examine != nil && c.notes != nil {
				c.Note = c.notes[examined]
			}
		}
		if r.Examine != nil {
			examined++
		}
		if r.Prepare != nil {
			if err := r.Prepare(left); err != nil {
				return nil, fmt.Errorf("rule %s: %w", r.Name, err)
			}
		}
		before := len(left)
		left = slices.DeleteFunc(left, func(c *Candidate) bool {
			if c.HeldOut && !r.HeldOut {
				return false
			}
			if why := r.Remove(c); why != "" {
				c.removedBy, c.why = r.Name, why
			}
			return c.removedBy != ""
		})
		removals = append(removals, Removal{Name: r.Name, Removed: before - len(left)})
	}
	return removals, nil
}

// undecodableImages removes samples with an image that does not decode.
func undecodableImages() Rule {
	return Rule{HeldOut: true, Remove: func(c *Candidate) string { return c.bad }}
}

// sameKey keeps keys unique where several datasets become one.
func sameKey() Rule {
	first := map[string]*Candidate{}
	return Rule{HeldOut: true, Remove: func(c *Candidate) string {
		if other, taken := first[c.Key]; taken {
			return fmt.Sprintf("%s has the key %q too", other.Origin, c.Key)
		}
		first[c.Key] = c
		return ""
	}}
}
