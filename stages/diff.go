package stages

import (
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
)

// Difference is a key whose value differs between two recipes: its dotted path and the two values.
type Difference = strict.Difference

// DiffRecipes lists the keys in which two recipes differ, with the defaults of keys that are left
// out filled in. Tasks are matched by their names; paths are compared as files. Two recipes without
// a difference train the same model on the same data.
func DiffRecipes(a, b Recipe) []Difference {
	a, b = a.WithDefaults(), b.WithDefaults()
	if a.Model.Variant != b.Model.Variant && (a.Model.Variant == "" || b.Model.Variant == "") {
		a.Model, b.Model = a.spelledOut(), b.spelledOut()
	}
	return strict.Diff(a, b)
}

// WithDefaults returns the recipe with the values filled in that its keys have where they are left
// out. What follows from the data alone, such as the size of the vocabulary, stays as it is.
func (r Recipe) WithDefaults() Recipe {
	r.Mixture = r.Mixture.WithDefaults()
	fill(&r.KeepCheckpoints, 2)
	fill(&r.TokenCache, defaultTokenCache)
	if r.Schedule.Kind == "" {
		r.Schedule.Kind = "constant"
	}
	if r.Schedule.Kind == "rsqrt" {
		fill(&r.Schedule.Timescale, defaultTimescale)
	}
	if r.Optimizer.Name == "adafactor_bigvision" || r.Optimizer.Name == "adamw" {
		fill(&r.Optimizer.Beta1, 0.9)
		fill(&r.Optimizer.Beta2, 0.999)
	}
	if r.Eval != nil {
		e := r.Eval.WithDefaults()
		r.Eval = &e
	}
	if r.Stage == "siglip" {
		fill(&r.Model.Bias, siglip.PaperBias)
	} else if r.Model.Variant == "" {
		r.Model.Language = r.Model.Language.WithDefaults()
	}
	return r
}

func fill[T int | float64](value *T, standard T) {
	if *value == 0 {
		*value = standard
	}
}

// spelledOut returns the model with its sizes in place of a variant's name, where there is such a
// variant.
func (r Recipe) spelledOut() Model {
	m := r.Model
	n, err := r.network()
	if m.Variant == "" || err != nil {
		return m
	}
	m.Variant, m.Image, m.Text = "", vit.Config{}, siglip.Text{}
	switch {
	case n.SigLIP != nil:
		m.Image, m.Text = n.SigLIP.Image, n.SigLIP.Text
	case n.UL2 != nil:
		m.Language = n.UL2.WithDefaults()
	case n.PaLI3 != nil:
		m.Image, m.Language = n.PaLI3.Vision, n.PaLI3.Language.WithDefaults()
	}
	return m
}
