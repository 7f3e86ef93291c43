package webli

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
)

// rule is one reason to remove samples. Rules are asked one after the other, each about the samples
// that are left, in their order.
type rule struct {
	name string
	// prepare sees all samples that are left before the first question; it may be nil.
	prepare func(left []*record) error
	// remove says why the sample must go, or "".
	remove func(*record) string
	// toHeldOut says that the rule applies to held-out samples too.
	toHeldOut bool
}

// rules lists the rules that the config turns on, in order. against holds the pictures of further
// held-out datasets.
func (c Config) rules(against []*record) []rule {
	var list []rule
	add := func(on bool, r rule) {
		if on {
			list = append(list, r)
		}
	}
	add(true, rule{name: "undecodable", toHeldOut: true, remove: func(r *record) string { return r.bad }})
	add(true, sameKey())
	add(c.Images.MinSide > 0, rule{name: "min_side", remove: c.Images.tooSmall})
	add(c.Images.MaxAspect > 0, rule{name: "max_aspect", remove: c.Images.tooLong})
	add(c.Images.MaxPixels > 0, rule{name: "max_pixels", remove: c.Images.tooLarge})
	add(c.Images.MaxSamples > 0, crowded(c.Images.MaxSamples))
	add(c.Texts.MinRunes > 0 || c.Texts.MaxRunes > 0, flawed(textLength))
	add(c.Texts.Letters, flawed(textLetters))
	add(c.Texts.MaxRun > 0, flawed(textRun))
	add(c.Texts.Boilerplate || len(c.Texts.Phrases) > 0, flawed(textBoilerplate))
	add(c.Texts.MaxSamples > 0, frequent(c.Texts.MaxSamples))
	add(c.Texts.Required, rule{name: textRequired, remove: textless})
	add(c.Contamination.Exact, sameAsHeldOut(against))
	add(c.Contamination.Near.on(), likeHeldOut(c.Contamination.Near, against))
	add(c.Duplicates.Exact, duplicate(c.Duplicates.Pairs))
	add(c.Duplicates.Near.on(), nearDuplicate(c.Duplicates.Near, c.Duplicates.Pairs))
	add(c.Top.Score != "", top(c.Top))
	return list
}

// decide asks all rules about all records and returns what each removed.
func decide(records []*record, rules []rule) ([]Removal, error) {
	var removals []Removal
	left := slices.Clone(records)
	for _, r := range rules {
		if r.prepare != nil {
			if err := r.prepare(left); err != nil {
				return nil, fmt.Errorf("rule %s: %w", r.name, err)
			}
		}
		before := len(left)
		left = slices.DeleteFunc(left, func(x *record) bool {
			if x.heldOut && !r.toHeldOut {
				return false
			}
			if why := r.remove(x); why != "" {
				x.removedBy, x.why = r.name, why
			}
			return x.removedBy != ""
		})
		removals = append(removals, Removal{Name: r.name, Removed: before - len(left)})
	}
	return removals, nil
}

// sameKey keeps keys unique where several datasets become one.
func sameKey() rule {
	first := map[string]*record{}
	return rule{name: "same_key", toHeldOut: true, remove: func(r *record) string {
		if other, taken := first[r.key]; taken {
			return fmt.Sprintf("%s has the key %q too", other.origin, r.key)
		}
		first[r.key] = r
		return ""
	}}
}

func (c Images) tooSmall(r *record) string {
	for i, s := range r.sizes {
		if int(min(s[0], s[1])) < c.MinSide {
			return fmt.Sprintf("image %d is %dx%d, a side of fewer than %d pixels", i, s[0], s[1], c.MinSide)
		}
	}
	return ""
}

func (c Images) tooLong(r *record) string {
	for i, s := range r.sizes {
		if float64(max(s[0], s[1])) > c.MaxAspect*float64(min(s[0], s[1])) {
			return fmt.Sprintf("image %d is %dx%d, longer than %v to 1", i, s[0], s[1], c.MaxAspect)
		}
	}
	return ""
}

