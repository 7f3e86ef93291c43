package tokenizerjson

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// ErrNotSentencePiece says that a file describes a tokenizer that no SentencePiece model is equal to.
var ErrNotSentencePiece = errors.New("not a SentencePiece model")

// Imported is the SentencePiece model that a tokenizer.json describes.
type Imported struct {
	Proto *sentencepiece.Proto
	// Lower: text is put into lower case first; see Config.Lower of package tokenize.
	Lower bool
}

// Import reads a tokenizer.json, and the added_tokens.json and special_tokens_map.json beside it, as a SentencePiece
// model. The error wraps ErrNotSentencePiece, and says why, if the file describes another kind of tokenizer.
func Import(path string) (*Imported, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(data, filepath.Dir(path))
	if err == nil {
		var found *Imported
		if found, err = f.sentencePiece(); err == nil {
			return found, nil
		}
	}
	return nil, fmt.Errorf("reading tokenizer %s: %w", path, err)
}

// Parse is Import of a tokenizer.json at hand, without the files beside it.
func Parse(data []byte) (*Imported, error) {
	f, err := parse(data, "")
	if err != nil {
		return nil, err
	}
	return f.sentencePiece()
}

func other(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotSentencePiece, fmt.Sprintf(format, args...))
}

// sentencePiece turns the file into a model.
func (f *file) sentencePiece() (*Imported, error) {
	out := &Imported{Proto: &sentencepiece.Proto{
		Trainer:    sentencepiece.TrainerSpec{ByteFallback: f.Model.ByteFallback, UnkSurface: sentencepiece.DefaultUnkSurface},
		Normalizer: sentencepiece.NormalizerSpec{Name: "identity", EscapeWhitespaces: true},
	}}
	if err := out.normalizer(f.Normalizer); err != nil {
		return nil, err
	}
	if err := out.preTokenizer(f.PreTokenizer); err != nil {
		return nil, err
	}
	var err error
	switch f.Model.Type {
	case "Unigram":
		out.Proto.Trainer.Type = sentencepiece.Unigram
		out.Proto.Pieces, err = f.Model.unigram()
	case "BPE":
		out.Proto.Trainer.Type = sentencepiece.BPE
		out.Proto.Pieces, err = f.Model.bpe()
	default:
		err = other("the model is a %q", f.Model.Type)
	}
	if err != nil {
		return nil, err
	}
	if err := f.addPieces(out.Proto); err != nil {
		return nil, err
	}
	return out, nil
}

const space = "\u2581"

// normalizer takes over what a normalizer does.
func (out *Imported) normalizer(s *step) error {
	if s == nil {
		return nil
	}
	spec := &out.Proto.Normalizer
	switch s.Type {
	case "Sequence":
		for i := range s.Normalizers {
			if err := out.normalizer(&s.Normalizers[i]); err != nil {
				return err
			}
		}
	case "Precompiled":
		charsmap, err := base64.StdEncoding.DecodeString(s.Charsmap)
		if err != nil {
			return fmt.Errorf("precompiled_charsmap: %w", err)
		}
		spec.PrecompiledCharsmap, spec.Name = charsmap, "precompiled"
	case "Prepend":
		if s.Prepend == nil || *s.Prepend != space {
			return other("its normalizer prepends another string than %q", space)
		}
		spec.AddDummyPrefix = true
	case "Strip": // at the ends, what RemoveExtraWhitespaces does, too
		spec.RemoveExtraWhitespaces = true
	case "Lowercase":
		out.Lower = true
	case "Replace":
		switch {
		case s.Pattern == nil || s.Content == nil:
			return other("its normalizer replaces an unknown pattern")
		case s.Pattern.Regex != nil && slices.Contains([]string{spaces, firstSpace, lastSpaces}, *s.Pattern.Regex):
			spec.RemoveExtraWhitespaces = true
		case s.Pattern.String != nil && *s.Pattern.String == " " && *s.Content == space:
		default:
			return other("its normalizer replaces other strings than spaces")
		}
	default:
		return other("its normalizer is a %s", s.Type)
	}
	return nil
}

