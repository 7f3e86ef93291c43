package webli

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// bestScored keeps the best-scored fraction of each language. Equal scores keep the samples' order.
func bestScored(top TopFraction) Rule {
	out := map[*Candidate]bool{}
	return Rule{
		Prepare: func(left []*Candidate) error {
			byLanguage := map[string][]*Candidate{}
			for _, c := range left {
				if c.scored && !math.IsNaN(c.score) && !c.HeldOut {
					byLanguage[c.Language] = append(byLanguage[c.Language], c)
				}
			}
			if len(byLanguage) == 0 && len(left) > 0 {
				return fmt.Errorf("no sample has a score %q", top.Score)
			}
			for _, of := range byLanguage {
				slices.SortStableFunc(of, func(a, b *Candidate) int { return cmp.Compare(b.score, a.score) })
				for _, c := range of[int(math.Ceil(top.Keep*float64(len(of)))):] {
					out[c] = true
				}
			}
			return nil
		},
		Remove: func(c *Candidate) string {
			switch {
			case !c.scored || math.IsNaN(c.score):
				return fmt.Sprintf("no score %q", top.Score)
			case out[c]:
				return fmt.Sprintf("%s %.4g is not among the best %v of language %q", top.Score, c.score, top.Keep, c.Language)
			}
			return ""
		},
	}
}
