package charsmap

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxPrefixes is how many rules may be prefixes of one rule, including the rule itself.
// SentencePiece considers that many matches at one place.
const maxPrefixes = 31

// Compile makes a map of rules. It returns nil for no rules. The result depends on nothing else.
func Compile(rules Rules) (*Map, error) {
	if len(rules) == 0 {
		return nil, nil
	}
	keys := slices.Sorted(maps.Keys(rules))
	for _, key := range keys {
		if err := check(key, rules[key]); err != nil {
			return nil, fmt.Errorf("normalization rule %+q to %+q: %w", key, rules[key], err)
		}
	}
	replacements, offsets := pool(rules)
	g := graph{seen: map[string]int32{}}
	entries := make([]entry, len(keys))
	for i, key := range keys {
		entries[i] = entry{key, offsets[rules[key]]}
	}
	root, err := g.add(entries, 0, 0)
	if err != nil {
		return nil, err
	}
	units, err := g.layOut(root)
	if err != nil {
		return nil, err
	}
	return &Map{units, replacements}, nil
}

func check(key, value string) error {
	switch {
	case key == "":
		return errors.New("nothing to replace")
	case key == value:
		return errors.New("replaces a string by itself")
	case !utf8.ValidString(key) || !utf8.ValidString(value):
		return errors.New("not UTF-8")
	case strings.ContainsRune(key+value, 0):
		return errors.New("a rule cannot contain a NUL")
	}
	return nil
}

// pool joins all distinct replacements, sorted, and returns the offset of each.
func pool(rules Rules) (replacements string, offsets map[string]int32) {
	offsets = map[string]int32{}
	var b strings.Builder
	for _, value := range slices.Compact(slices.Sorted(maps.Values(rules))) {
		offsets[value] = int32(b.Len())
		b.WriteString(value)
		b.WriteByte(0)
	}
	return b.String(), offsets
}

type entry struct {
	key   string
	value int32
}

// graph is the minimal automaton of the keys: nodes with the same value and children are merged.
// Most of NFKC's 225,000 rules share their ends.
type graph struct {
	nodes []node
	seen  map[string]int32
}

type node struct {
	value int32 // or -1
	edges []edge
}

type edge struct {
	label byte
	to    int32
}

// add returns the node of entries, which are sorted and share their first depth bytes. prefixes is
// the number of rules that are prefixes of all of them.
func (g *graph) add(entries []entry, depth, prefixes int) (int32, error) {
	n := node{value: -1}
	if len(entries[0].key) == depth {
		n.value = entries[0].value
		if prefixes++; prefixes > maxPrefixes {
			return 0, fmt.Errorf("normalization rule %+q: more than %d rules are its prefixes", entries[0].key, maxPrefixes-1)
		}
		entries = entries[1:]
	}
	for len(entries) > 0 {
		label, end := entries[0].key[depth], 1
		for end < len(entries) && entries[end].key[depth] == label {
			end++
		}
		to, err := g.add(entries[:end], depth+1, prefixes)
		if err != nil {
			return 0, err
		}
		n.edges = append(n.edges, edge{label, to})
		entries = entries[end:]
	}
	return g.share(n), nil
}

// share returns the node equal to n, adding n if there is none.
func (g *graph) share(n node) int32 {
	signature := make([]byte, 0, 4+5*len(n.edges))
	signature = append(signature, byte(n.value), byte(n.value>>8), byte(n.value>>16), byte(n.value>>24))
	for _, e := range n.edges {
		signature = append(signature, e.label, byte(e.to), byte(e.to>>8), byte(e.to>>16), byte(e.to>>24))
	}
	if id, ok := g.seen[string(signature)]; ok {
		return id
	}
	id := int32(len(g.nodes))
	g.nodes = append(g.nodes, n)
	g.seen[string(signature)] = id
	return id
}
