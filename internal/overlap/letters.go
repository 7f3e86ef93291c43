package overlap

import (
	"bytes"
	"cmp"
	"slices"
)

// Anchor is the number of bytes by which strings of letters are found: shorter ones are not.
const Anchor = 16

// Letters finds strings of letters and digits in texts. It compares the letters of [Words], without
// anything between them. After Build it is safe for concurrent use.
type Letters struct {
	strings [][]byte
	order   []int32 // of the strings, sorted by the hash of their anchors
	table   gramTable
}

// LettersOf returns the letters and digits of a text.
func LettersOf(text string) []byte {
	var out []byte
	Words(text, func(word []byte) { out = append(out, word...) })
	return out
}

// Add adds a string of letters and returns its number, or -1 if it is shorter than Anchor.
func (l *Letters) Add(letters []byte) int {
	if len(letters) < Anchor {
		return -1
	}
	l.strings = append(l.strings, bytes.Clone(letters))
	return len(l.strings) - 1
}

// Len returns the number of strings.
func (l *Letters) Len() int { return len(l.strings) }

// String returns a string by its number.
func (l *Letters) String(n int) string { return string(l.strings[n]) }

// Build prepares searches. No string may be added afterwards.
func (l *Letters) Build() {
	hashes := make([]uint64, len(l.strings))
	l.order = make([]int32, len(l.strings))
	for n, s := range l.strings {
		l.order[n] = int32(n)
		for _, c := range s[:Anchor] {
			hashes[n] = hashes[n]*base + mixByte(c)
		}
	}
	slices.SortFunc(l.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(hashes[a], hashes[b]), cmp.Compare(a, b))
	})
	l.table = newGramTable(len(l.strings))
	for from := 0; from < len(l.order); {
		h, to := hashes[l.order[from]], from
		for to < len(l.order) && hashes[l.order[to]] == h {
			to++
		}
		l.table.add(h, int32(from), int32(to))
		from = to
	}
}

// mixByte returns what a letter adds to hashes.
func mixByte(c byte) uint64 { return (uint64(c) + 1) * 0xd6e8feb86659fd93 }

// Search calls visit for each string that occurs in the letters, once for each place. It reports
// whether the letters were searched to their end.
func (l *Letters) Search(letters []byte, visit func(n int)) (whole bool) {
	high := uint64(1)
	for range Anchor {
		high *= base
	}
	var h uint64
	work := 0
	for p, c := range letters {
		h = h*base + mixByte(c)
		if p >= Anchor {
			h -= high * mixByte(letters[p-Anchor])
		}
		if p < Anchor-1 {
			continue
		}
		from, to := l.table.find(h)
		for _, n := range l.order[from:to] {
			if work += len(l.strings[n]); work > maxWork {
				return false
			}
			if bytes.HasPrefix(letters[p-Anchor+1:], l.strings[n]) {
				visit(int(n))
			}
		}
	}
	return true
}
