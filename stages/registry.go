package stages

import (
	"context"
	"fmt"
	"strings"

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
	// Download returns the folder of a published model that is named hf:owner/name@revision. Nil if
	// models are in folders.
	Download func(name string) (dir string, err error)
}

// hubPrefix begins the names of published models that are downloaded.
const hubPrefix = "hf:"

// download returns the function that downloads models, nil if there is none.
func (g *Registry) download() func(name string) (dir string, err error) {
	if g == nil {
		return nil
	}
	return g.Download
}

// folder returns the folder of a model that a recipe or a command names.
func (g *Registry) folder(name string) (dir string, err error) {
	if !strings.HasPrefix(name, hubPrefix) {
		return name, nil
	}
	if g == nil || g.Download == nil {
		return "", fmt.Errorf("opening %s: this program downloads no models; name a folder", name)
	}
	return g.Download(name)
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
