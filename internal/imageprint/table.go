package imageprint

import "math/bits"

// Table finds those of a fixed set of looks that are like a given one. Like [Index] it compares
// looks that share a band of the shape, but takes 300 bytes a look and is searched by several
// goroutines.
type Table struct {
	near  Near
	looks []Look
	bands []staticBand
}

// staticBand lists looks by the value of some bits of the shape.
type staticBand struct {
	shift, width int
	from         []int32 // by value: where its looks begin in shapes and looks; one more at the end
	shapes       []uint64
	looks        []int32
}

func (b *staticBand) of(shape uint64) uint64 { return shape >> b.shift & (1<<b.width - 1) }

// NewTable returns an empty table.
func NewTable(near Near) *Table { return &Table{near: near} }

// Add adds a look and returns its number, from 0 on.
func (t *Table) Add(l Look) int {
	t.looks = append(t.looks, l)
	return len(t.looks) - 1
}

// Len returns the number of looks.
func (t *Table) Len() int { return len(t.looks) }

// Look returns a look by its number.
func (t *Table) Look(n int) *Look { return &t.looks[n] }

// Alike reports whether two looks are like each other.
func (t *Table) Alike(a, b *Look) bool { return t.near.same(a, b) }

// Build prepares the table for searches. No look may be added afterwards.
func (t *Table) Build() {
	t.bands = make([]staticBand, t.near.Bits+1)
	shift := 0
	for i := range t.bands {
		next := 64 * (i + 1) / len(t.bands)
		t.bands[i] = staticBand{shift: shift, width: next - shift}
		t.bands[i].build(t.looks)
		shift = next
	}
}

// widest bounds the width of a band, whose values are a table.
const widest = 16

// build sorts the looks by the value of the band.
func (b *staticBand) build(looks []Look) {
	b.width = min(b.width, widest)
	b.from = make([]int32, 1<<b.width+1)
	for i := range looks {
		b.from[b.of(looks[i].Shape)+1]++
	}
	for i := 1; i < len(b.from); i++ {
		b.from[i] += b.from[i-1]
	}
	b.shapes, b.looks = make([]uint64, len(looks)), make([]int32, len(looks))
	next := append([]int32(nil), b.from...)
	for i := range looks {
		at := &next[b.of(looks[i].Shape)]
		b.shapes[*at], b.looks[*at] = looks[i].Shape, int32(i)
		*at++
	}
}

// Each calls visit with the numbers of the looks that are like l, each once and in no particular
// order, until visit returns false.
func (t *Table) Each(l *Look, visit func(n int) bool) {
	for i := range t.bands {
		b := &t.bands[i]
		value := b.of(l.Shape)
		for at := b.from[value]; at < b.from[value+1]; at++ {
			n := int(b.looks[at])
			if !t.alike(l, b.shapes[at], n) || t.seenBefore(i, l.Shape, b.shapes[at]) {
				continue
			}
			if !visit(n) {
				return
			}
		}
	}
}

// alike compares a look with a look of the table.
func (t *Table) alike(l *Look, shape uint64, n int) bool {
	return bits.OnesCount64(l.Shape^shape) <= t.near.Bits && t.near.same(l, &t.looks[n])
}

// seenBefore reports whether an earlier band than i has found the look.
func (t *Table) seenBefore(i int, a, b uint64) bool {
	for j := range i {
		if t.bands[j].of(a) == t.bands[j].of(b) {
			return true
		}
	}
	return false
}
