package metrics

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/matmul"
	"github.com/pali3/pali3/random"
)

// randomVectors returns n embeddings. Values are small whole numbers, so that products are exact
// and many are equal, or fractions.
func randomVectors(rng *random.Stream, n, width int, whole bool) Vectors {
	v := Vectors{width, make([]float32, n*width)}
	for i := range v.Values {
		if x := rng.Float64(); whole {
			v.Values[i] = float32(math.Floor(x*5) - 2)
		} else {
			v.Values[i] = float32(x - 0.5)
		}
	}
	return v
}

// randomPairs pairs each text with up to most images, and leaves some texts and images alone.
func randomPairs(rng *random.Stream, images, texts, most int) (pairs []Pair) {
	for text := range texts {
		for _, image := range rng.Perm(images)[:min(images, int(rng.Float64()*float64(most+1)))] {
			pairs = append(pairs, Pair{image, text})
		}
	}
	return pairs
}

// rankOneByOne ranks candidates for a query from the row of similarities.
func rankOneByOne(row []float32, right map[int]bool) (rank int, average float64, ok bool) {
	if len(right) == 0 {
		return 0, 0, false
	}
	best := float32(math.Inf(-1))
	positive, scores := make([]bool, len(row)), make([]float64, len(row))
	for i, v := range row {
		if positive[i], scores[i] = right[i], float64(v); right[i] {
			best = max(best, v)
		}
	}
	for i, v := range row {
		if !right[i] && v >= best {
			rank++
		}
	}
	average, err := AveragePrecision(positive, scores)
	return rank, average, err == nil
}

func TestRankEmbeddings_EqualsTheWholeMatrix(t *testing.T) {
	for n, size := range []struct{ images, texts, width, most int }{
		{1, 1, 1, 1}, {7, 35, 8, 1}, {130, 70, 24, 3}, {250, 2100, 12, 1}, {40, 4200, 5, 2}, {700, 9, 16, 600}, {9, 700, 16, 5}, {64, 64, 768, 2},
	} {
		for _, whole := range []bool{true, false} {
			t.Run(fmt.Sprint(size, whole), func(t *testing.T) {
				rng := random.New(uint64(n))
				images, texts := randomVectors(rng, size.images, size.width, whole), randomVectors(rng, size.texts, size.width, whole)
				pairs := randomPairs(rng, size.images, size.texts, size.most)
				i2t, t2i, err := RankEmbeddings(context.Background(), images, texts, pairs)
				if err != nil {
					t.Fatal(err)
				}
				matrix := wholeMatrix(images, texts)
				rightTexts, rightImages := make([]map[int]bool, size.images), make([]map[int]bool, size.texts)
				for _, p := range pairs {
					pairUp(rightTexts, p.Image, p.Text)
					pairUp(rightImages, p.Text, p.Image)
				}
				compareRanking(t, "image", i2t, rightTexts, func(image int) []float32 { return matrix[image*size.texts : (image+1)*size.texts] })
				compareRanking(t, "text", t2i, rightImages, func(text int) []float32 {
					column := make([]float32, size.images)
					for image := range column {
						column[image] = matrix[image*size.texts+text]
					}
					return column
				})
			})
		}
	}
}

// wholeMatrix returns the similarities, [images, texts], of the kernel that ranks.
func wholeMatrix(images, texts Vectors) []float32 {
	var a, b matmul.Block
	a.PackLeft(images.Values, images.Width)
	b.PackRight(texts.Values, texts.Width)
	out := make([]float32, images.N()*texts.N())
	matmul.Strips(&a, &b, make([]float32, matmul.StripSize(images.N())), func(first, columns int, products []float32) {
		for image := range images.N() {
			copy(out[image*texts.N()+first:][:columns], products[image*matmul.Columns():])
		}
	})
	return out
}

func pairUp(sets []map[int]bool, at, member int) {
	if sets[at] == nil {
		sets[at] = map[int]bool{}
	}
	sets[at][member] = true
}

func compareRanking(t *testing.T, what string, got Ranking, right []map[int]bool, row func(int) []float32) {
	t.Helper()
	var want Ranking
	for query := range right {
		if rank, average, ok := rankOneByOne(row(query), right[query]); ok {
			want.Queries, want.Ranks, want.AveragePrecision = append(want.Queries, query), append(want.Ranks, rank), append(want.AveragePrecision, average)
		}
	}
	if !slices.Equal(got.Queries, want.Queries) || !slices.Equal(got.Ranks, want.Ranks) {
		t.Fatalf("%s: ranks %v of %v, want %v of %v", what, got.Ranks, got.Queries, want.Ranks, want.Queries)
	}
	for n := range want.AveragePrecision {
		if math.Abs(got.AveragePrecision[n]-want.AveragePrecision[n]) > 1e-12 {
			t.Fatalf("%s %d: average precision %v, want %v", what, want.Queries[n], got.AveragePrecision[n], want.AveragePrecision[n])
		}
	}
}

