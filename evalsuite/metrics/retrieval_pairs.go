package metrics

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pali3/pali3/internal/matmul"
)

// pairScores returns the similarities of pairs. They are computed by the kernel that computes the
// similarities of all, to be equal to the last bit.
func pairScores(images, texts Vectors, pairs []Pair) []float32 {
	order := make([]int, len(pairs))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(pairs[a].Image, pairs[b].Image) })
	scores := make([]float32, len(pairs))
	const chunk = 4096
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			t := pairTile{images: images, texts: texts, pairs: pairs, scores: scores, strip: make([]float32, matmul.StripSize(matmul.Rows()))}
			for {
				at := int(next.Add(chunk)) - chunk
				if at >= len(order) {
					return
				}
				for _, n := range order[at:min(at+chunk, len(order))] {
					t.add(n)
				}
				t.flush()
			}
		})
	}
	wait.Wait()
	return scores
}

// pairTile collects pairs, in the order of their images, for one tile of the kernel.
type pairTile struct {
	images, texts Vectors
	pairs         []Pair
	scores        []float32

	last        int   // image
	rows        []int // row of each member
	members     []int // pairs; a member's column is its place here
	left, right []float32
	a, b        matmul.Block
	strip       []float32
}

func (t *pairTile) add(n int) {
	p := t.pairs[n]
	if len(t.members) == matmul.Columns() || len(t.members) > 0 && p.Image != t.last && len(t.left) == matmul.Rows()*t.images.Width {
		t.flush()
	}
	if len(t.members) == 0 || p.Image != t.last {
		t.left = append(t.left, t.images.Row(p.Image)...)
		t.last = p.Image
	}
	t.right = append(t.right, t.texts.Row(p.Text)...)
	t.rows, t.members = append(t.rows, len(t.left)/t.images.Width-1), append(t.members, n)
}

// flush computes the collected similarities.
func (t *pairTile) flush() {
	if len(t.members) == 0 {
		return
	}
	t.a.PackLeft(t.left, t.images.Width)
	t.b.PackRight(t.right, t.images.Width)
	matmul.Strips(&t.a, &t.b, t.strip, func(_, columns int, products []float32) {
		for column, n := range t.members {
			t.scores[n] = products[t.rows[column]*matmul.Columns()+column]
		}
	})
	t.left, t.right, t.rows, t.members = t.left[:0], t.right[:0], t.rows[:0], t.members[:0]
}
