package webli

import (
	"math"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/imageprint"
	"github.com/pali3/pali3/internal/strict"
)

// problems lists all values of the config that cannot be meant.
func (c Config) problems() (all strict.Problems) {
	for _, field := range []struct {
		name  string
		value float64
	}{
		{"images.min_side", float64(c.Images.MinSide)}, {"images.max_aspect", c.Images.MaxAspect},
		{"images.max_pixels", float64(c.Images.MaxPixels)}, {"images.max_samples", float64(c.Images.MaxSamples)},
		{"texts.min_runes", float64(c.Texts.MinRunes)},
		{"texts.max_runes", float64(c.Texts.MaxRunes)}, {"texts.max_run", float64(c.Texts.MaxRun)},
		{"texts.max_samples", float64(c.Texts.MaxSamples)},
	} {
		if field.value < 0 || math.IsNaN(field.value) {
			all.Add(field.name, "%s is %v, below zero; 0 turns the rule off", field.name, field.value)
		}
	}
	if limit := augment.DefaultLimits().MaxPixels; c.Images.MaxPixels > limit {
		all.Add("images.max_pixels", "images.max_pixels is %d; more than %d are not decoded", c.Images.MaxPixels, limit)
	}
	if c.Images.MaxAspect > 0 && c.Images.MaxAspect < 1 {
		all.Add("images.max_aspect", "images.max_aspect is %v, but the longer side divided by the shorter is at least 1", c.Images.MaxAspect)
	}
	if c.Texts.MaxRunes != 0 && c.Texts.MaxRunes < c.Texts.MinRunes {
		all.Add("texts.max_runes", "texts.max_runes %d is less than min_runes %d", c.Texts.MaxRunes, c.Texts.MinRunes)
	}
	c.Rules.problems(&all)
	if n := c.Contamination.Words; n != 0 && (n < fewestWords || n > mostWords) {
		all.Add("contamination.words", "contamination.words is %d; legal are %d to %d words in a row, and 0, which turns the rule off", n, fewestWords, mostWords)
	}
	c.Contamination.Near.problems("contamination.near", &all)
	c.Duplicates.Near.problems("duplicates.near", &all)
	if d := c.Duplicates; d.MergeTexts && (d.Pairs || !d.Exact && !d.Near.on()) {
		all.Add("duplicates.merge_texts", "duplicates.merge_texts needs duplicates.exact or duplicates.near, and not duplicates.pairs, which keeps samples with other texts")
	}
	if c.Top != (TopFraction{}) && (c.Top.Score == "" || !(c.Top.Keep > 0 && c.Top.Keep <= 1)) {
		all.Add("top", "top needs a score's name and keep more than 0 and at most 1, but has %q and %v", c.Top.Score, c.Top.Keep)
	}
	return all
}

func (d NearDuplicate) problems(name string, all *strict.Problems) {
	if d.Bits < 0 || d.Bits > imageprint.MaxBits || d.Colour < 0 || d.Colour > 255 {
		all.Add(name, "%s has bits %d and colour %d; legal are 0 to %d and 0 to 255", name, d.Bits, d.Colour, imageprint.MaxBits)
	}
}
