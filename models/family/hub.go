package family

import "github.com/pali3/pali3/models/weights"

// Hub describes a family's folders on a model hub, as transformers' save_pretrained writes them. A
// family without one is read from and written to run folders only.
type Hub struct {
	// Types are the values of model_type in config.json that Read reads, for example "siglip".
	Types []string
	// Read returns the model that a config.json describes. It refuses what the model cannot do
	// exactly, and sizes that no model has.
	Read func(config []byte) (Model, error)
	// Fit sets what config.json leaves open, from the tensors of the folder: whether the output
	// weights of a T5 are its token embeddings, for example. It is called after Read, before Specs.
	// Nil if nothing is left open.
	Fit func(m Model, f *weights.File) error
	// Write returns the content of config.json for a model, with model_type and architectures. It
	// is nil, or returns an error, if transformers has no class for the model.
	Write func(m Model) (map[string]any, error)
	// Names presents a folder's weights under the model's names. Nil if transformers' names are
	// ours.
	Names func(m Model) weights.Names
	// Name returns transformers' name for a weight of ours. Nil if it is the same.
	Name func(ours string) string
	// Skip reports whether a folder's tensor is known not to be a weight, such as a buffer of
	// position ids or a copy of a shared weight. Nil if all are weights.
	Skip func(theirs string) bool
	// ImageProcessor is transformers' class for the family's images. "" is SiglipImageProcessor.
	ImageProcessor string
	// Frame is how a prompt is framed by the family's own processor, a value of
	// tokenize.Config.Frame. "" is a prompt and its end of sentence.
	Frame string
	// Prompts are the templates that the published models were trained with, by kind of task.
	Prompts map[string]string
	// BigVision writes a model's weights to an .npz file as big_vision reads them. Nil if it has no
	// such model.
	BigVision func(m Model, set *weights.Set, path string) error
}

// Assembly is a model that transformers has no class for, made of components some of which have
// one.
type Assembly interface {
	Model
	// Components lists the components, which together have all weights.
	Components() ([]Component, error)
}

// Component is a part of an [Assembly].
type Component struct {
	// Folder is the name of its folder and Summary says what it is.
	Folder, Summary string
	// Has reports whether a weight belongs to it.
	Has func(weight string) bool
	// Config is the content of its config.json. Nil if transformers has no class for it.
	Config map[string]any
	// Texts and Images say whether it takes ids and images.
	Texts, Images bool
}

// Layout returns how a folder's file holds the weights of a model, nil for our names and layout.
func (h *Hub) Layout(m Model) weights.Names {
	switch {
	case h.Names != nil:
		return h.Names(m)
	case h.Name != nil:
		return weights.Renamed(h.Name)
	}
	return nil
}

// Expect moves unexpected tensors that are known not to be weights to those ignored.
func (h *Hub) Expect(r *weights.Report) {
	if h.Skip == nil {
		return
	}
	var unexpected []string
	for _, name := range r.Unexpected {
		if h.Skip(name) {
			r.Ignored = append(r.Ignored, weights.Named{Name: name, Why: "it is not a weight of its own"})
			continue
		}
		unexpected = append(unexpected, name)
	}
	r.Unexpected = unexpected
}

// Types returns the values of model_type that the families read.
func (all Families) Types() (types []string) {
	for _, f := range all {
		if f.Hub != nil {
			types = append(types, f.Hub.Types...)
		}
	}
	return types
}

// OfType returns the family that reads a model_type of config.json.
func (all Families) OfType(modelType string) (Family, bool) {
	for _, f := range all {
		if f.Hub == nil {
			continue
		}
		for _, t := range f.Hub.Types {
			if t == modelType {
				return f, true
			}
		}
	}
	return Family{}, false
}
