package matmul

import (
	"fmt"
	"math"
	"testing"

	"github.com/pali3/pali3/random"
)

// vectors returns n vectors, [n, width].
func vectors(rng *random.Stream, n, width int) []float32 {
	values := make([]float32, n*width)
	for i := range values {
		values[i] = float32(rng.Float64()*2 - 1)
	}
	return values
}

// with runs a test with another kernel.
func with(t *testing.T, k kernel, run func(*testing.T)) {
	t.Run(k.name, func(t *testing.T) {
		before := used
		defer func() { used = before }()
		used = k
		run(t)
	})
}

// available lists the kernels that this machine can run.
func available() (all []kernel) {
	found := false
	for _, k := range kernels() {
		if found = found || k.name == used.name; found {
			all = append(all, k)
		}
	}
	return all
}

// product returns the whole matrix of products, [left, right].
func product(left, right []float32, width int) []float32 {
	var a, b Block
	a.PackLeft(left, width)
	b.PackRight(right, width)
	n := len(right) / width
	out := make([]float32, len(left)/width*n)
	Strips(&a, &b, make([]float32, StripSize(a.n)), func(first, columns int, products []float32) {
		for row := range a.n {
			copy(out[row*n+first:row*n+first+columns], products[row*Columns():])
		}
	})
	return out
}

func TestStrips_EqualInnerProducts(t *testing.T) {
	for _, k := range available() {
		with(t, k, func(t *testing.T) {
			rng := random.New(1)
			for _, size := range [][3]int{{1, 1, 1}, {12, 32, 8}, {13, 33, 7}, {5, 70, 64}, {40, 31, 129}, {100, 100, 3}} {
				left, right, width := vectors(rng, size[0], size[2]), vectors(rng, size[1], size[2]), size[2]
				got := product(left, right, width)
				for i := range size[0] {
					for j := range size[1] {
						want := 0.0
						for k := range width {
							want += float64(left[i*width+k]) * float64(right[j*width+k])
						}
						if v := float64(got[i*size[1]+j]); math.Abs(v-want) > 1e-5*math.Sqrt(float64(width)) {
							t.Fatalf("%v: product of %d and %d is %v, want %v", size, i, j, v, want)
						}
					}
				}
			}
		})
	}
}

// TestStrips_DependOnTheVectorsAlone moves vectors to other places of their blocks.
func TestStrips_DependOnTheVectorsAlone(t *testing.T) {
	for _, k := range available() {
		with(t, k, func(t *testing.T) {
			const n, width = 67, 45
			rng := random.New(2)
			left, right := vectors(rng, n, width), vectors(rng, n, width)
			whole := product(left, right, width)
			for i := range n {
				row := product(left[i*width:(i+1)*width], right, width)
				column := product(left, right[i*width:(i+1)*width], width)
				for j := range n {
					if row[j] != whole[i*n+j] || column[j] != whole[j*n+i] {
						t.Fatalf("product of %d and %d depends on its place", i, j)
					}
				}
			}
		})
	}
}

// TestKernels_AgreeToTheBit compares the kernels that fuse multiplication and addition.
func TestKernels_AgreeToTheBit(t *testing.T) {
	const width = 77
	rng := random.New(3)
	left, right := vectors(rng, 50, width), vectors(rng, 90, width)
	var want []float32
	for _, k := range available() {
		if k.name == portable.name {
			continue
		}
		with(t, k, func(t *testing.T) {
			got := product(left, right, width)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("product %d: %v, want %v", i, got[i], want[i])
				}
			}
			want = got
		})
	}
}

func BenchmarkStrips(b *testing.B) {
	for _, k := range available() {
		b.Run(k.name, func(b *testing.B) {
			before := used
			defer func() { used = before }()
			used = k
			for _, width := range []int{512, 1152} {
				b.Run(fmt.Sprint(width), func(b *testing.B) {
					rng := random.New(1)
					const rows, columns = 120, 1024
					left, right := vectors(rng, rows, width), vectors(rng, columns, width)
					var l, r Block
					r.PackRight(right, width)
					strip := make([]float32, StripSize(rows))
					for b.Loop() {
						l.PackLeft(left, width)
						Strips(&l, &r, strip, func(int, int, []float32) {})
					}
					b.ReportMetric(float64(b.N)*2*rows*columns*float64(width)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		})
	}
}
