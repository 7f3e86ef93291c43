package tokenizerjson

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// exported returns the model that Export wrote this file for, or nil if Export did not write it.
// The format cannot express everything in a model, so Export leaves things out, and the general
// rules would refuse some of its files.
func (f *file) exported() *Imported {
	n, pre, d := f.Normalizer, f.PreTokenizer, f.Decoder
	if n == nil || n.Type != "Sequence" || pre == nil || pre.Type != "Metaspace" || pre.Split == nil || *pre.Split || d == nil || d.Type != "Sequence" {
		return nil
	}
	p := &sentencepiece.Proto{
		Trainer:    sentencepiece.TrainerSpec{Type: sentencepiece.Unigram, ByteFallback: f.Model.ByteFallback, UnkSurface: f.unknownSurface()},
		Normalizer: sentencepiece.NormalizerSpec{Name: "identity", EscapeWhitespaces: true},
	}
	f.exportedSpaces(&p.Normalizer)
	if !f.exportedPieces(p) || f.addPieces(p) != nil {
		return nil
	}
	data, err := Export(p)
	if err != nil {
		return nil
	}
	again, err := parseFile(data)
	if err != nil || !reflect.DeepEqual(f.shape(), again.shape()) {
		return nil
	}
	return &Imported{Proto: p, Notes: exportNotes}
}

// exportNotes are the notes of an exported file.
var exportNotes = []string{"this file is an export of a SentencePiece model and gives that model's ids; docs/tokenizer.md says where tokenizers reads the file differently"}

// shape returns the content of a file for comparison, with vocab and merges decoded.
func (f *file) shape() any {
	c := *f
	var vocab, merges any
	if json.Unmarshal(f.Model.Vocab, &vocab) != nil || len(f.Model.Merges) > 0 && json.Unmarshal(f.Model.Merges, &merges) != nil {
		return nil
	}
	c.Model.Vocab, c.Model.Merges = nil, nil
	c.AddedTokens = slices.Clone(f.AddedTokens)
	slices.SortFunc(c.AddedTokens, func(a, b addedToken) int { return int(a.ID) - int(b.ID) })
	return []any{c, vocab, merges}
}

// unknownSurface returns the text that Export's decoder writes for the unknown piece.
func (f *file) unknownSurface() string {
	for _, s := range f.Decoder.Decoders {
		if s.Type == "Replace" && s.Pattern != nil && s.Pattern.String != nil && s.Content != nil && *s.Pattern.String != space {
			return *s.Content
		}
	}
	return sentencepiece.DefaultUnkSurface
}

// exportedSpaces reads the model's rules and treatment of spaces from the steps that Export wrote.
func (f *file) exportedSpaces(spec *sentencepiece.NormalizerSpec) {
	for _, s := range f.Normalizer.Normalizers {
		switch {
		case s.Type == "Precompiled":
			blob, err := base64.StdEncoding.DecodeString(s.Charsmap)
			if err == nil {
				spec.PrecompiledCharsmap, spec.Name = blob, "precompiled"
			}
		case s.Type == "Prepend":
			spec.AddDummyPrefix = true
		case s.Type == "Replace" && s.Pattern != nil && s.Pattern.Regex != nil && *s.Pattern.Regex == spaces:
			spec.RemoveExtraWhitespaces = true
		}
	}
	spec.AddDummyPrefix = spec.AddDummyPrefix || f.PreTokenizer.PrependScheme == "first"
}

// exportedPieces reads the pieces. In a BPE whose ids are in the order of the scores, pieces that
// no merge makes are ordinary too.
func (f *file) exportedPieces(p *sentencepiece.Proto) (ok bool) {
	var err error
	if f.Model.Type == "Unigram" {
		p.Pieces, err = f.Model.unigram()
		return err == nil
	}
	if f.Model.Type != "BPE" {
		return false
	}
	p.Trainer.Type = sentencepiece.BPE
	pieces, vocab, err := f.Model.bpePieces()
	if err != nil {
		return false
	}
	merges, err := f.Model.merges()
	if err != nil || rankPieces(pieces, vocab, merges) != nil {
		return false
	}
	p.Pieces = pieces
	last := int32(-1)
	for _, pair := range merges {
		id := vocab[pair[0]+pair[1]]
		if id < last {
			return true
		}
		last = id
	}
	for id := range pieces {
		if piece := &pieces[id]; utf8.RuneCountInString(piece.Text) > 1 && (piece.Kind == sentencepiece.Control || piece.Kind == sentencepiece.Normal) {
			piece.Score, piece.Kind = float32(-id), sentencepiece.Normal
		}
	}
	return true
}