// preTokenizer takes over what a pre-tokenizer does. One that splits beside spaces changes nothing where no piece
// reaches over a space.
func (out *Imported) preTokenizer(s *step) error {
	if s == nil {
		return nil
	}
	spec := &out.Proto.Normalizer
	switch s.Type {
	case "Sequence":
		for i := range s.PreTokenizers {
			if err := out.preTokenizer(&s.PreTokenizers[i]); err != nil {
				return err
			}
		}
	case "WhitespaceSplit":
		spec.RemoveExtraWhitespaces = true
	case "Metaspace":
		if s.Replacement != space {
			return other("its pre-tokenizer writes spaces as %q", s.Replacement)
		}
		prepends := s.PrependScheme != "never" && (s.AddPrefix == nil || *s.AddPrefix)
		spec.AddDummyPrefix = spec.AddDummyPrefix || prepends
	case "Split": // Gemma's, on spaces that its normalizer has made into others: never found
		if s.Pattern == nil || s.Pattern.String == nil || *s.Pattern.String != " " {
			return other("its pre-tokenizer splits on another pattern than a space")
		}
	default:
		return other("its pre-tokenizer is a %s", s.Type)
	}
	return nil
}

// unigram returns the pieces of a Unigram.
func (m model) unigram() ([]sentencepiece.Piece, error) {
	var vocab [][2]any
	if err := json.Unmarshal(m.Vocab, &vocab); err != nil {
		return nil, fmt.Errorf("vocab of the model: %w", err)
	}
	pieces := make([]sentencepiece.Piece, len(vocab))
	for id, entry := range vocab {
		text, ok1 := entry[0].(string)
		score, ok2 := entry[1].(float64)
		if !ok1 || !ok2 {
			return nil, fmt.Errorf("vocab of the model: entry %d is %.80v, want a string and a number", id, entry)
		}
		pieces[id] = sentencepiece.Piece{Text: text, Score: float32(score), Kind: sentencepiece.Normal}
	}
	if m.UnkID == nil {
		return nil, other("it has no unknown piece")
	}
	if *m.UnkID < 0 || int(*m.UnkID) >= len(pieces) {
		return nil, fmt.Errorf("unk_id of the model is %d, of %d pieces", *m.UnkID, len(pieces))
	}
	pieces[*m.UnkID].Kind = sentencepiece.Unknown
	markBytes(pieces, m.ByteFallback)
	return pieces, nil
}

// markBytes makes byte pieces of <0x00> to <0xFF>, whose scores say nothing.
func markBytes(pieces []sentencepiece.Piece, fallback bool) {
	if !fallback {
		return
	}
	names := map[string]bool{}
	for b := range 256 {
		names[fmt.Sprintf("<0x%02X>", b)] = true
	}
	for i := range pieces {
		if names[pieces[i].Text] {
			pieces[i].Score, pieces[i].Kind = 0, sentencepiece.Byte
		}
	}
}

// addPieces gives added tokens their kinds: special ones are never found in text, others always. Those beyond
// the vocabulary must follow it without a gap.
func (f *file) addPieces(p *sentencepiece.Proto) error {
	tokens := slices.Clone(f.AddedTokens)
	slices.SortStableFunc(tokens, func(a, b addedToken) int { return cmp.Compare(a.ID, b.ID) })
	for _, t := range tokens {
		kind := sentencepiece.UserDefined
		if t.Special {
			kind = sentencepiece.Control
		}
		switch {
		case t.ID < 0 || int(t.ID) > len(p.Pieces):
			return fmt.Errorf("added token %q has the id %d, which leaves a gap after %d pieces", t.Content, t.ID, len(p.Pieces))
		case int(t.ID) == len(p.Pieces):
			p.Pieces = append(p.Pieces, sentencepiece.Piece{Text: t.Content, Kind: kind})
		case p.Pieces[t.ID].Text != t.Content:
			return fmt.Errorf("added token %q has the id %d, which is that of the piece %q", t.Content, t.ID, p.Pieces[t.ID].Text)
		case p.Pieces[t.ID].Kind == sentencepiece.Normal || p.Pieces[t.ID].Kind == sentencepiece.Unused || p.Pieces[t.ID].Kind == sentencepiece.UserDefined:
			p.Pieces[t.ID].Kind = kind
		}
	}
	for id, piece := range p.Pieces {
		if piece.Text == "" {
			return fmt.Errorf("id %d has no piece", id)
		}
	}
	return nil
}

// sortedByID returns the contents in the order of their ids.
func sortedByID(tokens map[string]int32) []string {
	contents := slices.Collect(maps.Keys(tokens))
	slices.SortFunc(contents, func(a, b string) int { return cmp.Or(cmp.Compare(tokens[a], tokens[b]), cmp.Compare(a, b)) })
	return contents
}
