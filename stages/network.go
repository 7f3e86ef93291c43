package stages

import (
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Network is the model of a stage with all sizes known. One of its fields is set.
type Network struct {
	SigLIP *siglip.Config `json:"siglip,omitempty"`
	UL2    *t5.Config     `json:"ul2,omitempty"`
	PaLI3  *pali3.Config  `json:"pali3,omitempty"`
}

// Network returns the model of a recipe for batches of the given shape and a vocabulary of the
// given size.
func (r Recipe) Network(shape mixture.Shape, vocabulary int) (Network, error) {
	n, problems := r.fit(shape, vocabulary)
	if err := problems.Err(); err != nil {
		return Network{}, fmt.Errorf("recipe: %w", err)
	}
	return n, nil
}

// build returns the model of a recipe for its data, and the model's weights.
func (r Recipe) build(be compute.Backend, stream *mixture.Stream) (Network, []weights.Spec, error) {
	network, err := r.Network(stream.Shape(), stream.Vocabulary().Size())
	if err != nil {
		return Network{}, nil, err
	}
	specs, err := network.Specs(be)
	if err != nil {
		return Network{}, nil, fmt.Errorf("building the model: %w", err)
	}
	return network, specs, nil
}

// fit returns the model with the sizes that follow from the data, and what does not fit the data.
func (r Recipe) fit(shape mixture.Shape, vocabulary int) (n Network, all strict.Problems) {
	n, err := r.network()
	if err != nil {
		all.Add("model", "model: %v", err)
		return n, all
	}
	square := shape.Height == shape.Width
	if !square {
		all.Add("images.ops", "images.ops give %d by %d pixels; the image encoder takes squares: end the ops with one size, such as resize(%d)",
			shape.Height, shape.Width, min(shape.Height, shape.Width))
	}
	fit := func(name string, have *int, want int) {
		if *have != 0 && *have != want {
			all.Add("model."+name, "model.%s is %d, the data has %d; leave it out to follow the data", name, *have, want)
		}
		*have = want
	}
	switch {
	case n.SigLIP != nil:
		if shape.Images == 0 {
			all.Add("tasks", "stage siglip takes one image per example, and no task has images; its tasks are of kind contrastive")
			return n, all
		}
		if shape.Images != 1 {
			all.Add("images.per_example", "stage siglip takes one image per example, images.per_example is %d", shape.Images)
		}
		fit("image.image", &n.SigLIP.Image.Image, shape.Height)
		fit("text.vocab", &n.SigLIP.Text.Vocab, vocabulary)
		fit("text.length", &n.SigLIP.Text.Length, shape.Encoder)
	case n.UL2 != nil:
		if shape.Images != 0 {
			all.Add("tasks", "stage ul2 takes only text, and some task has images; its tasks are of kind denoise")
		}
		fit("language.vocab", &n.UL2.Vocab, vocabulary)
	default:
		if shape.Images > 0 {
			fit("image.image", &n.PaLI3.Vision.Image, shape.Height)
		}
		fit("language.vocab", &n.PaLI3.Language.Vocab, vocabulary)
	}
	if square {
		all = append(all, n.problems()...)
	}
	return n, all
}

// problems lists what is wrong with the sizes of the model's parts.
func (n Network) problems() (all strict.Problems) {
	add := func(path string, err error) {
		if err != nil {
			all.Add(path, "%s: %v", path, err)
		}
	}
	switch {
	case n.SigLIP != nil:
		add("model.image", n.SigLIP.Image.Validate())
		add("model.text", n.SigLIP.Text.Validate())
	case n.UL2 != nil:
		add("model.language", n.UL2.Validate())
	case n.PaLI3 != nil:
		add("model.image", n.PaLI3.Vision.Validate())
		add("model.language", n.PaLI3.Language.Validate())
	}
	return all
}

// network returns the model as the recipe describes it.
func (r Recipe) network() (Network, error) {
	m := r.Model
	if m.Variant != "" && (m.Image != vit.Config{} || m.Text != siglip.Text{}) {
		return Network{}, fmt.Errorf("both variant %q and sizes are given", m.Variant)
	}
	var n Network
	var err error
	switch r.Stage {
	case "siglip":
		n.SigLIP = &siglip.Config{Image: m.Image, Text: m.Text}
		if m.Variant != "" {
			*n.SigLIP, err = siglip.Variant(m.Variant)
			n.SigLIP.Image.Image, n.SigLIP.Text.Vocab, n.SigLIP.Text.Length = 0, 0, 0
		}
		n.SigLIP.Bias = m.Bias
	case "ul2":
		n.UL2 = &m.Language
		if m.Variant != "" {
			*n.UL2, err = t5.Variant(m.Variant)
			n.UL2.Vocab = 0
		}
	case "pali3":
		n.PaLI3 = &pali3.Config{Vision: m.Image, Language: m.Language, ZeroProjection: m.ZeroProjection}
		if m.Variant != "" {
			*n.PaLI3, err = pali3.Variant(m.Variant)
			n.PaLI3.Vision.Image, n.PaLI3.Language.Vocab = 0, 0
		}
	default:
		err = fmt.Errorf("unknown stage %q", r.Stage)
	}
	return n, err
}

// Specs lists the model's weights.
func (n Network) Specs(be compute.Backend) ([]weights.Spec, error) {
	switch {
	case n.SigLIP != nil:
		return siglip.Specs(be, *n.SigLIP)
	case n.UL2 != nil:
		return t5.Specs(be, *n.UL2)
	case n.PaLI3 != nil:
		return pali3.Specs(be, *n.PaLI3)
	}
	return nil, fmt.Errorf("no model")
}

// image returns the shape of the image encoder, or nil if the model has none.
func (n Network) image() *vit.Config {
	switch {
	case n.SigLIP != nil:
		return &n.SigLIP.Image
	case n.PaLI3 != nil:
		return &n.PaLI3.Vision
	}
	return nil
}

// String is the model's config as JSON.
func (n Network) String() string {
	content, err := json.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(content)
}
