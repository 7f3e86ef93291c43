package webli

import (
	"context"
	"fmt"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/shards"
)

// Inspect lists everything that is wrong with a curation recipe: unknown keys, values that cannot
// be meant, datasets that do not exist. It also warns of rules that cannot remove anything. Its
// arguments are those of [ReadConfig], and stores that open datasets named by URLs.
func Inspect(text []byte, name, base string, rules Rules, stores shards.Stores, assignments ...string) []strict.Finding {
	var typed strict.Problems
	read := func(into any) (err error) {
		typed, err = strict.ReadAll(text, name, strict.From(base), into, assignments...)
		return err
	}
	err := rules.validate()
	var c Config
	var problems strict.Problems
	if err == nil {
		c, problems, err = decodeConfig(read, text, rules)
	}
	all := typed.Findings(strict.Error, text, name, assignments)
	if err != nil {
		return append(all, strict.Finding{Severity: strict.Error, Place: name, Message: strings.TrimPrefix(err.Error(), name+": ")})
	}
	problems = append(problems, c.problems()...).Without(typed)
	for i, dir := range c.Contamination.Against {
		d, err := stores.Open(context.Background(), dir)
		if err != nil {
			problems.Add(fmt.Sprintf("contamination.against.%d", i), "contamination.against[%d]: %v", i, err)
			continue
		}
		d.Close()
	}
	all = append(all, problems.Findings(strict.Error, text, name, assignments)...)
	all = append(all, c.idle().Findings(strict.Warning, text, name, assignments)...)
	strict.SortFindings(all)
	return all
}

// idle lists settings that have no effect.
func (c Config) idle() (all strict.Problems) {
	contamination := c.Contamination.Exact || c.Contamination.Near.on() || c.Contamination.Words > 0
	if contamination && len(c.HeldOut) == 0 && len(c.Contamination.Against) == 0 {
		all.Add("contamination", "contamination: there is nothing to compare with; name splits in held_out, or datasets in against")
	}
	if !contamination && len(c.Contamination.Against) > 0 {
		all.Add("contamination.against", "contamination.against: none of exact, near and words is set, so nothing is compared")
	}
	if c.Duplicates.Pairs && !c.Duplicates.Exact && !c.Duplicates.Near.on() {
		all.Add("duplicates.pairs", "duplicates.pairs: neither exact nor near is set, so no duplicates are looked for")
	}
	return all
}
