package mixture

import "github.com/pali3/pali3/tokenize"

// place writes an example's ids into its row, and where the example comes from.
func (s *Stream) place(b *Batch, row int, t *task, d *drawn, example ids) {
	if t.kind.Target {
		s.placeTarget(b, row, example)
	} else {
		s.placeTexts(b, row, example.texts)
	}
	b.Tasks[row], b.Keys[row] = int32(t.number), d.sample.Key
	b.Origins[row], b.Indices[row] = t.source.dataset.Dir(), d.index
	if b.uncounted {
		return
	}
	s.made.Add(1)
	if b.Truncated[row] > 0 {
		s.truncated.Add(1)
	}
}

// placeTexts writes the texts of a contrastive example.
func (s *Stream) placeTexts(b *Batch, row int, texts [][]int32) {
	le, encoder := b.Shape.Encoder, b.Texts(row)
	for i, text := range texts {
		s.vocab.FitText(encoder[i*le:(i+1)*le], text)
		b.Truncated[row] += beyond(le, text)
	}
}

// placeTarget writes the prompt and the target of an example.
func (s *Stream) placeTarget(b *Batch, row int, example ids) {
	le, ld := b.Shape.Encoder, b.Shape.Decoder
	s.vocab.FitPrompt(b.Texts(row), example.encoder)
	b.Truncated[row] = beyond(le-s.vocab.FrameSize()+1, example.encoder) + beyond(ld, example.target)
	targets := b.Targets[row*ld : (row+1)*ld]
	used := tokenize.Fit(targets, example.target)
	copy(b.DecoderInputs[row*ld+1:(row+1)*ld], targets)
	for i := range used {
		b.Weights[row*ld+i] = 1
	}
}

// beyond returns how many ids do not fit into a window that also takes an end of sentence.
func beyond(window int, ids []int32) int32 { return int32(max(0, len(ids)+1-window)) }
