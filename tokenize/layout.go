package tokenize

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// hasLayout reports whether a model has the layout of the T5 family: control pieces at 0 and 1,
// which are padding and end of sentence, and at 2 the unknown piece (T5) or a control piece
// (Gemma's begin of sentence).
func hasLayout(pieces int, piece func(id int32) sentencepiece.Piece) bool {
	if pieces < 3 {
		return false
	}
	for _, id := range []int32{Pad, EOS, Unk} {
		if kind := piece(id).Kind; kind != sentencepiece.Control && (id != Unk || kind != sentencepiece.Unknown) {
			return false
		}
	}
	return true
}

// layoutAdvice says how to get a model that has the layout.
const layoutAdvice = "train one with pali3 tokenizer train --preset pali, or with --pad-id 0 --eos-id 1 --unk-id 2 --bos-id -1"

// checkLayout returns an error for a model without the layout.
func checkLayout(model *sentencepiece.Model) error {
	if hasLayout(model.Len(), model.Piece) {
		return nil
	}
	if model.Len() < 3 {
		return fmt.Errorf("the model has %d pieces, want padding, end of sentence, unknown and more; %s", model.Len(), layoutAdvice)
	}
	return fmt.Errorf("pieces 0, 1 and 2 are %q, %q and %q; want padding, end of sentence and the unknown piece there. Open moves them; or %s",
		model.Piece(Pad).Text, model.Piece(EOS).Text, model.Piece(Unk).Text, layoutAdvice)
}

// The names that published models give to padding and end of sentence, most common first.
var (
	padNames = []string{"<pad>", "[PAD]", "<PAD>", "<|pad|>", "<|padding|>"}
	eosNames = []string{"</s>", "<eos>", "[SEP]", "[EOS]", "<EOS>", "<|endoftext|>", "<|end_of_text|>"}
)

// arrange moves padding, end of sentence and the unknown piece of a model to ids 0, 1 and 2; the
// others follow in their order. It adds those that the model lacks. A model with byte fallback may
// lack the unknown piece; a control piece, which never occurs in text, takes its place. arrange
// returns the id that each piece had before, or -1 for an added piece.
//
// Ids do not affect how a text is cut into pieces.
func arrange(p *sentencepiece.Proto) (from []int32) {
	front := []int{place(p, sentencepiece.Control, padNames), place(p, sentencepiece.Control, eosNames), place(p, sentencepiece.Unknown, nil)}
	before := len(p.Pieces)
	for i, name := range []string{padNames[0], eosNames[0], "<unk>"} {
		if front[i] < 0 {
			front[i] = len(p.Pieces)
			p.Pieces = append(p.Pieces, sentencepiece.Piece{Text: unusedName(p, name), Kind: sentencepiece.Control})
		}
	}
	p.PutFirst(front...)
	for _, id := range front {
		if id >= before {
			id = -1
		}
		from = append(from, int32(id))
	}
	for id := range before {
		if !slices.Contains(front, id) {
			from = append(from, int32(id))
		}
	}
	return from
}

// place returns the id of the first piece of a kind. If names is not nil, the piece must have one
// of them, the first that any piece has. It returns -1 if there is no such piece.
func place(p *sentencepiece.Proto, kind sentencepiece.Kind, names []string) int {
	if names == nil {
		return slices.IndexFunc(p.Pieces, func(piece sentencepiece.Piece) bool { return piece.Kind == kind })
	}
	for _, name := range names {
		at := slices.IndexFunc(p.Pieces, func(piece sentencepiece.Piece) bool { return piece.Kind == kind && piece.Text == name })
		if at >= 0 {
			return at
		}
	}
	return -1
}

// unusedName returns name, changed if a piece already has it.
func unusedName(p *sentencepiece.Proto, name string) string {
	for slices.ContainsFunc(p.Pieces, func(piece sentencepiece.Piece) bool { return piece.Text == name }) {
		name = strings.Replace(name, "<", "<pali3:", 1)
	}
	return name
}

// FileID returns the id that a piece has in the model's file. It is -1 for mode tokens, sentinels
// and added pieces, which the file does not have. It differs from id only if Open moved pieces; see
// [Vocabulary.Moved].
func (v *Vocabulary) FileID(id int32) int32 {
	switch {
	case id < 0 || int(id) >= v.filePieces:
		return -1
	case v.from == nil:
		return id
	}
	return v.from[id]
}

// Moved describes the pieces that Open moved so that padding, end of sentence and the unknown piece
// are at ids 0, 1 and 2. It is empty if Open moved none.
func (v *Vocabulary) Moved() string {
	if v.from == nil {
		return ""
	}
	where := func(id int32) string {
		if v.from[id] < 0 {
			return v.model.Piece(id).Text + " was added"
		}
		return fmt.Sprintf("%s was at %d", v.model.Piece(id).Text, v.from[id])
	}
	return fmt.Sprintf("padding, end of sentence and unknown are at 0, 1 and 2: in the file %s, %s, %s", where(Pad), where(EOS), where(Unk))
}
