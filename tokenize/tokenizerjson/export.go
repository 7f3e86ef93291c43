package tokenizerjson

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// Export returns the tokenizer.json of a unigram or BPE model, which tokenizers reads. Control
// pieces become special added tokens, user-defined pieces added tokens. It adds no end of sentence.
//
// tokenizers gives the model's ids but for this: it applies the rules for characters to grapheme
// clusters and not to the text; where a text spells a control or the unknown piece, it finds that,
// and in a unigram model that has no piece for "<" a byte piece, too; it adds up scores in double
// precision, so that of segmentations that score the same it may take another; BPE pieces of the
// same score are merged by rank, not by place; and a text that starts with a user-defined piece, or
// a model that has some and keeps spaces at the start of a text, gets no space before that. Where
// the rules would change a user-defined piece, tokenizers has to cut a text at these first and then
// takes each part for a text: there spaces at the ends of a text stay.
func Export(p *sentencepiece.Proto) ([]byte, error) {
	if _, err := sentencepiece.New(p); err != nil {
		return nil, fmt.Errorf("exporting tokenizer.json: %w", err)
	}
	switch {
	case !p.Normalizer.EscapeWhitespaces:
		return nil, fmt.Errorf("exporting tokenizer.json: the model keeps spaces as they are in its pieces, which tokenizers cannot")
	case p.Trainer.TreatWhitespaceAsSuffix:
		return nil, fmt.Errorf("exporting tokenizer.json: the model has spaces at the end of its pieces, which tokenizers cannot")
	}
	f := file{Version: "1.0"}
	var err error
	if f.AddedTokens, err = added(p); err != nil {
		return nil, fmt.Errorf("exporting tokenizer.json: %w", err)
	}
	f.Normalizer, f.PreTokenizer = normalizers(p, f.AddedTokens)
	f.Decoder = decoders(p)
	switch p.Trainer.Type {
	case sentencepiece.Unigram:
		f.Model, err = unigramOf(p)
	case sentencepiece.BPE:
		f.Model, err = bpeOf(p)
	default:
		err = fmt.Errorf("a %s model is none of tokenizers'", p.Trainer.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("exporting tokenizer.json: %w", err)
	}
	return json.Marshal(f)
}

// added lists the control, unknown and user-defined pieces. User-defined pieces are looked for in
// the normal form of a text, if none is changed by the rules; else, as in SentencePiece, in the
// text as it is, but for those with spaces.
func added(p *sentencepiece.Proto) ([]addedToken, error) {
	rules, err := rulesOf(p)
	if err != nil {
		return nil, err
	}
	tokens, plain := []addedToken{}, true
	for id, piece := range p.Pieces {
		switch piece.Kind {
		case sentencepiece.Control, sentencepiece.Unknown:
			tokens = append(tokens, addedToken{ID: int32(id), Content: piece.Text, Special: true})
		case sentencepiece.UserDefined:
			stays := rules.Normalize(piece.Text) == piece.Text
			plain = plain && stays && !strings.ContainsAny(piece.Text, " "+space)
			tokens = append(tokens, addedToken{ID: int32(id), Content: piece.Text, Normalized: stays && strings.Contains(piece.Text, space)})
		}
	}
	for i := range tokens {
		tokens[i].Normalized = tokens[i].Normalized || plain && !tokens[i].Special
	}
	return tokens, nil
}

// rulesOf returns a model that has the rules of p and no user-defined pieces, which they would
// leave alone.
func rulesOf(p *sentencepiece.Proto) (*sentencepiece.Model, error) {
	rules := &sentencepiece.Proto{
		Pieces:     []sentencepiece.Piece{{Text: "<unk>", Kind: sentencepiece.Unknown}, {Text: "a", Kind: sentencepiece.Normal}},
		Trainer:    sentencepiece.TrainerSpec{Type: sentencepiece.Unigram},
		Normalizer: p.Normalizer,
	}
	rules.Normalizer.AddDummyPrefix = false
	return sentencepiece.New(rules)
}

// Where spaces go. A step Strip would take all of Unicode's white space off the ends of a text,
// with tabs and line ends. U+2581 at the end of a text goes as if it had been a space; no
// user-defined piece that these steps see ends with it. \A and \z are none of JavaScript's.
const (
	spaces     = " {2,}"
	firstSpace = `(?<![\s\S]) `
	lastSpaces = "(?<!" + space + ")" + space + `+(?![\s\S])`
)

// normalizers writes the model's rules. A text is one word for the model, so that pieces may reach
// over spaces.
func normalizers(p *sentencepiece.Proto, tokens []addedToken) (normalizer, preTokenizer *step) {
	var steps []step
	symbols := slices.ContainsFunc(tokens, func(t addedToken) bool { return !t.Special })
	split := slices.ContainsFunc(tokens, func(t addedToken) bool { return !t.Special && !t.Normalized }) // before these steps
	if len(p.Normalizer.PrecompiledCharsmap) > 0 {
		steps = append(steps, step{Type: "Precompiled", Charsmap: base64.StdEncoding.EncodeToString(p.Normalizer.PrecompiledCharsmap)})
	}
	cutEnds := p.Normalizer.RemoveExtraWhitespaces && !split
	if p.Normalizer.RemoveExtraWhitespaces {
		steps = append(steps, step{Type: "Replace", Pattern: &pattern{Regex: new(spaces)}, Content: new(" ")})
	}
	// Where PrependScheme adds the space before a text, it would not before one that was cut at its
	// start; the space that is there serves as well.
	if cutEnds && !(p.Normalizer.AddDummyPrefix && symbols) {
		steps = append(steps, step{Type: "Replace", Pattern: &pattern{Regex: new(firstSpace)}, Content: new("")})
	}
	scheme := "never"
	switch {
	case p.Normalizer.AddDummyPrefix && symbols:
		scheme = "first" // not before what stands after an added token
	case p.Normalizer.AddDummyPrefix:
		steps = append(steps, step{Type: "Prepend", Prepend: new(space)})
	}
	steps = append(steps, step{Type: "Replace", Pattern: &pattern{String: new(" ")}, Content: new(space)})
	if cutEnds {
		steps = append(steps, step{Type: "Replace", Pattern: &pattern{Regex: new(lastSpaces)}, Content: new("")})
	}
	return &step{Type: "Sequence", Normalizers: steps}, &step{Type: "Metaspace", Replacement: space, PrependScheme: scheme, Split: new(false)}
}

func decoders(p *sentencepiece.Proto) *step {
	steps := []step{{Type: "Replace", Pattern: &pattern{String: new(space)}, Content: new(" ")}}
	for _, piece := range p.Pieces {
		if piece.Kind == sentencepiece.Unknown { // no other piece is spelled so
			steps = append(steps, step{Type: "Replace", Pattern: &pattern{String: new(piece.Text)}, Content: new(p.Trainer.UnkSurface)})
		}
	}
	if p.Trainer.ByteFallback {
		steps = append(steps, step{Type: "ByteFallback"})
	}
	steps = append(steps, step{Type: "Fuse"})
	if p.Normalizer.AddDummyPrefix || p.Normalizer.RemoveExtraWhitespaces {
		steps = append(steps, step{Type: "Strip", Content: new(" "), Start: new(1), Stop: new(0)})
	}
	return &step{Type: "Sequence", Decoders: steps}
}

// lowestScore is what pieces that text cannot spell get.
const lowestScore = -1e5

func unigramOf(p *sentencepiece.Proto) (model, error) {
	vocab := make([][2]any, len(p.Pieces))
	m := model{Type: "Unigram", ByteFallback: p.Trainer.ByteFallback}
	for id, piece := range p.Pieces {
		score := float64(piece.Score) // in all its digits, so that equal sums of scores are equal
		switch piece.Kind {
		case sentencepiece.Unknown:
			m.UnkID = new(int32(id))
		case sentencepiece.Unused, sentencepiece.Byte:
			score = lowestScore
		}
		vocab[id] = [2]any{piece.Text, score}
	}
	var err error
	m.Vocab, err = json.Marshal(vocab)
	return m, err
}

// bpeOf lists the merges: for every piece, the best first, all ways to cut it into two.
func bpeOf(p *sentencepiece.Proto) (model, error) {
	m := model{Type: "BPE", ByteFallback: p.Trainer.ByteFallback, FuseUnk: true}
	vocab, mergeable := map[string]int32{}, map[string]bool{}
	var order []int
	for id, piece := range p.Pieces {
		vocab[piece.Text] = int32(id)
		switch piece.Kind {
		case sentencepiece.Unknown:
			m.UnkToken = new(piece.Text)
		case sentencepiece.Unused:
			return m, fmt.Errorf("piece %d, %q, is unused, which tokenizers' BPE does not know", id, piece.Text)
		case sentencepiece.Normal:
			mergeable[piece.Text] = true
			order = append(order, id)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Pieces[b].Score, p.Pieces[a].Score) })
	merges := [][2]string{}
	for _, id := range order {
		text := p.Pieces[id].Text
		for at := range text {
			if at > 0 && mergeable[text[:at]] && mergeable[text[at:]] {
				merges = append(merges, [2]string{text[:at], text[at:]})
			}
		}
	}
	var err error
	if m.Vocab, err = json.Marshal(vocab); err == nil {
		m.Merges, err = json.Marshal(merges)
	}
	return m, err
}
