package tokenizerjson

import (
	"fmt"
	"strings"
)

// pipeline runs a tokenizer.json and gives the same ids as tokenizers.
type pipeline struct {
	raw, normalized *addedSet // tokens found before and after the normalizer runs
	normalizer      normalize
	cuts            []cut
	model           segmenter
	decoder         decode
	pieces          map[int32]string // the text that each id decodes to
	special         map[int32]bool   // ids that decode to nothing
	size            int
}

// compile returns the pipeline of a file, or an error that names an unsupported part.
func (f *file) compile() (p *pipeline, err error) {
	if err := f.limits(); err != nil {
		return nil, err
	}
	p = &pipeline{raw: newAddedSet(), normalized: newAddedSet(), pieces: map[int32]string{}, special: map[int32]bool{}}
	if f.Normalizer.growth() > maxGrowth || f.Decoder.growth() > maxGrowth {
		return nil, fmt.Errorf("its Replace steps make a text more than %d times longer", maxGrowth)
	}
	if p.normalizer, err = compileNormalizer(f.Normalizer); err != nil {
		return nil, err
	}
	if p.cuts, err = compilePreTokenizer(f.PreTokenizer); err != nil {
		return nil, err
	}
	if p.decoder, err = compileDecoder(f.Decoder); err != nil {
		return nil, err
	}
	if p.model, err = f.Model.compile(); err != nil {
		return nil, err
	}
	for piece, id := range p.model.vocab() {
		p.pieces[id] = piece
	}
	if err := p.addTokens(f.AddedTokens); err != nil {
		return nil, err
	}
	for id := range p.pieces {
		p.size = max(p.size, int(id)+1)
	}
	return p, nil
}

// addTokens adds the added tokens. If several have the same text, the last one counts.
func (p *pipeline) addTokens(tokens []addedToken) error {
	last := map[int32]int{}
	ids := number(tokens, p.model)
	for i, id := range ids {
		last[id] = i
	}
	specials := map[string]bool{} // a text that is special once stays special
	for i, t := range tokens {
		if t.Special {
			specials[t.Content] = true
		}
		id := ids[i]
		if id < 0 || last[id] != i {
			continue
		}
		p.pieces[id] = t.Content
		set, spelled := p.raw, t.Content
		if t.Normalized {
			set = p.normalized
			if p.normalizer != nil {
				spelled = string(p.normalizer(newText(t.Content)).runes)
			}
			p.pieces[id] = spelled
		}
		if err := set.add(spelled, id, t); err != nil {
			return err
		}
	}
	for id, piece := range p.pieces {
		if specials[piece] {
			p.special[id] = true
		}
	}
	return nil
}

// AppendIDs appends the ids of text to dst.
func (p *pipeline) AppendIDs(dst []int32, text string) []int32 {
	for _, outer := range p.raw.split(newText(text)) {
		if outer.id >= 0 {
			dst = append(dst, outer.id)
			continue
		}
		if p.normalizer != nil {
			outer.text = p.normalizer(outer.text)
		}
		for _, inner := range p.normalized.split(outer.text) {
			if inner.id >= 0 {
				dst = append(dst, inner.id)
				continue
			}
			for _, word := range p.cut(inner.text) {
				dst = p.model.appendIDs(dst, word.runes)
			}
		}
	}
	return dst
}

// cut applies the pre-tokenizers in order.
func (p *pipeline) cut(t text) []text {
	parts := []text{t}
	for _, each := range p.cuts {
		var next []text
		for _, part := range parts {
			for _, smaller := range each(part) {
				if len(smaller.runes) > 0 {
					next = append(next, smaller)
				}
			}
		}
		parts = next
	}
	return parts
}

// Decode returns the text of ids. It skips special tokens and ids that the file does not have.
func (p *pipeline) Decode(ids []int32) string {
	pieces := make([]string, 0, len(ids))
	for _, id := range ids {
		if piece, ok := p.pieces[id]; ok && !p.special[id] {
			pieces = append(pieces, piece)
		}
	}
	return strings.Join(p.decoder(pieces), "")
}

// Len returns one more than the highest id.
func (p *pipeline) Len() int { return p.size }

// compileSafely is compile, with a panic returned as an error.
func (f *file) compileSafely() (p *pipeline, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("it cannot be run: %v", r)
		}
	}()
	return f.compile()
}
