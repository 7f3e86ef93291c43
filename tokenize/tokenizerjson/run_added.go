package tokenizerjson

import (
	"fmt"
	"slices"
	"strings"
)

// addedSet finds added tokens in a text.
type addedSet struct {
	root   *addedNode
	tokens map[int32]addedToken // by id
}

// addedNode is a node of a trie over characters.
type addedNode struct {
	next map[rune]*addedNode
	id   int32 // id of the token that ends here, or -1
}

func newAddedSet() *addedSet {
	return &addedSet{root: &addedNode{id: -1}, tokens: map[int32]addedToken{}}
}

// add adds a token, which is found by the string spelled.
func (a *addedSet) add(spelled string, id int32, t addedToken) error {
	if spelled == "" {
		return fmt.Errorf("the added token %q is normalized to nothing", t.Content)
	}
	node := a.root
	for _, r := range spelled {
		if node.next == nil {
			node.next = map[rune]*addedNode{}
		}
		if node.next[r] == nil {
			node.next[r] = &addedNode{id: -1}
		}
		node = node.next[r]
	}
	if node.id >= 0 && node.id != id {
		return fmt.Errorf("the added tokens %q and %q are found by the same string", a.tokens[node.id].Content, t.Content)
	}
	node.id = id
	a.tokens[id] = t
	return nil
}

// longest returns the longest token that begins at text[at].
func (a *addedSet) longest(text []rune, at int) (id int32, size int) {
	id = -1
	node := a.root
	for n := at; n < len(text); n++ {
		if node = node.next[text[n]]; node == nil {
			break
		}
		if node.id >= 0 {
			id, size = node.id, n+1-at
		}
	}
	return id, size
}

// part is a piece of a text: a token found in it, or text for the model.
type part struct {
	text text
	id   int32 // -1 for text
}

// split splits a text at its tokens (find_matches of added_vocabulary.rs).
func (a *addedSet) split(t text) (parts []part) {
	if len(t.runes) == 0 {
		return nil
	}
	if len(a.tokens) == 0 {
		return []part{{t, -1}}
	}
	start := 0
	for at := 0; at < len(t.runes); {
		id, size := a.longest(t.runes, at)
		if id < 0 {
			at++
			continue
		}
		begin, end := at, at+size
		at = end // the search continues here, even if the token also takes the spaces that follow
		token := a.tokens[id]
		if token.SingleWord && (begin > 0 && wordChars.has(t.runes[begin-1]) || end < len(t.runes) && wordChars.has(t.runes[end])) {
			continue
		}
		if token.LStrip {
			for begin > 0 && isSpace(t.runes[begin-1]) {
				begin--
			}
			begin = max(begin, start)
		}
		if token.RStrip {
			for end < len(t.runes) && isSpace(t.runes[end]) {
				end++
			}
		}
		if start < begin {
			parts = append(parts, part{t.slice(start, begin), -1})
		}
		parts = append(parts, part{t.slice(begin, max(begin, end)), id})
		start = end
	}
	if start < len(t.runes) {
		parts = append(parts, part{t.slice(start, len(t.runes)), -1})
	}
	return slices.DeleteFunc(parts, func(p part) bool { return len(p.text.runes) == 0 })
}

// number returns the ids of the added tokens. A token has the id of the piece with the same text,
// or else the next id after the vocabulary. The ids in the file are ignored (add_tokens of
// added_vocabulary.rs).
func number(tokens []addedToken, model segmenter) (ids []int32) {
	vocab, next, given := model.vocab(), int32(model.size()), map[string]int32{}
	for _, t := range tokens {
		id, ok := vocab[t.Content]
		if !ok {
			id, ok = given[t.Content]
		}
		if !ok && t.Content != "" {
			id = next
			next++
		}
		if t.Content == "" {
			id = -1
		}
		given[t.Content] = id
		ids = append(ids, id)
	}
	return ids
}

// byteString returns the text of a byte piece.
func byteString(b byte) string { return fmt.Sprintf("<0x%02X>", b) }

// isBytePiece reports whether a piece is one of <0x00> to <0xFF>.
func isBytePiece(s string) bool {
	return len(s) == 6 && strings.HasPrefix(s, "<0x") && s[5] == '>' && strings.IndexByte("0123456789ABCDEF", s[3]) >= 0 &&
		strings.IndexByte("0123456789ABCDEF", s[4]) >= 0
}
