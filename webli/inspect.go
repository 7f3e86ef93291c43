package webli

import (
	"fmt"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/shards"
)

// Inspect lists all that is wrong with a curation recipe: unknown keys, values that cannot be
// meant, datasets that are absent; and warns of rules that can remove nothing. Its arguments are
// those of [ReadConfig].
func Inspect(text []byte, name, base string, assignments ...string) []strict.Finding {
	var c Config
	typed, err := strict.ReadAll(text, name, strict.From(base), &c, assignments...)
	all := typed.Findings(strict.Error, text, name, assignments)
	if err != nil {
		return append(all, strict.Finding{Severity: strict.Error, Place: name, Message: strings.TrimPrefix(err.Error(), name+": ")})
	}
	problems := c.Problems().Without(typed)
	for i, dir := range c.Contamination.Against {
		d, err := shards.Open(dir)
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

// idle lists rules that have nothing to work with.
func (c Config) idle() (all strict.Problems) {
	contamination := c.Contamination.Exact || c.Contamination.Near.on()
	if contamination && len(c.HeldOut) == 0 && len(c.Contamination.Against) == 0 {
		all.Add("contamination", "contamination: there is nothing to compare with; name splits in held_out, or datasets in against")
	}
	if !contamination && len(c.Contamination.Against) > 0 {
		all.Add("contamination.against", "contamination.against: neither exact nor near is set, so nothing is compared")
	}
	if c.Duplicates.Pairs && !c.Duplicates.Exact && !c.Duplicates.Near.on() {
		all.Add("duplicates.pairs", "duplicates.pairs: neither exact nor near is set, so no duplicates are looked for")
	}
	return all
}
