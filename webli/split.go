package webli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/shards"
)

// Fraction is a split to make and the fraction of the samples that it gets.
type Fraction struct {
	Name string
	Part float64 // more than 0 and less than 1
}

// NearDuplicates is the value of [SplitConfig.KeepTogether] that keeps images which look alike in
// one split.
const NearDuplicates = "near-duplicates"

// SplitConfig says how [Split] divides a dataset.
type SplitConfig struct {
	// Fractions are the splits to make; their parts sum to less than 1.
	Fractions []Fraction
	// Rest names the split of all other samples; "train" if empty.
	Rest string
	// By names the value that decides: "key" (if empty), "provenance.url", "provenance.page_url",
	// or a field of the metadata, for example "book" or "metadata.book". Samples with the same
	// value are in one split.
	By string
	// KeepTogether is "" or NearDuplicates. The latter keeps two samples in one split if they share
	// an image, have images that look alike, or have no image and the same texts and questions, and
	// so for chains of such pairs.
	KeepTogether string
	// Near says which images look alike. Default: [DefaultNearDuplicate].
	Near NearDuplicate
	// Seed selects one of many equally good divisions.
	Seed uint64
	// Resplit divides all samples. Without it, a sample keeps its split unless that is empty or
	// Rest.
	Resplit bool
}

// DefaultNearDuplicate returns the limits that find photographs and drawings which were re-encoded
// or resized; see [NearDuplicate].
func DefaultNearDuplicate() NearDuplicate { return NearDuplicate{Bits: 3, Colour: 5} }

func (c SplitConfig) withDefaults() SplitConfig {
	c.Rest = cmp.Or(c.Rest, "train")
	c.By = cmp.Or(c.By, byKey)
	if c.Near == (NearDuplicate{}) {
		c.Near = DefaultNearDuplicate()
	}
	return c
}

// Validate returns an error for values that cannot be meant.
func (c SplitConfig) Validate() error {
	c = c.withDefaults()
	if len(c.Fractions) == 0 {
		return errors.New("no split is asked for: give at least one name and fraction, such as val=0.05")
	}
	if err := checkSplitName(c.Rest); err != nil {
		return err
	}
	taken, sum := map[string]bool{c.Rest: true}, 0.0
	for _, f := range c.Fractions {
		if err := checkSplitName(f.Name); err != nil {
			return err
		}
		if taken[f.Name] {
			return fmt.Errorf("the split %q is named twice (the rest of the samples is called %q)", f.Name, c.Rest)
		}
		taken[f.Name] = true
		if !(f.Part > 0 && f.Part < 1) {
			return fmt.Errorf("%s=%v: a fraction is more than 0 and less than 1; 5 percent is 0.05", f.Name, f.Part)
		}
		sum += f.Part
	}
	if sum > 1-1e-9 {
		return fmt.Errorf("the fractions sum to %v, which leaves nothing for %s: they must sum to less than 1", math.Round(1e6*sum)/1e6, c.Rest)
	}
	if c.KeepTogether != "" && c.KeepTogether != NearDuplicates {
		return fmt.Errorf("keep together %q is not known; legal is %q", c.KeepTogether, NearDuplicates)
	}
	var problems strict.Problems
	c.Near.problems("near", &problems)
	return problems.Err()
}

// checkSplitName accepts names that can also be used for folders and on a command line.
func checkSplitName(name string) error {
	const longest = 64
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.", r)
	}
	if name == "" || len(name) > longest || strings.ContainsFunc(name, odd) || strings.ContainsAny(name[:1], "-.") {
		return fmt.Errorf("%q cannot name a split: use at most %d letters, digits and _ - . that begin with no dot or hyphen", name, longest)
	}
	return nil
}

// Split assigns the samples of a dataset to splits and writes them, in their order, to the new
// dataset folder out. It treats an existing out and an interruption as [Curate] does.
//
// A sample's split depends only on its value (see [SplitConfig.By]), the seed and the fractions:
// the first eight bytes of SHA-256 of "SEED:VALUE", as a fraction of 2^64, are compared with the
// running sums of the fractions. Adding or removing samples does not change the split of the
// others. Samples that are kept together get the split of the one whose hash is least in its
// remaining bytes. Adding samples to a group changes its split only if one of them becomes the
// least or connects the group with another.
func Split(ctx context.Context, in *shards.Dataset, out string, config SplitConfig, options Options) (SplitReport, error) {
	if err := config.Validate(); err != nil {
		return SplitReport{}, fmt.Errorf("splitting: %w", err)
	}
	config = config.withDefaults()
	if err := mustBeFree(out); err != nil {
		return SplitReport{}, err
	}
	members, err := examineMembers(ctx, in, config, options)
	if err != nil {
		return SplitReport{}, err
	}
	if err := valuesFound(in, members, config.By); err != nil {
		return SplitReport{}, err
	}
	groups := groupMembers(members, config)
	assigned, torn := config.assign(members, groups)
	report := config.report(members, groups, assigned)
	report.Torn = torn
	report.warn(config)
	return report, writeWhole(out, "split", func(dir string) error {
		return writeSplit(ctx, in, assigned, dir, cmp.Or(options.Command, "split"))
	})
}

// assign returns the split of every member, and the number of groups whose members keep different
// splits.
func (c SplitConfig) assign(members []*member, groups *groups) (assigned []string, torn int) {
	type choice struct{ all, fixed *member } // the least member of the group, and the least that keeps its split
	choices, tornAt := map[int32]*choice{}, map[int32]bool{}
	for i, m := range members {
		root := groups.root(int32(i))
		at := choices[root]
		if at == nil {
			at = &choice{}
			choices[root] = at
		}
		if at.all == nil || m.before(at.all) {
			at.all = m
		}
		if m.fixed {
			if at.fixed != nil && at.fixed.split != m.split {
				tornAt[root] = true
			}
			if at.fixed == nil || m.before(at.fixed) {
				at.fixed = m
			}
		}
	}
	assigned = make([]string, len(members))
	for i, m := range members {
		at := choices[groups.root(int32(i))]
		switch {
		case m.fixed:
			assigned[i] = m.split
		case at.fixed != nil:
			assigned[i] = at.fixed.split
		default:
			assigned[i] = c.draw(at.all)
		}
	}
	return assigned, len(tornAt)
}

// draw returns the split that the fractions give to a member.
func (c SplitConfig) draw(m *member) string {
	at, sum := m.uniform(), 0.0
	for _, f := range c.Fractions {
		if sum += f.Part; at < sum {
			return f.Name
		}
	}
	return c.Rest
}

// keeps reports whether samples of a split keep it.
func (c SplitConfig) keeps(split string) bool {
	return !c.Resplit && split != "" && split != c.Rest
}

func writeSplit(ctx context.Context, in *shards.Dataset, assigned []string, dir, command string) error {
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		return err
	}
	defer w.Abort()
	err = eachSample(ctx, []*shards.Dataset{in}, (*shards.Dataset).All, func(place int, _ Origin, s shards.Sample) error {
		s.Split = assigned[place]
		if err := w.Append(s); err != nil || !w.PartFull() {
			return err
		}
		_, _, err := w.EndPart()
		return err
	})
	if err != nil {
		return err
	}
	return w.Commit(command, in.Dir())
}

// sortedNames returns the keys of a map in alphabetical order.
func sortedNames[V any](set map[string]V) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
