package tokenizerjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// bpe returns the pieces of a BPE whose merges are those of a SentencePiece model: the merges that make a piece
// stand together, and they are all the ways to cut it into two pieces. The piece whose merges come first has the
// highest score.
func (m model) bpe() ([]sentencepiece.Piece, error) {
	switch {
	case m.IgnoreMerges:
		return nil, other("its BPE takes whole words first (ignore_merges)")
	case m.Prefix != nil && *m.Prefix != "" || m.Suffix != nil && *m.Suffix != "":
		return nil, other("its BPE marks the pieces within or at the end of a word")
	case m.Dropout != nil && *m.Dropout > 0:
		return nil, other("its BPE leaves merges out")
	}
	var vocab map[string]int32
	if err := json.Unmarshal(m.Vocab, &vocab); err != nil {
		return nil, fmt.Errorf("vocab of the model: %w", err)
	}
	pieces := make([]sentencepiece.Piece, len(vocab))
	for text, id := range vocab {
		if id < 0 || int(id) >= len(pieces) || pieces[id].Text != "" {
			return nil, fmt.Errorf("vocab of the model: %q has the id %d, which is taken or not one of %d", text, id, len(pieces))
		}
		// Longer pieces that no merge makes are never found, unless rankPieces says otherwise.
		pieces[id] = sentencepiece.Piece{Text: text, Kind: sentencepiece.Control}
		if utf8.RuneCountInString(text) == 1 {
			pieces[id].Kind = sentencepiece.Normal
		}
	}
	merges, err := m.merges()
	if err != nil {
		return nil, err
	}
	if err := rankPieces(pieces, vocab, merges); err != nil {
		return nil, err
	}
	if m.UnkToken != nil {
		id, ok := vocab[*m.UnkToken]
		if !ok {
			return nil, fmt.Errorf("unk_token of the model is %q, which is no piece", *m.UnkToken)
		}
		pieces[id].Kind = sentencepiece.Unknown
	}
	markBytes(pieces, m.ByteFallback)
	return pieces, nil
}

// rankPieces scores the pieces that merges make, by their order.
func rankPieces(pieces []sentencepiece.Piece, vocab map[string]int32, merges [][2]string) error {
	last, made := int32(-1), map[int32]int{} // of each piece, how many merges make it
	inOrder := true                          // of their ids
	for i, pair := range merges {
		id, ok := vocab[pair[0]+pair[1]]
		_, left := vocab[pair[0]]
		_, right := vocab[pair[1]]
		switch {
		case !ok || !left || !right:
			return fmt.Errorf("merge %d, %q, is of strings that are no pieces", i, pair)
		case id == last:
		case made[id] > 0:
			return other("merge %d, of the piece %q, stands apart from the others of that piece", i, pieces[id].Text)
		default:
			inOrder = inOrder && id > last
			pieces[id].Score, pieces[id].Kind = float32(-len(made)), sentencepiece.Normal
		}
		made[id]++
		last = id
	}
	for id, count := range made {
		if cuts := countCuts(pieces, pieces[id].Text, vocab); cuts != count {
			return other("%d merges make the piece %q, which can be cut in %d ways", count, pieces[id].Text, cuts)
		}
	}
	if !inOrder {
		return nil
	}
	// The ids tell the order of all, also of pieces that only unknown characters merge to, for which there are no merges.
	for id := range pieces {
		if p := &pieces[id]; utf8.RuneCountInString(p.Text) > 1 {
			p.Score, p.Kind = float32(-id), sentencepiece.Normal
		}
	}
	return nil
}

// countCuts returns in how many ways a piece can be cut into two that merging may come by.
func countCuts(pieces []sentencepiece.Piece, text string, vocab map[string]int32) (n int) {
	for at := range text {
		if at == 0 {
			continue
		}
		left, ok1 := vocab[text[:at]]
		right, ok2 := vocab[text[at:]]
		if ok1 && ok2 && pieces[left].Kind == sentencepiece.Normal && pieces[right].Kind == sentencepiece.Normal {
			n++
		}
	}
	return n
}

// merges reads either of the two ways to write them.
func (m model) merges() ([][2]string, error) {
	var pairs [][2]string
	if json.Unmarshal(m.Merges, &pairs) == nil {
		return pairs, nil
	}
	pairs = nil
	var lines []string
	if err := json.Unmarshal(m.Merges, &lines); err != nil {
		return nil, fmt.Errorf("merges of the model: %w", err)
	}
	for i, line := range lines {
		left, right, ok := strings.Cut(line, " ")
		if !ok || strings.Contains(right, " ") {
			return nil, fmt.Errorf("merge %d of the model is %q, want two strings and a space between", i, line)
		}
		pairs = append(pairs, [2]string{left, right})
	}
	return pairs, nil
}