// TestRankEmbeddings_EqualsSimilarities compares with the ranks of a matrix, whose products are
// exact.
func TestRankEmbeddings_EqualsSimilarities(t *testing.T) {
	rng := random.New(5)
	images, texts := randomVectors(rng, 90, 6, true), randomVectors(rng, 260, 6, true)
	s := Similarities{Images: 90, Texts: 260}
	var pairs []Pair
	for text := range 260 {
		s.ImageOf = append(s.ImageOf, text*90/260)
		pairs = append(pairs, Pair{text * 90 / 260, text})
	}
	s.Values = wholeMatrix(images, texts)
	i2t, t2i, err := RankEmbeddings(context.Background(), images, texts, pairs)
	if err != nil {
		t.Fatal(err)
	}
	wantImages, _ := s.ImageToText()
	wantTexts, _ := s.TextToImage()
	if !slices.Equal(i2t.Ranks, wantImages) || !slices.Equal(t2i.Ranks, wantTexts) {
		t.Errorf("ranks %v and %v, want %v and %v", i2t.Ranks, t2i.Ranks, wantImages, wantTexts)
	}
}

func TestRankEmbeddings_NamesWhatIsWrong(t *testing.T) {
	nan := float32(math.NaN())
	two := Vectors{2, []float32{1, 0, 0, 1}}
	for want, run := range map[string]struct {
		images, texts Vectors
		pairs         []Pair
	}{
		"image 1 (from 0) has a value that is not a finite number": {Vectors{2, []float32{1, 0, nan, 1}}, two, []Pair{{0, 0}}},
		"text 0 (from 0) has a value that is not a finite number":  {two, Vectors{2, []float32{float32(math.Inf(1)), 0, 0, 1}}, []Pair{{0, 0}}},
		"have 2 values and those of texts 4":                       {two, Vectors{4, []float32{1, 0, 0, 1}}, nil},
		"3 values are no embeddings of 2":                          {Vectors{2, []float32{1, 0, 1}}, two, nil},
		"are no embeddings of 0":                                   {Vectors{}, Vectors{}, nil},
		"pair 1 is of image 2 and text 0":                          {two, two, []Pair{{0, 0}, {2, 0}}},
		"image 0 and text 1 are paired twice":                      {two, two, []Pair{{0, 1}, {0, 1}}},
		"similarities overflow":                                    {Vectors{2, []float32{1e30, 0}}, Vectors{2, []float32{1e30, 0}}, []Pair{{0, 0}}},
	} {
		if _, _, err := RankEmbeddings(context.Background(), run.images, run.texts, run.pairs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	stopped, stop := context.WithCancelCause(context.Background())
	stop(fmt.Errorf("enough"))
	if _, _, err := RankEmbeddings(stopped, two, two, []Pair{{0, 0}}); err == nil || err.Error() != "enough" {
		t.Errorf("a stopped ranking returns %v", err)
	}
}

func TestCountKernelsAgree(t *testing.T) {
	rng := random.New(9)
	for n := range 70 {
		values := randomVectors(rng, 1, n, true).Values
		var got, want [lanes]int32
		countRow(&got, values, 0)
		countRowPortable(&want, values, 0)
		if got != want {
			t.Errorf("row of %d: %v, want %v", n, got, want)
		}
		rows := randomVectors(rng, 5, n, true).Values
		targets := randomVectors(rng, 1, n, true).Values
		columns, wantColumns := make([]int32, n), make([]int32, n)
		countColumns(columns, rows, targets)
		countColumnsPortable(wantColumns, rows, targets)
		if !slices.Equal(columns, wantColumns) {
			t.Errorf("columns of %d: %v, want %v", n, columns, wantColumns)
		}
	}
}

func TestRanks_CountFromOne(t *testing.T) {
	r := Ranks{0, 3, 1, 9}
	if r.Median() != 3 || r.Mean() != 4.25 || Ranks([]int{4, 0, 1}).Median() != 2 {
		t.Errorf("median %v, mean %v", r.Median(), r.Mean())
	}
	if got := r.Reciprocal(); !slices.Equal(got, []float64{1, 0.25, 0.5, 0.1}) {
		t.Errorf("reciprocal ranks %v", got)
	}
}

// BenchmarkRankEmbeddings compares ranking with the product alone, by the same kernel and blocks.
// PALI3_RANK, as in "100000 500000 768", names further numbers of images and texts, and a width.
func BenchmarkRankEmbeddings(b *testing.B) {
	sizes := [][3]int{{2400, 12000, 512}, {2400, 12000, 1152}}
	var further [3]int
	if n, _ := fmt.Sscan(os.Getenv("PALI3_RANK"), &further[0], &further[1], &further[2]); n == len(further) {
		sizes = [][3]int{further}
	}
	for _, size := range sizes {
		width, perImage := size[2], size[1]/size[0]
		rng := random.New(1)
		images, texts := randomVectors(rng, size[0], width, false), randomVectors(rng, size[1], width, false)
		pairs := make([]Pair, texts.N())
		for i := range pairs {
			pairs[i] = Pair{min(i/perImage, size[0]-1), i}
		}
		flop := 2 * float64(width) * float64(images.N()) * float64(texts.N())
		for _, run := range []struct {
			name string
			do   func()
		}{
			{"product", func() {
				countAll(context.Background(), images, texts, newTargets(images.N(), nil, nil, nil), newTargets(texts.N(), nil, nil, nil))
			}},
			{"rank", func() { RankEmbeddings(context.Background(), images, texts, pairs) }},
		} {
			b.Run(fmt.Sprintf("%s/%dx%dx%d", run.name, size[0], size[1], width), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					run.do()
				}
				b.ReportMetric(float64(b.N)*flop/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
