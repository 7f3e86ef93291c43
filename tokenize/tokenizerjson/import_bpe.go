package tokenizerjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// bpe returns the pieces of a BPE whose merges a SentencePiece model can do: all merges that make a
// piece follow one another, and there is one for every way to split it into two pieces. The piece
// whose merges come first has the highest score.
func (m model) bpe() ([]sentencepiece.Piece, error) {
	switch {
	case m.IgnoreMerges:
		return nil, other("its BPE takes whole words first (ignore_merges true)")
	case m.Prefix != nil && *m.Prefix != "":
		return nil, other("its BPE marks the pieces within a word (continuing_subword_prefix %q)", *m.Prefix)
	case m.Suffix != nil && *m.Suffix != "":
		return nil, other("its BPE marks the end of a word (end_of_word_suffix %q)", *m.Suffix)
	case m.Dropout != nil && *m.Dropout != 0:
		return nil, other("its BPE skips merges at random (dropout %v)", *m.Dropout)
	case m.UnkToken == nil && !m.ByteFallback:
		return nil, other("its BPE has no unknown piece (unk_token null): characters without a piece are lost")
	case !m.FuseUnk && !m.ByteFallback:
		return nil, other("its BPE makes one unknown piece for each unknown character (fuse_unk false), SentencePiece one for a run of them")
	}
	pieces, vocab, err := m.bpePieces()
	if err != nil {
		return nil, err
	}
	merges, err := m.merges()
	if err != nil {
		return nil, err
	}
	if err := rankPieces(pieces, vocab, merges); err != nil {
		return nil, err
	}
	return pieces, m.checkUnmerged(pieces, vocab, merges)
}

// bpePieces returns the vocab as pieces: those of one character, the unknown piece, byte pieces,
// and control pieces, which rankPieces makes normal if a merge makes them.
func (m model) bpePieces() ([]sentencepiece.Piece, map[string]int32, error) {
	var vocab map[string]int32
	if json.Unmarshal(m.Vocab, &vocab) != nil {
		return nil, nil, fmt.Errorf("vocab of the model: want an object of pieces and their ids")
	}
	pieces := make([]sentencepiece.Piece, len(vocab))
	for text, id := range vocab {
		if id < 0 || int(id) >= len(pieces) || pieces[id].Text != "" {
			return nil, nil, fmt.Errorf("vocab of the model: %q has the id %d, which is taken or not below %d", text, id, len(pieces))
		}
		pieces[id] = sentencepiece.Piece{Text: text, Kind: sentencepiece.Control}
		if utf8.RuneCountInString(text) == 1 {
			pieces[id].Kind = sentencepiece.Normal
		}
	}
	if m.UnkToken != nil {
		id, ok := vocab[*m.UnkToken]
		if !ok {
			return nil, nil, fmt.Errorf("unk_token of the model is %q, which is not a piece", *m.UnkToken)
		}
		pieces[id].Kind = sentencepiece.Unknown
	}
	markBytes(pieces, m.ByteFallback)
	if m.ByteFallback {
		for b := range 256 {
			if _, ok := vocab[byteString(byte(b))]; !ok {
				return nil, nil, other("its BPE has byte_fallback, but no piece %s", byteString(byte(b)))
			}
		}
	}
	return pieces, vocab, nil
}

// maxCutting bounds the work of countCuts: the sum of the squared lengths of the pieces.
const maxCutting = 1 << 32

