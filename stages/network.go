package stages

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/tokenize"
)

// Network is the model of a run with all sizes known.
type Network struct {
	Family family.Family
	Model  family.Model
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
	spell(network.Model, stream.Vocabulary())
	specs, err := network.Model.Specs(be)
	if err != nil {
		return Network{}, nil, fmt.Errorf("building the model: %w", err)
	}
	return network, specs, nil
}

// spell tells a model the ids of a vocabulary's pieces.
func spell(m family.Model, v *tokenize.Vocabulary) {
	if speller, spells := m.(family.Speller); spells {
		speller.Spell(func(piece string) (int, bool) {
			id := v.Model().PieceID(piece)
			return int(id), id != v.Model().UnknownID()
		})
	}
}

// fit returns the model with the sizes that follow from the data, and what does not fit the data.
func (r Recipe) fit(shape mixture.Shape, vocabulary int) (n Network, all strict.Problems) {
	f, known := r.families().Find(r.Family)
	switch {
	case !known:
		all.Add(r.familyKey(), "model: unknown family %q", r.Family)
		return n, all
	case r.Model.err != nil:
		all.Add("model.variant", "model: %v", r.Model.err)
		return n, all
	case r.Model.Config == nil:
		all.Add("model", "model: missing")
		return n, all
	}
	n = Network{f, family.Clone(r.Model.Config)}
	data := family.Data{
		Images: shape.Images, Height: shape.Height, Width: shape.Width, Encoder: shape.Encoder, Vocabulary: vocabulary,
		Patch: shape.Sequence.Patch, Patches: shape.Sequence.Length,
	}
	if _, takes := n.Model.(family.PatchEmbedder); data.Patch > 0 && !takes {
		all.Add("images.ops", "images.ops give images of any aspect; the family %s takes images of one size: end with a resize or a crop of a fixed size, such as resize(224)", f.Name)
		return n, all
	}
	if packer, packs := n.Model.(family.Packer); shape.Segments > 0 && (!packs || !packer.Packs()) {
		all.Add("packing", "packing: the family %s takes an example per row; leave packing out", f.Name)
		return n, all
	}
	for _, p := range n.Model.Fit(data) {
		all.Add(p.Key, "%s", p.Text)
	}
	if err := n.Model.Validate(); err != nil && len(all) == 0 {
		all.Add("model", "model: %v", err)
	}
	return n, all
}

// Loss builds the scalar loss of a batch in the graph of a training step.
type Loss func(scope *weights.Scope, in family.Batch) *graph.Node

// LossByExample builds a [Loss] and each example's part of it. The examples node, [2, B], holds a
// sum and a count for each of the batch's B examples, or [2, B·S] for each of the S segments that
// packed rows have at most; the loss of any group of examples is the total of their sums divided by
// the total of their counts.
type LossByExample func(scope *weights.Scope, in family.Batch) (loss, examples *graph.Node)

// Loss builds the model's loss.
func (n Network) Loss(s *weights.Scope, in family.Batch) *graph.Node { return n.Model.Loss(s, in).Mean }

// LossByExample builds the model's loss, and each example's part of it, as a [LossByExample].
func (n Network) LossByExample(s *weights.Scope, in family.Batch) (loss, examples *graph.Node) {
	l := n.Model.Loss(s, in)
	return l.Mean, graph.Stack([]*graph.Node{l.Sums, l.Counts}, 0)
}

// MarshalJSON writes the config under the family's name: {"siglip": {...}}.
func (n Network) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]family.Model{n.Family.Name: n.Model})
}

// readNetwork reads what MarshalJSON writes.
func readNetwork(content []byte, families family.Families) (Network, error) {
	var named map[string]json.RawMessage
	if err := jsonerr.Explain(json.Unmarshal(content, &named)); err != nil {
		return Network{}, err
	}
	for name, config := range named {
		f, known := families.Find(name)
		if !known || len(named) != 1 {
			break
		}
		n := Network{f, f.New()}
		if err := jsonerr.Explain(json.Unmarshal(config, n.Model)); err != nil {
			return Network{}, err
		}
		return n, n.Model.Validate()
	}
	var names []string
	for name := range named {
		names = append(names, name)
	}
	slices.Sort(names)
	return Network{}, fmt.Errorf("it has the keys %q, want the name of one family: %q", names, families.Names())
}

// String is the model's config as JSON.
func (n Network) String() string {
	content, err := json.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(content)
}
