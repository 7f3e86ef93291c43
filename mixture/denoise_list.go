package mixture

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/tokenize"
)

// denoisersOf returns the denoisers of a task of a kind that has some.
func (t *Task) denoisersOf(k Kind) ([]Denoiser, error) {
	if len(t.DenoiserList) == 0 {
		preset, err := Denoisers(cmp.Or(t.Denoisers, k.Denoisers))
		for i := range preset {
			if !t.Modes {
				preset[i].Mode = ""
			}
		}
		return preset, err
	}
	list := slices.Clone(t.DenoiserList)
	for i := range list {
		list[i].Name = cmp.Or(list[i].Name, list[i].numbers())
	}
	return list, nil
}

// denoisersKey is the key of the recipe that the task's denoisers are from.
func (t *Task) denoisersKey() string {
	if len(t.DenoiserList) > 0 {
		return "denoiser_list"
	}
	return "denoisers"
}

// numbers names a denoiser by its numbers, as UL2 does.
func (d Denoiser) numbers() string {
	if d.MeanSpan == 0 {
		return fmt.Sprintf("S(%g)", d.Rate)
	}
	return fmt.Sprintf("(%g,%g)", d.MeanSpan, d.Rate)
}

// denoiserProblems lists what is wrong with the denoisers of a task; paths are keys of the task.
func (t *Task) denoiserProblems(k Kind) (all strict.Problems) {
	switch {
	case len(t.DenoiserList) == 0:
		if k.Denoisers != "" && t.Denoisers != "" {
			if _, err := Denoisers(t.Denoisers); err != nil {
				all.Add("denoisers", "%v", err)
			}
		}
		return all
	case k.Denoisers == "":
		all.Add("denoiser_list", "denoiser_list: kind %s hides no parts of texts; denoise, span_corruption, prefix_lm and text_replay do", t.Kind)
	case t.Denoisers != "":
		all.Add("denoiser_list", "denoiser_list and denoisers: %s; one of them is legal", t.Denoisers)
	case t.Modes:
		all.Add("modes", "modes: true is for denoisers that have a name; in denoiser_list each names its mode")
	}
	for i, d := range t.DenoiserList {
		for _, p := range d.problems() {
			all.Add(fmt.Sprintf("denoiser_list.%d.%s", i, p.Path), "denoiser_list[%d]: %s", i, p.Text)
		}
	}
	return all
}

func (d Denoiser) problems() (all strict.Problems) {
	if !(d.MeanSpan == 0 || d.MeanSpan >= 1) || math.IsInf(d.MeanSpan, 0) {
		all.Add("mean_span", "mean_span: %g; legal are 1 and above, or 0 to hide one suffix", d.MeanSpan)
	}
	switch {
	case !(d.Rate > 0 && d.Rate < 1):
		all.Add("rate", "rate: %g; legal are numbers above 0 and below 1", d.Rate)
	case d.MeanSpan == 0 && d.Rate > 0.5:
		all.Add("rate", "rate: %g; without mean_span it is the mean share of a suffix, at most 0.5", d.Rate)
	}
	if !(d.Weight > 0) || math.IsInf(d.Weight, 0) {
		all.Add("weight", "weight: %g, must be above zero", d.Weight)
	}
	if err := checkMode(d.Mode); err != nil {
		all.Add("mode", "%v", err)
	}
	return all
}

func checkMode(mode string) error {
	if mode == "" || slices.Contains(tokenize.ModeTokens[:], mode) {
		return nil
	}
	return fmt.Errorf("mode: %q; legal are %s", mode, strings.Join(tokenize.ModeTokens[:], ", "))
}
