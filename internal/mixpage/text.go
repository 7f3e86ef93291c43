package mixpage

import (
	"fmt"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/tokenize"
)

// Text is a row of ids.
type Text struct {
	Name    string // "Prompt", "Target"
	Decoded string
	Pieces  []Piece
	Used    int // ids
	Padding int
	// Unweighted counts ids of a target that the loss leaves out.
	Unweighted int
}

// Piece is an id.
type Piece struct {
	ID    int32
	Text  string // as it is shown
	Token string // as the vocabulary names it
	// Class is "plain", or what is special: "sentinel", "mode", "end", "unknown", "location" or
	// "byte".
	Class string
	// Tint alternates from piece to piece, so that their borders are seen.
	Tint int
	// Weight of the loss; 1 for ids that are not targets.
	Weight float32
}

// textsOf returns the texts of an example of a batch.
func textsOf(stream *mixture.Stream, b *mixture.Batch, example int) (texts []Text) {
	v := stream.Vocabulary()
	if !targets(stream, int(b.Tasks[example])) {
		for i := range max(b.Shape.Texts, 1) {
			name := "Text"
			if b.Shape.Texts > 1 {
				name = fmt.Sprintf("Text %d", i+1)
			}
			le := b.Shape.Encoder
			texts = append(texts, textOf(v, name, b.Texts(example)[i*le:(i+1)*le], nil, true))
		}
		return texts
	}
	prompt, target := b.ExampleIDs(example)
	return append(texts, textOf(v, "Prompt", prompt, nil, false), textOf(v, "Target", target, b.ExampleWeights(example), false))
}

// targets reports whether a task has targets.
func targets(stream *mixture.Stream, task int) bool {
	r := stream.Recipe()
	kind, _ := r.Registry.Kind(r.Tasks[task].Kind)
	return kind.Target
}

// textOf describes a row of ids. Texts to compare may be padded with ends of sentence, of which one
// counts.
func textOf(v *tokenize.Vocabulary, name string, ids []int32, weights []float32, ends bool) Text {
	used := len(ids)
	for used > 0 && ids[used-1] == tokenize.Pad {
		used--
	}
	for ends && used > 1 && ids[used-1] == tokenize.EOS && ids[used-2] == tokenize.EOS {
		used--
	}
	t := Text{Name: name, Decoded: strings.TrimSpace(v.DecodeToEOS(ids[:used])), Used: used, Padding: len(ids) - used}
	for i, id := range ids[:used] {
		p := pieceOf(v, id)
		p.Tint = i % 3
		if weights != nil {
			if p.Weight = weights[i]; p.Weight == 0 {
				t.Unweighted++
			}
		}
		t.Pieces = append(t.Pieces, p)
	}
	return t
}

// pieceOf describes an id.
func pieceOf(v *tokenize.Vocabulary, id int32) Piece {
	p := Piece{ID: id, Class: "plain", Weight: 1}
	if id < 0 || int(id) >= v.Len() {
		p.Text, p.Token, p.Class = "?", "an id outside the vocabulary", "unknown"
		return p
	}
	p.Token = v.Token(id)
	p.Text = strings.ReplaceAll(p.Token, "▁", " ")
	switch {
	case id == tokenize.Pad:
		p.Class = "end"
	case id == tokenize.EOS:
		p.Class = "end"
	case id == v.Model().UnknownID():
		p.Class = "unknown"
	case strings.HasPrefix(p.Token, "<extra_id_"):
		p.Class = "sentinel"
	case isMode(p.Token):
		p.Class = "mode"
	case strings.HasPrefix(p.Token, "<loc"), strings.HasPrefix(p.Token, "<seg"):
		p.Class = "location"
	case strings.HasPrefix(p.Token, "<0x"):
		p.Class = "byte"
	}
	return p
}

func isMode(token string) bool {
	for _, mode := range tokenize.ModeTokens {
		if token == mode {
			return true
		}
	}
	return false
}
