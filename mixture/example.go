package mixture

import (
	"errors"
	"fmt"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/shards"
)

// ids are an example's texts, without ends of sentence: several texts of a contrastive task, or a
// prompt and a target.
type ids struct {
	texts           [][]int32
	encoder, target []int32
	shots           []shot // whose images come before the sample's
	leftOut         []LeftOut
}

// writeExample makes an example of a sample and writes it into a row of the batch.
func (s *Stream) writeExample(b *Batch, row int, t *task, d *drawn) error {
	if t.kind.Located && s.moving {
		return s.writeMovedExample(b, row, t, d)
	}
	draft, err := s.draft(t, d)
	if err != nil {
		return err
	}
	example, err := s.encode(t, d, draft)
	if err != nil {
		return err
	}
	if t.kind.Image {
		moves := s.moving && draft.hasLocations()
		d.geometry = map[int]augment.Geometry{}
		if err := s.writeImages(b, row, t, d, &example, moves); err != nil {
			return err
		}
		if moves {
			if err := s.moveTexts(t, d, &draft, &example); err != nil {
				b.clearImages(row)
				return err
			}
		}
	}
	if !b.uncounted {
		s.leftOut.add(t.Name, example.leftOut)
	}
	s.place(b, row, t, d, example)
	return nil
}

// moveTexts moves the places that a draft's texts name with the images, and encodes them again.
func (s *Stream) moveTexts(t *task, d *drawn, draft *Draft, example *ids) error {
	before := len(draft.LeftOut)
	if err := s.moveLocations(t, d, draft); err != nil {
		return err
	}
	moved, err := s.encode(t, d, *draft)
	example.encoder, example.target = moved.encoder, moved.target
	example.leftOut = append(example.leftOut, draft.LeftOut[before:]...)
	return err
}

// views is how many crops of a sample's images are tried for one in which enough is seen.
const views = 16

// writeMovedExample is writeExample for a kind whose boxes move with the images, so that the images
// come first. Another crop is tried before another sample, so that samples with small objects are
// drawn as often as others.
func (s *Stream) writeMovedExample(b *Batch, row int, t *task, d *drawn) error {
	example, err := s.movedExample(b, row, t, d)
	if err != nil {
		b.clearImages(row)
		return err
	}
	if !b.uncounted {
		s.leftOut.add(t.Name, example.leftOut)
	}
	s.place(b, row, t, d, example)
	return nil
}

func (s *Stream) movedExample(b *Batch, row int, t *task, d *drawn) (example ids, err error) {
	stored := d.sample
	for try := 1; ; try++ {
		d.sample, d.geometry = stored, map[int]augment.Geometry{}
		var images ids
		if err := s.writeImages(b, row, t, d, &images, true); err != nil {
			return ids{}, err
		}
		lost, err := s.moveBoxes(d)
		if err == nil && !t.kind.Usable(t.Task, &d.sample) {
			err = errors.New("the image ops leave nothing of the sample that the kind can use")
		}
		if err == nil {
			example, err = s.example(t, d)
			example.leftOut = append(example.leftOut, images.leftOut...)
			if lost > 0 {
				example.leftOut = append(example.leftOut, LeftOut{lostBoxes, lost})
			}
			return example, err
		}
		if try == views || !s.pipeline.Random() {
			return ids{}, err
		}
	}
}

// example makes the ids of a sample.
func (s *Stream) example(t *task, d *drawn) (ids, error) {
	draft, err := s.draft(t, d)
	if err != nil {
		return ids{}, err
	}
	return s.encode(t, d, draft)
}

// encode makes the ids of a draft.
func (s *Stream) encode(t *task, d *drawn, draft Draft) (example ids, err error) {
	switch {
	case draft.Document != "":
		if len(t.denoise.denoisers) == 0 {
			return ids{}, fmt.Errorf("kind %s makes a document, but has no denoisers", t.Kind)
		}
		example, err = t.denoise.corrupt(s.vocab.Encode(draft.Document), d.rng)
	case len(draft.Texts) > 0:
		example = s.encodeTexts(draft.Texts)
	default:
		example = ids{encoder: s.vocab.Encode(draft.Prompt), target: s.vocab.Encode(draft.Target)}
	}
	example.shots, example.leftOut = draft.shots, draft.LeftOut
	return example, err
}

// draft has the kind make a draft of a sample, with the task's shots before it.
func (s *Stream) draft(t *task, d *drawn) (Draft, error) {
	m := &Material{
		Task: d.task, Sample: &d.sample, Labels: t.source.labels, Rng: d.rng, others: t.others(d),
		room: room{s.vocab, s.recipe.Lengths.Encoder, s.recipe.Lengths.Decoder}, shotsDraw: shotsDraw(s.recipe.StreamVersion),
	}
	draft, err := t.kind.Make(m)
	draft.Target = d.task.target(draft.Target)
	if err == nil && t.Shots > 0 {
		err = m.addShots(t.kind, &draft)
	}
	return draft, err
}

// others returns what draws further samples of the task, in the language of the example if these
// are balanced.
func (t *task) others(d *drawn) others {
	n, row := t.source.len(), t.source.row
	if d.language != nil {
		n, row = d.language.rows.size, d.language.rows.at
	}
	read := func(at int) (shards.Sample, int, error) {
		index := row(at)
		s, err := t.source.view.Row(index)
		return s, index, err
	}
	return others{rows: n, read: read, taken: []int{d.index}}
}

// encodeTexts encodes as many texts as an example has room for. If there are fewer, some are used
// twice.
func (s *Stream) encodeTexts(texts []string) (example ids) {
	for i := range s.shape.Texts {
		example.texts = append(example.texts, s.vocab.Encode(texts[i%len(texts)]))
	}
	return example
}
