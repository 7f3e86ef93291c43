package stages

import (
	"context"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/shards"
)

// Registry holds what recipes and run folders may name. A nil Registry, or a nil field of one,
// means what is built in.
type Registry struct {
	// Data holds kinds of task, image ops, tokenizers and stores.
	Data *mixture.Registry
	// Families of models. To add one, append it to models.Families().
	Families family.Families
}

// Mixture returns the registry of the data half, nil for what is built in.
func (g *Registry) Mixture() *mixture.Registry {
	if g == nil {
		return nil
	}
	return g.Data
}

func (g *Registry) families() family.Families {
	if g == nil || g.Families == nil {
		return models.Families()
	}
	return g.Families
}

// OpenDataset opens a dataset that a recipe names: see [mixture.Registry.OpenDataset].
func (g *Registry) OpenDataset(ctx context.Context, name string) (*shards.Dataset, error) {
	return g.Mixture().OpenDataset(ctx, name)
}
