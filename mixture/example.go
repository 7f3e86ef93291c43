package mixture

// ids are an example's texts, without ends of sentence: several texts of a contrastive task, or a
// prompt and a target.
type ids struct {
	texts           [][]int32
	encoder, target []int32
}

// writeExample makes an example of a sample and writes it into a row of the batch.
func (s *Stream) writeExample(b *Batch, row int, t *task, d *drawn) error {
	example, err := s.example(t, d)
	if err != nil {
		return err
	}
	if t.kind.Image {
		if err := s.writeImages(b, row, t, d); err != nil {
			return err
		}
	}
	s.place(b, row, t, d, example)
	return nil
}

// example makes the ids of a sample.
func (s *Stream) example(t *task, d *drawn) (ids, error) {
	draft, err := t.kind.Make(t.Task, &d.sample, t.source.labels, d.rng)
	switch {
	case err != nil:
		return ids{}, err
	case draft.Document != "":
		return t.denoise.corrupt(s.vocab.Encode(draft.Document), d.rng)
	case len(draft.Texts) > 0:
		return s.encodeTexts(draft.Texts), nil
	}
	return ids{encoder: s.vocab.Encode(draft.Prompt), target: s.vocab.Encode(draft.Target)}, nil
}

// encodeTexts encodes as many texts as an example has room for. If there are fewer, some are used
// twice.
func (s *Stream) encodeTexts(texts []string) (example ids) {
	for i := range s.shape.Texts {
		example.texts = append(example.texts, s.vocab.Encode(texts[i%len(texts)]))
	}
	return example
}
