// Package family describes a kind of network to the rest of the program. A [Family] is a value: a
// name, published sizes, and an empty [Model] to read a config into. What a model can do beyond its
// loss follows from the interfaces that it implements:
//
//	Model        has weights and a loss; it can be trained, described and run on tensors
//	Seer         encodes images into tokens, which are computed once if the encoder is frozen
//	Embedder     compares images with texts: retrieval, classification; a PatchEmbedder takes images
//	             of any aspect as patches, a LockedEmbedder embeds an image once while texts are
//	             learned
//	TextEncoder  turns texts into states, which are pooled into embeddings
//	Writer       writes text: captions, answers
//	Unpadder     computes its loss without the padding of ids
//	Packer       takes rows of several examples
//	Speller      has ids in its config that depend on the tokenizer
//
// The program never asks which family a model is of. To add one, implement these interfaces,
// append the family to models.Families(), and give the result to stages.Registry or cli.Program.
package family

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/weights"
)

// Family is a kind of network.
type Family struct {
	// Name is what recipes call it, for example "siglip".
	Name string
	// Aliases are older names, which are still read.
	Aliases []string
	// Summary describes it in a line.
	Summary string
	// New returns a model with the defaults of its config and without sizes. It is a pointer to a
	// struct whose fields have yaml and json tags.
	New func() Model
	// Variants names published sizes, such as "So400m/14". They may be examples of a scheme.
	Variants []string
	// Variant returns the model of a published size. Nil if there are none.
	Variant func(name string) (Model, error)
	// Needs is what the family needs of the examples that it is trained on.
	Needs Needs
	// Hub describes the family's folders on a model hub. Nil if there are none.
	Hub *Hub
}

// Needs is what a family needs of its training examples.
type Needs struct {
	// Images says whether examples have images.
	Images Requirement
	// Contrastive says that examples are images with texts to be compared, and have no targets.
	Contrastive bool
}

// Requirement is whether something must be there.
type Requirement int

// The requirements.
const (
	Optional Requirement = iota
	Required
	Forbidden
)

// Families is a table of families. Of two with the same name the first counts.
type Families []Family

// Find returns the family of a name or an alias.
func (all Families) Find(name string) (Family, bool) {
	for _, f := range all {
		if f.Name == name || slices.Contains(f.Aliases, name) {
			return f, true
		}
	}
	return Family{}, false
}

// Names returns the families' names, without aliases, in the order of the table.
func (all Families) Names() []string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Name
	}
	return names
}

// Variant returns the model of a published size by its own name, such as "ul2-3b", or by the
// family's name and the size's, such as "siglip-So400m/14".
func (all Families) Variant(name string) (Family, Model, error) {
	var legal []string
	for _, f := range all {
		if f.Variant == nil {
			continue
		}
		for _, beginning := range append([]string{f.Name}, f.Aliases...) {
			if size, ok := strings.CutPrefix(name, beginning+"-"); ok {
				if m, err := f.Variant(size); err == nil {
					return f, m, nil
				}
			}
		}
		if m, err := f.Variant(name); err == nil {
			return f, m, nil
		}
		for _, size := range f.Variants {
			if strings.HasPrefix(size, f.Name) || !strings.Contains(size, "/") {
				legal = append(legal, size)
			} else {
				legal = append(legal, f.Name+"-"+size)
			}
		}
	}
	return Family{}, nil, fmt.Errorf("unknown model %q; legal are %s", name, strings.Join(legal, ", "))
}

// Model is the config of a network. It is a pointer to a struct without pointers inside.
type Model interface {
	// SetDefaults sets fields that are zero to their defaults, but not sizes.
	SetDefaults()
	// Validate returns an error that names the first invalid field.
	Validate() error
	// Fit sets the sizes that follow from the data where they are 0, and returns what does not fit.
	Fit(d Data) []Problem
	// Loosen sets the sizes that follow from the data to 0.
	Loosen()
	// Specs lists the weights in the order in which data flows through them.
	Specs(be compute.Backend) ([]weights.Spec, error)
	// Loss builds the loss of a batch.
	Loss(s *weights.Scope, b Batch) Loss
	// Inputs lists the tensors that Outputs takes.
	Inputs() []Input
	// Outputs builds all results that the given inputs allow, by name. Intermediate results are
	// noted in the scope.
	Outputs(s *weights.Scope, in map[string]*graph.Node) []weights.Noted
	// Parts describes the parts of the model, in an order in which a weight belongs to the first
	// part whose name is a prefix of its own.
	Parts(l Lengths) []Part
}

// Seer is a model with an image encoder whose tokens are a function of an image and the encoder's
// weights alone.
type Seer interface {
	Model
	// ImageEncoder describes the encoder.
	ImageEncoder() ImageEncoder
	// VisualTokens encodes images [B, N, H, W, 3] into tokens [B, N·T, D].
	VisualTokens(s *weights.Scope, images *graph.Node) *graph.Node
}

