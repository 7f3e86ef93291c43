package stages

import (
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
)

// Difference is a key with different values in two recipes: its dotted path and both values.
type Difference = strict.Difference

// DiffRecipes lists the keys in which two recipes differ after defaults are filled in. It matches
// tasks by name and compares paths as files. Two recipes without a difference train the same model
// on the same data.
func DiffRecipes(a, b Recipe) []Difference {
	a, b = a.WithDefaults(), b.WithDefaults()
	if a.Model.Variant != b.Model.Variant && (a.Model.Variant == "" || b.Model.Variant == "") {
		a.Model, b.Model = a.spelledOut(), b.spelledOut()
	}
	return strict.Diff(a, b)
}

// spelledOut returns the model with sizes in place of a known variant's name.
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
