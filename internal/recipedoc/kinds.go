package main

import (
	"fmt"
	"strings"

	"github.com/pali3/pali3/mixture"
)

// kindsTable lists the built-in kinds of task as their values describe them.
func kindsTable() string {
	var b strings.Builder
	b.WriteString("| kind | an example is | image | asked in evaluations |\n|---|---|---|---|\n")
	for _, k := range mixture.BuiltinKinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, cell(k.About), yes(k.Image), yes(k.CanBeAsked()))
	}
	return b.String() + "\n"
}

// promptTables lists the prompts of each set, with how sure each is.
func promptTables() string {
	var b strings.Builder
	for _, set := range mixture.PromptSets() {
		fmt.Fprintf(&b, "`prompts: %s`: %s.\n\n| kind | prompt | confidence | source |\n|---|---|---|---|\n", set.Name, set.About)
		for _, p := range set.Prompts {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", p.Kind, p.Template, p.Confidence, cell(p.Source))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// denoisersTable lists the presets of the key denoisers.
func denoisersTable() string {
	var b strings.Builder
	b.WriteString("| denoisers | denoiser | mean span | hidden | mode | share |\n|---|---|---|---|---|---|\n")
	for _, preset := range mixture.DenoiserPresets() {
		all, err := mixture.Denoisers(preset)
		if err != nil {
			panic(err)
		}
		total := 0.0
		for _, d := range all {
			total += d.Weight
		}
		for _, d := range all {
			span := fmt.Sprint(d.MeanSpan)
			if d.MeanSpan == 0 {
				span = "the end of the text"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %g %% | %s | %.1f %% |\n", preset, d.Name, span, 100*d.Rate, d.Mode, 100*d.Weight/total)
		}
	}
	return b.String() + "\n"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
