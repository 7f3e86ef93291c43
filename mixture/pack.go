package mixture

import (
	"cmp"
	"slices"
)

// extent is what an example takes of a row, or what a row has: ids of the encoder and the decoder,
// places for images, and segments.
type extent struct{ encoder, decoder, images, segments int }

// holds reports whether there is room for another.
func (r extent) holds(o extent) bool {
	return o.encoder <= r.encoder && o.decoder <= r.decoder && o.images <= r.images && o.segments <= r.segments
}

func (r extent) minus(o extent) extent {
	return extent{r.encoder - o.encoder, r.decoder - o.decoder, r.images - o.images, r.segments - o.segments}
}

// share returns the largest part of a whole row that it takes, in fractions of a common
// denominator, which is the same for the same row.
func (r extent) share(of extent) int {
	images := max(of.images, 1)
	return max(r.encoder*of.decoder*images, r.decoder*of.encoder*images, r.images*of.encoder*of.decoder)
}

// packed are the rows of a step: the examples in each, by their numbers, and the room that is left.
type packed struct {
	rows [][]int
	free []extent
	left []int // examples without a row
}

// newPacked returns empty rows.
func newPacked(rows int, of extent) packed {
	return packed{rows: make([][]int, rows), free: slices.Repeat([]extent{of}, rows)}
}

// put packs examples of the given sizes, the largest first, each into the first row with extent
// (first-fit decreasing: Johnson 1973). Of equal ones the lower number comes first.
func (p *packed) put(sizes []extent, numbers []int, of extent) {
	numbers = slices.Clone(numbers)
	slices.SortFunc(numbers, func(a, b int) int {
		return cmp.Or(cmp.Compare(sizes[b].share(of), sizes[a].share(of)), cmp.Compare(a, b))
	})
	for _, number := range numbers {
		row := slices.IndexFunc(p.free, func(free extent) bool { return free.holds(sizes[number]) })
		if row < 0 {
			p.left = append(p.left, number)
			continue
		}
		p.rows[row] = append(p.rows[row], number)
		p.free[row] = p.free[row].minus(sizes[number])
	}
}

// measured bounds the examples that are looked at to choose how many a step takes, and the share of
// them that may be left out.
const (
	leastMeasured = 4096
	leastSteps    = 4
	mostDropped   = 1e-3
)

// examplesPerStep returns the most examples that a step may take of a stream of examples of the
// given sizes so that at most mostDropped of them are left out. A row is always enough for one.
func examplesPerStep(sizes []extent, rows int, of extent) int {
	low, high := rows, max(rows, mostThatFit(sizes, rows, of))
	for low < high {
		middle := (low + high + 1) / 2
		if droppedShare(sizes, middle, rows, of) <= mostDropped {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// mostThatFit returns how many examples fit into the rows by their mean size.
func mostThatFit(sizes []extent, rows int, of extent) int {
	var total extent
	for _, size := range sizes {
		total = total.minus(size)
	}
	most := of.segments * rows
	for _, part := range [][2]int{{of.encoder, -total.encoder}, {of.decoder, -total.decoder}, {of.images, -total.images}} {
		if part[1] > 0 {
			most = min(most, part[0]*rows*len(sizes)/part[1])
		}
	}
	return most
}

// droppedShare returns the share of the examples that are left out if a step takes that many of
// them.
func droppedShare(sizes []extent, examples, rows int, of extent) float64 {
	var before []int // left of the step before
	lost, steps := 0, max(len(sizes)/examples, leastSteps)
	for step := range steps {
		own := make([]int, 0, examples)
		for i := range examples {
			own = append(own, (step*examples+i)%len(sizes))
		}
		p := newPacked(rows, of)
		p.put(sizes, own, of)
		next := p.left
		p.left = nil
		p.put(sizes, before, of)
		lost, before = lost+len(p.left), next
	}
	return float64(lost) / float64((steps-1)*examples) // as of the last step it is not known
}
