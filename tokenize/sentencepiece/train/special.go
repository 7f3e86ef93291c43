package train

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// Characters with a meaning inside the trainer.
const (
	space   = '\u2581' // replaces a space in pieces and normalised text
	unknown = '\u2585' // replaces characters too rare for a piece; sentences that contain it are skipped
	barrier = '\x1f'   // replaces special pieces and delimiters; no piece crosses it

	spaceText   = "\u2581"
	unknownText = "\u2585"
	barrierText = "\x1f"
)

// specialPieces are the pieces that do not come from the text, by id.
type specialPieces map[int]sentencepiece.Piece

// assignSpecial assigns ids to the special pieces of the options: first the ids that the options
// state, then the lowest free ids.
func assignSpecial(o *Options) (specialPieces, error) {
	s := specialPieces{}
	if err := s.addNumbered(o); err != nil {
		return nil, err
	}
	a := adder{specialPieces: s, options: o, seen: map[string]bool{}}
	for _, text := range o.ControlSymbols {
		if err := a.add(text, sentencepiece.Control); err != nil {
			return nil, fmt.Errorf("control symbol %q: %w", text, err)
		}
	}
	for _, text := range o.UserDefinedSymbols {
		err := a.add(text, sentencepiece.UserDefined)
		if err == nil && o.Type == Word && !strings.HasPrefix(text, spaceText) {
			err = a.add(spaceText+text, sentencepiece.UserDefined) // a word begins with its space
		}
		if err != nil {
			return nil, fmt.Errorf("user-defined symbol %q: %w", text, err)
		}
	}
	for b := 0; o.ByteFallback && b < 256; b++ {
		if err := a.add(fmt.Sprintf("<0x%02X>", b), sentencepiece.Byte); err != nil {
			return nil, fmt.Errorf("byte piece <0x%02X>: %w", b, err)
		}
	}
	return s, nil
}

func (s specialPieces) addNumbered(o *Options) error {
	hasUnk := false
	for _, p := range []struct {
		name string
		id   int
		text string
	}{{"UnkID", o.UnkID, o.UnkPiece}, {"BosID", o.BosID, o.BosPiece}, {"EosID", o.EosID, o.EosPiece}, {"PadID", o.PadID, o.PadPiece}} {
		if p.id < 0 {
			continue
		}
		kind := sentencepiece.Control
		if p.text == o.UnkPiece {
			kind = sentencepiece.Unknown
		}
		other, taken := s[p.id]
		switch {
		case p.id >= o.VocabSize:
			return fmt.Errorf("%s is %d; ids end at VocabSize-1 = %d", p.name, p.id, o.VocabSize-1)
		case taken:
			return fmt.Errorf("%s is %d, which is the id of %q", p.name, p.id, other.Text)
		case kind == sentencepiece.Unknown && hasUnk:
			return fmt.Errorf("%s: %q is the unknown piece", p.name, p.text)
		}
		if err := checkSymbol(p.text); err != nil {
			return fmt.Errorf("%s: piece %q: %w", p.name, p.text, err)
		}
		hasUnk = hasUnk || kind == sentencepiece.Unknown
		s[p.id] = sentencepiece.Piece{Text: p.text, Kind: kind}
	}
	if !hasUnk && !o.ByteFallback {
		return errors.New("UnkID is below 0: without byte fallback, a model needs its unknown piece")
	}
	return nil
}

// adder adds the pieces whose ids follow from their order.
type adder struct {
	specialPieces
	options *Options
	seen    map[string]bool
	next    int
}

func (a *adder) add(text string, kind sentencepiece.Kind) error {
	if err := checkSymbol(text); err != nil {
		return err
	}
	if a.seen[text] {
		return errors.New("named twice")
	}
	a.seen[text] = true
	o := a.options
	if text == o.UnkPiece {
		return errors.New("is the unknown piece")
	}
	for id, piece := range map[int]string{o.BosID: o.BosPiece, o.EosID: o.EosPiece, o.PadID: o.PadPiece} {
		if text == piece && id >= 0 { // the symbol keeps its id and becomes of this kind
			a.specialPieces[id] = sentencepiece.Piece{Text: text, Kind: kind}
			return nil
		}
	}
	for a.next < a.options.VocabSize {
		if _, taken := a.specialPieces[a.next]; !taken {
			a.specialPieces[a.next] = sentencepiece.Piece{Text: text, Kind: kind}
			return nil
		}
		a.next++
	}
	return fmt.Errorf("no id left below VocabSize = %d", a.options.VocabSize)
}

func checkSymbol(text string) error {
	switch {
	case text == "":
		return errors.New("no text")
	case !utf8.ValidString(text):
		return errors.New("not UTF-8")
	case strings.ContainsRune(text, 0):
		return errors.New("a NUL character in it")
	}
	return nil
}
