package webli

import (
	"fmt"
	"math"
	"strings"
)

// loosen names the keys of a recipe that make a rule remove less.
var loosen = map[string]string{
	"undecodable":        "the images are damaged or of a format that is not read",
	"same_key":           "the datasets share keys",
	"min_side":           "loosen images.min_side",
	"max_aspect":         "loosen images.max_aspect",
	"max_pixels":         "loosen images.max_pixels",
	imageFrequent:        "loosen images.max_samples",
	textLength:           "loosen texts.min_runes and texts.max_runes",
	textLetters:          "loosen texts.letters",
	textRun:              "loosen texts.max_run",
	textBoilerplate:      "loosen texts.boilerplate and texts.phrases",
	textFrequent:         "loosen texts.max_samples",
	textRequired:         "loosen texts.required",
	"contamination":      "look at held_out and contamination",
	"near_contamination": "loosen contamination.near",
	"duplicate":          "if rows of one image differ in their texts, duplicates.merge_texts keeps these",
	"near_duplicate":     "loosen duplicates.near",
	"low_score":          "look at top",
}

// warnOfLosses warns of rules that removed more than half of all samples. It does so of no rule
// that was told to: exact duplicates whose texts are merged, and a top that keeps less than half.
func (r *Report) warnOfLosses(config Config, records []*record) {
	for _, rule := range r.Rules {
		asked := rule.Name == "duplicate" && config.Duplicates.MergeTexts || rule.Name == "low_score" && config.Top.Keep < 0.5
		if 2*rule.Removed <= r.In || asked {
			continue
		}
		r.Warnings = append(r.Warnings, fmt.Sprintf("%s removed %.0f%% of the samples%s; %s", rule.Name,
			math.Floor(100*float64(rule.Removed)/float64(r.In)), firstRemoved(rule.Name, records), loosen[rule.Name]))
	}
	if r.Out == 0 && r.In > 0 {
		r.Warnings = append(r.Warnings, "no sample is left")
	}
}

// firstRemoved gives an example of what a rule removed.
func firstRemoved(rule string, records []*record) string {
	for _, r := range records {
		if r.removedBy == rule {
			why, _, _ := strings.Cut(r.why, "; ")
			return fmt.Sprintf(", for example %s (%s)", shorten(r.key), why)
		}
	}
	return ""
}