// ImageConfigurer is a model that says which part of its config its image encoder depends on. Two
// models of a family with equal parts, and equal weights of the encoder, encode an image alike. Of
// a model without it the whole config is that part.
type ImageConfigurer interface {
	// ImageConfig returns the part, which is written as JSON.
	ImageConfig() any
}

// ImageEncoder is the shape of an image encoder.
type ImageEncoder struct {
	// Prefix of the names of its weights.
	Prefix string
	// Height and Width of an image in pixels.
	Height, Width int
	// Tokens of an image, T, and the width of a token, D.
	Tokens, TokenWidth int
}

// Embedder is a model that compares images with texts.
type Embedder interface {
	Model
	// ImageSize is the size of an image in pixels.
	ImageSize() (height, width int)
	// TextLength is the number of ids of a text.
	TextLength() int
	// EmbedImages turns images [B, H, W, 3] into embeddings [B, E] of length 1.
	EmbedImages(s *weights.Scope, images *graph.Node) *graph.Node
	// EmbedTexts turns ids [B, L] into embeddings [B, E] of length 1.
	EmbedTexts(s *weights.Scope, ids *graph.Node) *graph.Node
	// Compare returns the logits [B, C] of image embeddings [B, E] and text embeddings [C, E].
	Compare(s *weights.Scope, images, texts *graph.Node) *graph.Node
}

// LockedEmbedder is an Embedder whose image tower may be frozen while its text tower learns (LiT,
// arXiv 2111.07991). Its loss takes embeddings of images, [B, 1, E], as the Tokens of a [Batch].
type LockedEmbedder interface {
	Embedder
	// ImageTower returns the prefixes of the weights that EmbedImages depends on, and the width of
	// an embedding, E.
	ImageTower() (prefixes []string, width int)
}

// PatchEmbedder is an Embedder that may take images of any aspect as patches (NaFlex).
type PatchEmbedder interface {
	Embedder
	// PatchSize is the side of a patch in pixels, 0 if the model takes whole images only.
	PatchSize() int
	// EmbedPatches turns patches [B, T, p·p·3] with grids [B, 2], one image of [Batch] each, into
	// embeddings [B, E] of length 1.
	EmbedPatches(s *weights.Scope, patches, grids *graph.Node) *graph.Node
}

// TextEncoder is a model whose encoder reads texts.
type TextEncoder interface {
	Model
	// EncodeTexts turns ids [B, L], padded with 0, into states [B, L, W], and returns the mask
	// [B, L], float32, that is 1 for ids and 0 for padding.
	EncodeTexts(s *weights.Scope, ids *graph.Node) (states, mask *graph.Node)
}

// Writer is a model that writes text, an id at a time.
type Writer interface {
	Model
	// Prefill reads prompts and returns the logits of the first id of each answer, [B, V], and the
	// state from which up to room ids can be written.
	Prefill(s *weights.Scope, p Prompt, room int) (logits *graph.Node, st State)
	// Step takes the n-th id of each answer, ids [R], with n counted from 0 in position, an int32
	// scalar. It returns the logits of the next id [R, V] and the new State.Said.
	Step(s *weights.Scope, ids, position *graph.Node, st State) (logits *graph.Node, said []*graph.Node)
}

// Unpadder is a model whose loss can leave out the padding of a batch: see Batch.EncoderRows.
type Unpadder interface {
	Model
	// Unpads reports whether it does, with this config.
	Unpads() bool
}

// Packer is a model whose loss can take packed rows: see Batch.Segments.
type Packer interface {
	Model
	// Packs reports whether it does, with this config.
	Packs() bool
}

// Speller is a model whose config has the ids of certain pieces, such as the begin of an image.
type Speller interface {
	Model
	// Spell sets them, given a function that looks up a piece of the tokenizer. It is called after
	// Fit.
	Spell(id func(piece string) (id int, known bool))
}

// State is what a [Writer] knows between steps. The first axis of every node is the answer, R.
type State struct {
	// Said changes with every id: the keys and values of the ids so far.
	Said []*graph.Node
	// Kept stays: the keys and values of the prompt, and its mask.
	Kept []*graph.Node
}

// Prompt is what answers are written to. It has Images or Tokens, or neither for text alone.
type Prompt struct {
	// Images [B, N, H, W, 3], uint8 or float32 in [-1, 1]: N images per sample.
	Images *graph.Node
	// Tokens [B, N·T, D] are the visual tokens of the samples' images.
	Tokens *graph.Node
	// ImageMask [B, N], float32, is 0 for images that a sample lacks. Default: all ones.
	ImageMask *graph.Node
	// IDs [B, L] of the texts, padded with 0.
	IDs *graph.Node
}

// Clone returns a copy of a model.
func Clone(m Model) Model {
	copied := reflect.New(reflect.TypeOf(m).Elem())
	copied.Elem().Set(reflect.ValueOf(m).Elem())
	return copied.Interface().(Model)
}
