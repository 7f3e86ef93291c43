package metrics

import (
	"math"

	"github.com/pali3/pali3/internal/matmul"
)

// columnTargets holds the targets of the texts of a block, which are columns of the product.
type columnTargets struct {
	of         *targets
	first, end int // of the texts
	// layers are [layers, padded texts]: the nth targets of the texts, infinite where a text has
	// fewer. Crowded texts have none.
	layers  [][]float32
	crowded []int // texts, by their numbers in the block
}

func newColumnTargets(of *targets, first, end int) *columnTargets {
	c := &columnTargets{of: of, first: first, end: end}
	padded := (end - first + matmul.Columns() - 1) / matmul.Columns() * matmul.Columns()
	for text := range end - first {
		scores := of.of(first + text)
		if len(scores) > crowd {
			c.crowded = append(c.crowded, text)
			continue
		}
		for n, score := range scores {
			if n == len(c.layers) {
				c.layers = append(c.layers, infinite(padded))
			}
			c.layers[n][text] = score
		}
	}
	return c
}

func infinite(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(math.Inf(1))
	}
	return values
}

// columnCounts holds one goroutine's counts for the texts of a block.
type columnCounts struct {
	*columnTargets
	layers  [][]int32 // by layer and text
	crowded [][]int32 // by crowded text and target
}

// begin clears the counts for the next block.
func (c *columnCounts) begin(t *columnTargets) {
	c.columnTargets = t
	c.layers, c.crowded = make([][]int32, len(t.layers)), make([][]int32, len(t.crowded))
	for n := range t.layers {
		c.layers[n] = make([]int32, len(t.layers[n]))
	}
	for n, text := range t.crowded {
		c.crowded[n] = make([]int32, len(t.of.of(t.first+text)))
	}
}

// count counts in a strip of products, [images, stride], whose first columns are those of texts.
func (c *columnCounts) count(first, columns int, products []float32, stride int) {
	for n, targets := range c.columnTargets.layers {
		countColumns(c.layers[n][first:first+stride], products, targets[first:first+stride])
	}
	for n, text := range c.columnTargets.crowded {
		if text < first || text >= first+columns {
			continue
		}
		targets := c.of.of(c.first + text)
		for at := text - first; at < len(products); at += stride {
			if target := reached(targets, products[at]); target >= 0 {
				c.crowded[n][target]++
			}
		}
	}
}

// addTo adds the counts to those of all images.
func (c *columnCounts) addTo(t *targets) {
	for n, counts := range c.layers {
		for text := range c.end - c.first {
			if at := t.first[c.first+text]; at+n < t.first[c.first+text+1] && counts[text] > 0 {
				t.counts[at+n] += int(counts[text])
			}
		}
	}
	for n, text := range c.columnTargets.crowded {
		at := t.first[c.first+text]
		for target, count := range c.crowded[n] {
			t.counts[at+target] += int(count)
		}
	}
}
