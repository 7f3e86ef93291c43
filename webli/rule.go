package webli

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/shards"
)

// Rule is one reason to remove samples. [Curate] applies its rules one after the other: each sees
// the candidates that the earlier ones left, in the order of the datasets.
//
// A rule that can judge each sample or each text alone is made by [SampleRule] or [TextRule]. One
// that compares samples has an Examine that takes from each what it compares, such as a hash, a
// Prepare that sees all of them, and a Remove that decides.
type Rule struct {
	// Name is what reports and rejects.parquet call the rule. Curate sets it to the rule's name in
	// the recipe.
	Name string
	// HeldOut applies the rule to held-out samples, too.
	HeldOut bool
	// Examine returns what the rule has to know of a sample besides the fields of [Candidate]; it
	// may be nil. It is called once for every sample whose images decode, with its images on white,
	// by several goroutines at a time. What it returns is kept in memory until the end of the
	// curation and is the candidate's Note while the rule is applied. It must not keep the sample,
	// its byte slices or its images, and must clone the strings that it keeps.
	Examine func(s *shards.Sample, images []*augment.Image) any
	// Prepare sees all candidates that the earlier rules left, before the first call of Remove; it
	// may be nil. Its error ends the curation.
	Prepare func(left []*Candidate) error
	// Remove returns why the sample must go, "" if it stays. It is called for the candidates in
	// their order, by one goroutine.
	Remove func(*Candidate) string
	// Advice ends the warning that the rule removed more than half of the samples: which part of
	// the recipe to look at. Default: "look at rules.NAME".
	Advice string
}

// RuleMaker makes a rule. It is a struct whose fields are the rule's parameters in a recipe, named
// by yaml tags. If it has a method Validate() error, that is called when the recipe is checked.
type RuleMaker interface {
	// MakeRule is called once for every curation, so the rule's functions may share state.
	MakeRule() (Rule, error)
}

// Rules are rules that a program adds to the built-in ones, by name. A program passes those that it
// has, with their default parameters, to [ReadConfig]; a recipe turns some of them on:
//
//	rules:
//	  low_contrast: {least: 20}
//	  bad_words: {}
//
// A name consists of lower-case letters, digits and underscores and begins with a letter. It cannot
// be the name of a built-in rule.
type Rules map[string]RuleMaker

// SampleRule returns a rule that judges each sample by itself: judge returns why the sample must
// go, "" if it stays. See [Rule.Examine] for its arguments; it must be safe for concurrent use.
func SampleRule(judge func(s *shards.Sample, images []*augment.Image) string) Rule {
	return Rule{
		Examine: func(s *shards.Sample, images []*augment.Image) any { return judge(s, images) },
		Remove:  func(c *Candidate) string { return c.Note.(string) },
	}
}

// TextRule returns a rule that judges each text by itself: judge returns why the text must go, ""
// if it stays. Texts read in the image (OCR) are not judged. A sample that had texts, has none left
// and has no questions is removed. Judge must be safe for concurrent use.
func TextRule(judge func(shards.Text) string) Rule {
	return Rule{
		Examine: func(s *shards.Sample, _ []*augment.Image) any {
			var reasons []string // stays nil if all texts are good
			for i, t := range s.Texts {
				if reason := judge(t); reason != "" {
					if reasons == nil {
						reasons = make([]string, len(s.Texts))
					}
					reasons[i] = reason
				}
			}
			return reasons
		},
		Remove: func(c *Candidate) string {
			reasons := c.Note.([]string)
			if reasons == nil {
				return ""
			}
			return c.DropTexts(func(i int) string { return reasons[i] })
		},
	}
}

// ruleName is what the name of an added rule must look like.
var ruleName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// validate returns an error for a table of rules that a recipe cannot name: a mistake of the
// program, not of the recipe.
func (r Rules) validate() error {
	for _, name := range r.names() {
		switch {
		case !ruleName.MatchString(name):
			return fmt.Errorf("rule %q: a rule's name has lower-case letters, digits and underscores only and begins with a letter", name)
		case slices.Contains(builtinNames(), name):
			return fmt.Errorf("rule %q: a built-in rule has this name", name)
		case r[name] == nil || reflect.TypeOf(r[name]).Kind() != reflect.Struct:
			return fmt.Errorf("rule %q: its maker is a %T; it must be a struct", name, r[name])
		}
	}
	return nil
}

// names returns the names in the order in which the rules are applied.
func (r Rules) names() []string { return slices.Sorted(maps.Keys(r)) }

// problems lists the parameters that the makers refuse.
func (r Rules) problems(all *strict.Problems) {
	if err := r.validate(); err != nil {
		all.Add("rules", "rules: %v", err)
		return
	}
	for _, name := range r.names() {
		if v, ok := r[name].(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				all.Add("rules."+name, "rules.%s: %v", name, err)
			}
		}
	}
}

// makeAll makes the rules, in the order of their names.
func (r Rules) makeAll() (all []Rule, err error) {
	for _, name := range r.names() {
		rule, err := r[name].MakeRule()
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", name, err)
		}
		if rule.Remove == nil {
			return nil, fmt.Errorf("rule %s: its maker made a rule without Remove", name)
		}
		rule.Name = name
		if rule.Advice == "" {
			rule.Advice = "look at rules." + name
		}
		all = append(all, rule)
	}
	return all, nil
}
