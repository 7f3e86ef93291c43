package metrics

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pali3/pali3/internal/matmul"
)

// Ranking says where one direction of retrieval finds the right items. It has a value for each
// query, an image or a text, that has a right item.
type Ranking struct {
	// Queries are the numbers of the images or texts, in increasing order.
	Queries []int
	// Ranks of the best right item among the wrong ones.
	Ranks Ranks
	// AveragePrecision is that of all candidates, as [AveragePrecision] computes it: candidates of
	// the same similarity count together.
	AveragePrecision []float64
}

// RankEmbeddings ranks all texts for each image that has a text, and all images for each text that
// has an image. The similarity is the inner product, in float32. An image can have many texts, and
// a text many images; those without a partner are candidates alone.
//
// Ties count against the model: a wrong item with the similarity of the right one ranks before it.
// Equal embeddings have equal similarities to the last bit.
//
// One blocked product of the two matrices ranks both directions on all cores. Beside its arguments
// the function needs memory for some numbers of each query and pair and for blocks of fixed size,
// but not for the matrix of similarities.
func RankEmbeddings(ctx context.Context, images, texts Vectors, pairs []Pair) (imageToText, textToImage Ranking, err error) {
	if err := checkVectors(images, texts); err != nil {
		return Ranking{}, Ranking{}, err
	}
	if err := checkPairs(images.N(), texts.N(), pairs); err != nil {
		return Ranking{}, Ranking{}, err
	}
	if len(pairs) == 0 {
		return Ranking{}, Ranking{}, nil
	}
	scores := pairScores(images, texts, pairs)
	ofImages := newTargets(images.N(), pairs, scores, func(p Pair) int { return p.Image })
	ofTexts := newTargets(texts.N(), pairs, scores, func(p Pair) int { return p.Text })
	if err := countAll(ctx, images, texts, ofImages, ofTexts); err != nil {
		return Ranking{}, Ranking{}, err
	}
	return ofImages.ranking(), ofTexts.ranking(), nil
}

// Sizes of blocks. A block of images lies in the second-level cache of a core, one of texts in the
// cache of all.
const (
	imageBlock = 120 // a multiple of the rows of every kernel
	textBlock  = 2048
)

// countAll compares the similarity of each image and each text with the targets of both.
func countAll(ctx context.Context, images, texts Vectors, ofImages, ofTexts *targets) error {
	workers := make([]*counter, runtime.GOMAXPROCS(0))
	for w := range workers {
		workers[w] = &counter{images: images, ofImages: ofImages}
	}
	var right matmul.Block
	for first := 0; first < texts.N(); first += textBlock {
		end := min(first+textBlock, texts.N())
		right.PackRight(texts.Values[first*texts.Width:end*texts.Width], texts.Width)
		columns := newColumnTargets(ofTexts, first, end)
		var next atomic.Int64
		var wait sync.WaitGroup
		for _, w := range workers {
			w.begin(columns)
			wait.Go(func() {
				for ctx.Err() == nil {
					at := int(next.Add(imageBlock)) - imageBlock
					if at >= images.N() {
						return
					}
					w.block(at, &right)
				}
			})
		}
		wait.Wait()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, w := range workers {
			w.columns.addTo(ofTexts)
		}
	}
	return nil
}

// counter is one goroutine's part of a product.
type counter struct {
	images   Vectors
	ofImages *targets
	columns  columnCounts
	left     matmul.Block
	strip    []float32
	lanes    [][lanes]int32 // counts of the block's targets
}

func (c *counter) begin(columns *columnTargets) { c.columns.begin(columns) }

// block counts for the images from the first on.
func (c *counter) block(first int, right *matmul.Block) {
	width := c.images.Width
	end := min(first+imageBlock, c.images.N())
	c.left.PackLeft(c.images.Values[first*width:end*width], width)
	if size := matmul.StripSize(imageBlock); len(c.strip) < size {
		c.strip = make([]float32, size)
	}
	from, to := c.ofImages.first[first], c.ofImages.first[end]
	c.lanes = slices.Grow(c.lanes[:0], to-from)[:to-from]
	clear(c.lanes)
	stride := matmul.Columns()
	matmul.Strips(&c.left, right, c.strip, func(column, columns int, products []float32) {
		for image := first; image < end; image++ {
			c.row(image, from, products[(image-first)*stride:][:columns])
		}
		c.columns.count(column, columns, products, stride)
	})
	for n := range c.lanes {
		for _, lane := range c.lanes[n] {
			c.ofImages.counts[from+n] += int(lane)
		}
	}
}

// row counts in the row of an image. From is the number of the first target in lanes.
func (c *counter) row(image, from int, values []float32) {
	begin, end := c.ofImages.first[image], c.ofImages.first[image+1]
	if end-begin > crowd {
		for _, v := range values {
			c.ofImages.place(image, v)
		}
		return
	}
	for n := begin; n < end; n++ {
		countRow(&c.lanes[n-from], values, c.ofImages.scores[n])
	}
}

// crowd is the number of targets of a query above which they are searched instead of compared.
const crowd = 16

// targets holds the similarities of right items, by query.
type targets struct {
	first []int // [queries+1], of the query's targets
	// scores are in decreasing order within a query. counts are those of candidates, right ones
	// among them, that are as similar or more; of a crowd, those that are not in the target before.
	scores []float32
	counts []int
}

func newTargets(queries int, pairs []Pair, scores []float32, query func(Pair) int) *targets {
	t := &targets{first: make([]int, queries+1), scores: make([]float32, len(pairs)), counts: make([]int, len(pairs))}
	for _, p := range pairs {
		t.first[query(p)+1]++
	}
	for q := range queries {
		t.first[q+1] += t.first[q]
	}
	next := slices.Clone(t.first)
	for n, p := range pairs {
		t.scores[next[query(p)]] = scores[n]
		next[query(p)]++
	}
	for q := range queries {
		slices.SortFunc(t.of(q), func(a, b float32) int { return cmp.Compare(b, a) })
	}
	return t
}

// of returns the targets of a query.
func (t *targets) of(query int) []float32 { return t.scores[t.first[query]:t.first[query+1]] }

// place counts a value at the first target that it reaches.
func (t *targets) place(query int, value float32) {
	if n := reached(t.of(query), value); n >= 0 {
		t.counts[t.first[query]+n]++
	}
}

// reached returns the first of decreasing targets that a value reaches, or -1.
func reached(targets []float32, value float32) int {
	if value < targets[len(targets)-1] {
		return -1
	}
	n, _ := slices.BinarySearchFunc(targets, value, func(target, value float32) int {
		if target > value {
			return -1
		}
		return 0
	})
	return n
}

// ranking computes ranks from the counts.
func (t *targets) ranking() (r Ranking) {
	for query := range len(t.first) - 1 {
		scores, counts := t.of(query), t.counts[t.first[query]:t.first[query+1]]
		if len(scores) == 0 {
			continue
		}
		if len(scores) > crowd {
			for n := 1; n < len(counts); n++ {
				counts[n] += counts[n-1]
			}
		}
		best, area := 0, 0.0
		for n := range scores {
			if n+1 < len(scores) && scores[n+1] == scores[n] {
				continue // they count together
			}
			if best == 0 {
				best = n + 1
				r.Ranks = append(r.Ranks, counts[n]-best)
				area = float64(best) * float64(best) / float64(counts[n])
			} else {
				area += float64(n+1-best) * float64(n+1) / float64(counts[n])
				best = n + 1
			}
		}
		r.Queries = append(r.Queries, query)
		r.AveragePrecision = append(r.AveragePrecision, area/float64(len(scores)))
	}
	return r
}
