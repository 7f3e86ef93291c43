package webli

import (
	"fmt"
	"math"
)

// SplitReport says how [Split] divided the samples.
type SplitReport struct {
	Samples int `json:"samples"`
	// Splits are the rest, the fractions in their order, and other splits that samples kept, by
	// name.
	Splits []SplitPart `json:"splits"`
	// Groups counts the groups of two or more samples that belong together.
	Groups int `json:"groups"`
	// Grouped counts the samples in these groups, Largest those in the largest group.
	Grouped int `json:"grouped"`
	Largest int `json:"largest_group"`
	// Torn counts the groups that stay in several splits because their samples keep different ones.
	Torn int `json:"torn_groups"`
	// Unvalued counts the samples without a value to split by, whose keys decide.
	Unvalued int `json:"without_value"`
	// Undecodable counts the images that do not decode; only their bytes were compared.
	Undecodable int      `json:"undecodable_images"`
	Warnings    []string `json:"warnings,omitempty"`
}

// SplitPart is one split of the output.
type SplitPart struct {
	Name    string `json:"name"`
	Samples int    `json:"samples"`
	Images  int    `json:"images"`
	Groups  int    `json:"groups"` // of two or more samples, with at least one in this split
	Kept    int    `json:"kept"`   // samples that kept this split
	// Asked and Got are the requested and the actual fraction of the samples that did not keep a
	// split; both are 0 for a split that was not requested.
	Asked float64 `json:"asked"`
	Got   float64 `json:"got"`
}

// report counts what assign decided.
func (c SplitConfig) report(members []*member, groups *groups, assigned []string) SplitReport {
	r := SplitReport{Samples: len(members)}
	at := map[string]int{}
	part := func(name string) *SplitPart {
		if _, there := at[name]; !there {
			at[name] = len(r.Splits)
			r.Splits = append(r.Splits, SplitPart{Name: name})
		}
		return &r.Splits[at[name]]
	}
	left := 1.0
	for _, f := range c.Fractions {
		left -= f.Part
	}
	part(c.Rest).Asked = round(left)
	for _, f := range c.Fractions {
		part(f.Name).Asked = f.Part
	}
	others := map[string]bool{}
	for _, name := range assigned {
		if _, asked := at[name]; !asked {
			others[name] = true
		}
	}
	for _, name := range sortedNames(others) {
		part(name)
	}
	sizes := make([]int, len(members))
	drawn := 0
	for i, m := range members {
		p := part(assigned[i])
		p.Samples, p.Images = p.Samples+1, p.Images+m.images
		sizes[groups.root(int32(i))]++
		if m.fixed {
			p.Kept++
		} else {
			drawn++
		}
		if m.unvalued {
			r.Unvalued++
		}
		r.Undecodable += len(m.sums) - len(m.prints)
	}
	for i := range r.Splits {
		if p := &r.Splits[i]; drawn > 0 && p.Asked > 0 {
			p.Got = float64(p.Samples-p.Kept) / float64(drawn)
		}
	}
	c.countGroups(&r, sizes, assigned, groups)
	return r
}

// countGroups counts the groups of two or more samples. sizes has the sizes of the groups at their
// roots.
func (c SplitConfig) countGroups(r *SplitReport, sizes []int, assigned []string, groups *groups) {
	type piece struct {
		root  int32
		split string
	}
	seen := map[piece]bool{}
	for i, name := range assigned {
		root := groups.root(int32(i))
		n := sizes[root]
		if n < 2 {
			continue
		}
		if root == int32(i) {
			r.Groups, r.Grouped, r.Largest = r.Groups+1, r.Grouped+n, max(r.Largest, n)
		}
		if !seen[piece{root, name}] {
			seen[piece{root, name}] = true
			for j := range r.Splits {
				if r.Splits[j].Name == name {
					r.Splits[j].Groups++
				}
			}
		}
	}
}

// fewSamples is the size of a split below which scores on it mean little: with 20 answers, the 95 %
// interval of an accuracy is 0.4 wide.
const fewSamples = 20

// warn adds warnings about splits that a person should look at before training.
func (r *SplitReport) warn(c SplitConfig) {
	say := func(format string, args ...any) { r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...)) }
	drawn := 0
	for _, p := range r.Splits {
		if p.Asked > 0 {
			drawn += p.Samples - p.Kept
		}
	}
	for _, p := range r.Splits {
		switch {
		case p.Name == c.Rest && p.Samples == 0:
			say("%s is empty: all samples are in other splits", p.Name)
		case p.Name == c.Rest || p.Asked == 0:
		case p.Samples == 0:
			say("%s is empty: %v of %d samples were asked for; give it a larger fraction, or use --resplit if the samples had splits before", p.Name, p.Asked, drawn)
		case p.Samples < fewSamples:
			say("%s has fewer than %d samples (%d), and scores on it will have wide intervals; give it a larger fraction", p.Name, fewSamples, p.Samples)
		}
		if far(p, drawn) {
			why := "the draw came out so: try another seed"
			if r.Groups > 0 {
				why = fmt.Sprintf("the largest of the %d groups kept together has %d samples", r.Groups, r.Largest)
			}
			say("%s has %s of the samples instead of %s: %s", p.Name, percent(p.Got), percent(p.Asked), why)
		}
	}
	if r.Torn > 0 {
		say("%d groups stay in several splits, as their samples had different splits before; use --resplit to keep them together", r.Torn)
	}
	if r.Unvalued > 0 {
		say("%d of %d samples have no %s: their keys decide", r.Unvalued, r.Samples, c.By)
	}
	if r.Undecodable > 0 {
		say("%d images do not decode: only images with the same bytes were kept together with them", r.Undecodable)
	}
}

// far reports whether the size of a split differs from the requested one by more than a quarter and
// by more than three standard deviations of independent draws.
func far(p SplitPart, drawn int) bool {
	if p.Asked == 0 || p.Samples == 0 || drawn == 0 {
		return false
	}
	off := math.Abs(p.Got - p.Asked)
	return off > p.Asked/4 && off > 3*math.Sqrt(p.Asked*(1-p.Asked)/float64(drawn))
}

func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// percent writes a fraction with at most one decimal.
func percent(v float64) string { return fmt.Sprintf("%v%%", math.Round(v*1000)/10) }
