package webli

import (
	"fmt"
	"math"
	"strings"
)

// Report says how many samples each rule removed: In = Out + the sum of Removed.
type Report struct {
	In    int       `json:"in"`
	Out   int       `json:"out"`
	Rules []Removal `json:"rules"`
	// Texts counts the texts that rules dropped from samples that stayed.
	Texts int `json:"texts_removed"`
	// Merged and MergedQuestions count the texts and questions that moved from duplicates to the
	// samples that stay.
	Merged          int `json:"texts_merged"`
	MergedQuestions int `json:"questions_merged"`
	// Warnings name likely mistakes in the recipe, such as a rule that removes more than half.
	Warnings []string `json:"warnings,omitempty"`
}

// Removal says how many samples a rule removed.
type Removal struct {
	Name    string `json:"name"`
	Removed int    `json:"removed"`
}

// warnOfLosses warns of rules that removed more than half of all samples. It expects that of exact
// duplicates whose texts are merged and of a top that keeps less than half.
func (r *Report) warnOfLosses(config Config, rules []Rule, candidates []*Candidate) {
	for i, rule := range rules {
		removed := r.Rules[i].Removed
		expected := rule.Name == duplicate && config.Duplicates.MergeTexts || rule.Name == lowScore && config.Top.Keep < 0.5
		if 2*removed <= r.In || expected {
			continue
		}
		r.Warnings = append(r.Warnings, fmt.Sprintf("%s removed %.0f%% of the samples%s; %s", rule.Name,
			math.Floor(100*float64(removed)/float64(r.In)), firstRemoved(rule.Name, candidates), rule.Advice))
	}
	if r.Out == 0 && r.In > 0 {
		r.Warnings = append(r.Warnings, "no sample is left")
	}
}

// firstRemoved gives an example of what a rule removed.
func firstRemoved(rule string, candidates []*Candidate) string {
	for _, c := range candidates {
		if c.removedBy == rule {
			why, _, _ := strings.Cut(c.why, "; ")
			return fmt.Sprintf(", for example %s (%s)", shorten(c.Key), why)
		}
	}
	return ""
}