// rankPieces scores the pieces that merges make by the order of the merges.
func rankPieces(pieces []sentencepiece.Piece, vocab map[string]int32, merges [][2]string) error {
	last, made := int32(-1), map[int32]int{} // the number of merges that make each piece
	work := 0
	for i, pair := range merges {
		id, ok := vocab[pair[0]+pair[1]]
		_, left := vocab[pair[0]]
		_, right := vocab[pair[1]]
		switch {
		case !ok || !left || !right:
			return fmt.Errorf("merge %d, %q, is of strings that are not pieces", i, pair)
		case id == last:
		case made[id] > 0:
			return other("merge %d makes the piece %q and does not follow the other merges that make it", i, pieces[id].Text)
		case pieces[id].Kind == sentencepiece.Unknown || pieces[id].Kind == sentencepiece.Byte:
			return other("merge %d makes the piece %q, which is not an ordinary one", i, pieces[id].Text)
		default:
			pieces[id].Score, pieces[id].Kind = float32(-len(made)), sentencepiece.Normal
		}
		made[id]++
		last = id
	}
	for id, count := range made {
		if work += len(pieces[id].Text) * len(pieces[id].Text); work > maxCutting {
			return other("its pieces are too long to check all ways to split them")
		}
		if cuts := countCuts(pieces, pieces[id].Text, vocab); cuts != count {
			return other("%d merges make the piece %q, which can be split in %d ways", count, pieces[id].Text, cuts)
		}
	}
	return nil
}

// countCuts returns the number of ways to split a piece into two pieces that merging can make.
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

// checkUnmerged refuses merges of pieces that SentencePiece does not merge. It also refuses merges
// into a piece that may overlap with itself, if their order is not from the left: of equal pieces
// SentencePiece makes the leftmost first, tokenizers that of the pair with the lower rank.
func (m model) checkUnmerged(pieces []sentencepiece.Piece, vocab map[string]int32, merges [][2]string) error {
	ranks := make(map[[2]string]int, len(merges))
	for i, pair := range merges {
		for _, side := range pair {
			if kind := pieces[vocab[side]].Kind; kind != sentencepiece.Normal {
				return other("merge %d, %q, is of the piece %q, which is not an ordinary one", i, pair, side)
			}
		}
		ranks[pair] = i
	}
	var run *bpeModel
	var same *sentencepiece.Model
	for pair, rank := range ranks {
		left, middle := pair[0], pair[1]
		right, ok := strings.CutPrefix(left+middle, middle)
		if !ok || right == middle && left == middle {
			continue
		}
		if after, ok := ranks[[2]string{middle, right}]; !ok || after > rank {
			continue
		}
		// In left, middle, right, two copies of the same piece overlap. Encode this text in both
		// ways to see whether merging ever gets there.
		if run == nil {
			segmenter, err := m.compileBPE()
			if err != nil {
				return err
			}
			run = segmenter.(*bpeModel)
			p := &sentencepiece.Proto{Pieces: pieces, Trainer: sentencepiece.TrainerSpec{Type: sentencepiece.BPE, ByteFallback: m.ByteFallback}}
			if same, err = sentencepiece.New(p); err != nil {
				return other("its pieces: %v", err)
			}
		}
		text := left + middle + right
		if !equalIDs(run.appendIDs(nil, []rune(text)), same.Encode(text)) {
			return other("the merges %q and %q make the same piece in an order that is not from the left: %q shows the difference", pair, [2]string{middle, right}, text)
		}
	}
	return nil
}

func equalIDs(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// merges reads the merges in either of the two formats.
func (m model) merges() ([][2]string, error) {
	if isNull(m.Merges) {
		return nil, fmt.Errorf("the model BPE has no merges")
	}
	var lists [][]string
	if json.Unmarshal(m.Merges, &lists) == nil {
		pairs := make([][2]string, len(lists))
		for i, list := range lists {
			if len(list) != 2 {
				return nil, fmt.Errorf("merge %d of the model is %q, want two strings", i, list)
			}
			pairs[i] = [2]string(list)
		}
		return pairs, nil
	}
	var lines []string
	if json.Unmarshal(m.Merges, &lines) != nil {
		return nil, fmt.Errorf("merges of the model: want a list of pairs, or of strings of two pieces with a space between")
	}
	var pairs [][2]string
	for i, line := range lines {
		if strings.HasPrefix(line, "#version") {
			continue
		}
		left, right, ok := strings.Cut(line, " ")
		if !ok || strings.Contains(right, " ") {
			return nil, fmt.Errorf("merge %d of the model is %q, want two strings and a space between", i, line)
		}
		pairs = append(pairs, [2]string{left, right})
	}
	return pairs, nil
}