func (c Images) tooLarge(r *record) string {
	for i, s := range r.sizes {
		if int(s[0])*int(s[1]) > c.MaxPixels {
			return fmt.Sprintf("image %d is %dx%d, more than %d pixels", i, s[0], s[1], c.MaxPixels)
		}
	}
	return ""
}

// imageFrequent is the rule on images that many samples have.
const imageFrequent = "image_frequent"

// crowded removes all samples whose images more than most samples have: placeholders, or images of
// too many names.
func crowded(most int) rule {
	type crowd struct {
		first *record
		n     int
	}
	samples := map[[sha256.Size]byte]*crowd{}
	return rule{
		name: imageFrequent,
		prepare: func(left []*record) error {
			for _, r := range left {
				if len(r.prints) == 0 || r.heldOut {
					continue
				}
				id := r.pictures()
				if samples[id] == nil {
					samples[id] = &crowd{first: r}
				}
				samples[id].n++
			}
			return nil
		},
		remove: func(r *record) string {
			if len(r.prints) == 0 {
				return ""
			}
			if c := samples[r.pictures()]; c.n > most {
				return fmt.Sprintf("%d samples have its images, more than %d; the first is %s of %s", c.n, most, c.first.key, c.first.origin)
			}
			return ""
		},
	}
}

// flawed drops the texts that fail the named rule by themselves.
func flawed(name string) rule {
	return rule{name: name, remove: func(r *record) string {
		return r.drop(func(t *textRecord) string {
			if t.flaw != name {
				return ""
			}
			return t.why
		})
	}}
}

// frequent drops the texts that more than most samples share.
func frequent(most int) rule {
	samples := map[uint64]int{}
	return rule{
		name: textFrequent,
		prepare: func(left []*record) error {
			for _, r := range left {
				for i, t := range r.texts {
					again := slices.ContainsFunc(r.texts[:i], func(u textRecord) bool { return u.hash == t.hash && !u.dropped })
					if !t.dropped && !t.exempt && !again && !r.heldOut {
						samples[t.hash]++
					}
				}
			}
			return nil
		},
		remove: func(r *record) string {
			return r.drop(func(t *textRecord) string {
				if n := samples[t.hash]; !t.exempt && n > most {
					return fmt.Sprintf("a text that %d samples share, more than %d", n, most)
				}
				return ""
			})
		},
	}
}

func textless(r *record) string {
	for _, t := range r.texts {
		if !t.dropped {
			return ""
		}
	}
	if r.asked {
		return ""
	}
	return "no text and no question"
}

// top keeps the best-scored fraction of each language. Equal scores stay in the samples' order.
func top(c Top) rule {
	out := map[*record]bool{}
	return rule{
		name: "low_score",
		prepare: func(left []*record) error {
			byLanguage := map[string][]*record{}
			for _, r := range left {
				if r.scored && !math.IsNaN(r.score) && !r.heldOut {
					byLanguage[r.language] = append(byLanguage[r.language], r)
				}
			}
			if len(byLanguage) == 0 && len(left) > 0 {
				return fmt.Errorf("no sample has a score %q", c.Score)
			}
			for _, of := range byLanguage {
				slices.SortStableFunc(of, func(a, b *record) int { return cmp.Compare(b.score, a.score) })
				for _, r := range of[int(math.Ceil(c.Keep*float64(len(of)))):] {
					out[r] = true
				}
			}
			return nil
		},
		remove: func(r *record) string {
			switch {
			case !r.scored || math.IsNaN(r.score):
				return fmt.Sprintf("no score %q", c.Score)
			case out[r]:
				return fmt.Sprintf("%s %.4g is not among the best %v of language %q", c.Score, r.score, c.Keep, r.language)
			}
			return ""
		},
	}
}
