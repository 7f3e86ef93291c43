package mixture

import (
	"fmt"

	"github.com/pali3/pali3/internal/strict"
)

// Packing puts several examples into each row of a batch, so that rows have little padding. The
// examples of a row, its segments, do not see each other, and the loss is that of the same examples
// in rows of their own. Only tasks with a target can be packed, for the families t5 and pali3.
//
// A step takes a fixed number of consecutive examples of the stream, sorts them by size and puts
// each into the first row with room. An example without a row is tried again in the gaps of the
// next step. If there is no room either, it is left out and counted. So a batch stays a function of
// its step.
type Packing struct {
	// Encoder is the room of a row for the ids of prompts. Examples are still truncated to
	// lengths.encoder. Default: lengths.encoder. Legal: 0 (as the default), lengths.encoder and
	// above.
	Encoder int `yaml:"encoder,omitempty"`
	// Decoder is the room of a row for the ids of targets. Default: lengths.decoder. Legal: 0 (as
	// the default), lengths.decoder and above.
	Decoder int `yaml:"decoder,omitempty"`
	// Images is the room of a row for images. An example with images takes images.per_example of
	// it, and any other example none. Required if a task has images. Legal: images.per_example and
	// above.
	Images int `yaml:"images,omitempty"`
	// Segments is the most examples of a row. Default: one for every 4 ids of the decoder's row, at
	// most 64. Legal: 0 (as the default) and above.
	Segments int `yaml:"segments,omitempty"`
	// Examples is how many examples of the stream a step takes. Default: measured when the recipe
	// is opened, the most of which fewer than 1 in 1,000 are left out; the run's run.yaml has the
	// number. Legal: 0 (measured), or batch and above.
	Examples int `yaml:"examples,omitempty"`
}

const (
	idsPerSegment = 4
	mostSegments  = 64
)

// withDefaults returns the packing with the sizes of a recipe's rows filled in, nil for none.
func (p *Packing) withDefaults(r *Recipe) *Packing {
	if p == nil {
		return nil
	}
	filled := *p
	if filled.Encoder == 0 {
		filled.Encoder = r.Lengths.Encoder
	}
	if filled.Decoder == 0 {
		filled.Decoder = r.Lengths.Decoder
	}
	if filled.Segments == 0 {
		filled.Segments = min(max(filled.Decoder/idsPerSegment, 1), mostSegments)
	}
	return &filled
}

// problems lists what is wrong with the packing of a recipe.
func (p *Packing) problems(r *Recipe) (all strict.Problems) {
	if p == nil {
		return nil
	}
	atLeast := func(key string, value, least int, why string) {
		if value < 0 || value > 0 && value < least {
			all.Add("packing."+key, "packing.%s: %d, must be 0 or at least %d, %s", key, value, least, why)
		}
	}
	atLeast("encoder", p.Encoder, r.Lengths.Encoder, "the lengths.encoder of an example")
	atLeast("decoder", p.Decoder, r.Lengths.Decoder, "the lengths.decoder of an example")
	atLeast("examples", p.Examples, r.Batch, "an example for each row of the batch")
	atLeast("segments", p.Segments, 1, "an example of a row")
	perExample := max(r.Images.PerExample, 1)
	atLeast("images", p.Images, perExample, "the images.per_example of an example")
	for i := range r.Tasks {
		t := &r.Tasks[i]
		kind, known := r.Registry.Kind(t.Kind)
		if !known || t.Weight == 0 {
			continue
		}
		if !kind.Target {
			all.Add(fmt.Sprintf("tasks.%d.kind", i), "tasks[%d] (%s): kind %s has no target and cannot be packed: its texts are compared with other rows; leave packing out", i, t.Name, t.Kind)
		} else if kind.Image && p.Images == 0 {
			all.Add("packing.images", "packing.images: missing, and tasks[%d] (%s) has images; say how many images a row has room for, such as %d", i, t.Name, 4*perExample)
			return all
		}
	}
	return all
}

// packedShape returns the shape of packed rows, for examples of the given shape.
func (p *Packing) packedShape(r *Recipe, example Shape) Shape {
	filled := p.withDefaults(r)
	example.Encoder, example.Decoder, example.Segments = filled.Encoder, filled.Decoder, filled.Segments
	if example.Images > 0 {
		example.Images = filled.Images
	}
	return example
}
