package stages

import "github.com/pali3/pali3/internal/strict"

// Difference is a key with different values in two recipes: its dotted path and both values.
type Difference = strict.Difference

// DiffRecipes lists the keys in which two recipes differ after defaults are filled in. It matches
// tasks by name and compares paths as files. Two recipes without a difference train the same model
// on the same data. A recipe that states no stream_version does not differ in it.
func DiffRecipes(a, b Recipe) []Difference {
	a, b = a.WithDefaults().named(), b.WithDefaults().named()
	if a.Mixture.StreamVersion == 0 || b.Mixture.StreamVersion == 0 {
		a.Mixture.StreamVersion, b.Mixture.StreamVersion = 0, 0
	}
	if a.Model.Variant == "" || b.Model.Variant == "" {
		a.Model.Variant, b.Model.Variant = "", "" // compare the sizes instead
	}
	return strict.Diff(a, b)
}
