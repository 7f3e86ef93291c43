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
