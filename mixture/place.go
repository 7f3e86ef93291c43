package mixture

import "github.com/pali3/pali3/tokenize"

// place writes an example's ids into its row, and where the example comes from.
func (s *Stream) place(b *Batch, row int, t *task, d *drawn, example ids) {
	if t.kind.Target {
		s.placeTarget(b, row, example)
	} else {
		placeTexts(b, row, example.texts)
	}
	b.Tasks[row], b.Keys[row] = int32(t.number), d.sample.Key
	b.Origins[row], b.Indices[row] = t.source.dataset.Dir(), d.index
	s.made.Add(1)
	if b.Truncated[row] > 0 {
		s.truncated.Add(1)
	}
}

// placeTexts writes the texts of a contrastive example.
func placeTexts(b *Batch, row int, texts [][]int32) {
	le, encoder := b.Shape.Encoder, b.Texts(row)
	for i, text := range texts {
		FitText(encoder[i*le:(i+1)*le], text)
		b.Truncated[row] += beyond(le, text)
	}
}

// placeTarget writes the prompt and the target of an example.
func (s *Stream) placeTarget(b *Batch, row int, example ids) {
	le, ld := b.Shape.Encoder, b.Shape.Decoder
	FitPrompt(s.vocab, b.Texts(row), example.encoder)
	b.Truncated[row] = beyond(le, example.encoder) + beyond(ld, example.target)
	targets := b.Targets[row*ld : (row+1)*ld]
	used := tokenize.Fit(targets, example.target)
	copy(b.DecoderInputs[row*ld+1:(row+1)*ld], targets)
	for i := range used {
		b.Weights[row*ld+i] = 1
	}
}

// beyond returns how many ids do not fit into a window that also takes an end of sentence.
func beyond(window int, ids []int32) int32 { return int32(max(0, len(ids)+1-window)) }

// FitText writes a text for SigLIP's text tower into a row, truncated if necessary and padded with
// ends of sentence. The last place, whose output represents the text, always holds one. (The
// tokenizer of the released SigLIP models pads with id 1, its end of sentence.)
func FitText(row, text []int32) {
	for i := tokenize.Fit(row, text); i < len(row); i++ {
		row[i] = tokenize.EOS
	}
}

// FitPrompt writes a prompt and its end of sentence into a row. A prompt that is too long is
// truncated, but keeps the sentinel at its end.
func FitPrompt(v *tokenize.Vocabulary, row, prompt []int32) {
	room := len(row) - 1
	if n := len(prompt); n > room && room > 0 {
		if sentinel, err := v.Sentinel(0); err == nil && prompt[n-1] == sentinel {
			prompt = append(prompt[:room-1:room-1], sentinel)
		}
	}
	tokenize.Fit(row, prompt)
}
