package webli

import (
	"fmt"
	"slices"
)

// flawedTexts drops the texts that fail the named rule by themselves, which examination has found.
func flawedTexts(name string) Rule {
	return Rule{Remove: func(c *Candidate) string {
		return c.DropTexts(func(i int) string {
			if c.texts[i].flaw != name {
				return ""
			}
			return c.texts[i].why
		})
	}}
}

// frequentTexts drops the texts that occur in more than most samples.
func frequentTexts(most int) Rule {
	samples := map[uint64]int{}
	return Rule{
		Prepare: func(left []*Candidate) error {
			for _, c := range left {
				for i, t := range c.texts {
					again := slices.ContainsFunc(c.texts[:i], func(u textRecord) bool { return u.hash == t.hash && !u.dropped })
					if !t.dropped && !t.exempt && !again && !c.HeldOut {
						samples[t.hash]++
					}
				}
			}
			return nil
		},
		Remove: func(c *Candidate) string {
			return c.DropTexts(func(i int) string {
				if n := samples[c.texts[i].hash]; n > most {
					return fmt.Sprintf("a text that %d samples share, more than %d", n, most)
				}
				return ""
			})
		},
	}
}

// textless reports a sample that has neither texts nor questions left.
func textless(c *Candidate) string {
	for _, t := range c.texts {
		if !t.dropped {
			return ""
		}
	}
	if c.asked {
		return ""
	}
	return "no text and no question"
}
