package weights

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/safetensors"
)

// vectors writes vectors of float32 and one of int64, and opens the file.
func vectors(t *testing.T, floats map[string][]float32, step int64) *File {
	t.Helper()
	all := []safetensors.Tensor{{Name: "step", DType: safetensors.I64, Shape: []int{1}, Data: func() []byte {
		return []byte{byte(step), byte(step >> 8), byte(step >> 16), byte(step >> 24), byte(step >> 32), byte(step >> 40), byte(step >> 48), byte(step >> 56)}
	}}}
	for name, values := range floats {
		all = append(all, safetensors.Tensor{Name: name, DType: safetensors.F32, Shape: []int{len(values)}, Data: func() []byte { return safetensors.Float32Bytes(values) }})
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := safetensors.Write(path, all, nil); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestAverage_IsTheWeightedMean(t *testing.T) {
	a := vectors(t, map[string][]float32{"w": {1, 2}}, 7)
	b := vectors(t, map[string][]float32{"w": {5, -2}}, 7)
	for _, c := range []struct {
		by   []float64
		want []float32
	}{{nil, []float32{3, 0}}, {[]float64{3, 1}, []float32{2, 1}}, {[]float64{0, 2}, []float32{5, -2}}, {[]float64{2, -1}, []float32{-3, 6}}} {
		mean, err := Average([]*File{a, b}, c.by)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := mean.Float32("w"); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("shares %v: %v, want %v, %v", c.by, got, c.want, err)
		}
		to := filepath.Join(t.TempDir(), "mean.safetensors")
		if err := mean.Save(to, SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		back, err := OpenFile(to)
		if err != nil {
			t.Fatal(err)
		}
		defer back.Close()
		if got, err := back.Float32("w"); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("shares %v: written %v, %v", c.by, got, err)
		}
	}
	for want, c := range map[string]struct {
		files []*File
		by    []float64
	}{
		"no files":                 {nil, nil},
		"3 shares for 2 files":     {[]*File{a, b}, []float64{1, 1, 1}},
		"add up to 0":              {[]*File{a, b}, []float64{1, -1}},
		"only the first has w":     {[]*File{a, vectors(t, nil, 7)}, nil},
		"only the second has w":    {[]*File{vectors(t, nil, 7), a}, nil},
		"w has shape [2] and [1]":  {[]*File{a, vectors(t, map[string][]float32{"w": {1}}, 7)}, nil},
		"step holds I64 that diff": {[]*File{a, vectors(t, map[string][]float32{"w": {1, 1}}, 8)}, nil},
	} {
		mean, err := Average(c.files, c.by)
		if err == nil {
			err = mean.Save(filepath.Join(t.TempDir(), "mean.safetensors"), SaveOptions{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestDiff_MeasuresEachTensor(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	a := vectors(t, map[string][]float32{"same": {1, nan, inf}, "apart": {3, 4}, "nan": {1, 2}, "zero": {0, 0}, "shape": {1}, "a": {1}}, 1)
	b := vectors(t, map[string][]float32{"same": {1, nan, inf}, "apart": {4, 3}, "nan": {1, nan}, "zero": {0, 0}, "shape": {1, 2}, "b": {1}}, -3)
	found := map[string]Difference{}
	var names []string
	if err := Diff(a, b, func(d Difference) error {
		found[d.A.Name] = d
		names = append(names, d.A.Name)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(names, []string{"apart", "nan", "same", "shape", "step", "zero"}) {
		t.Errorf("names %q", names)
	}
	for name, want := range map[string]Difference{
		"same":  {Equal: true, Cosine: 1},
		"zero":  {Equal: true, Cosine: 1},
		"apart": {Max: 1, Relative: 0.25, Cosine: 24.0 / 25},
		"step":  {Max: 4, Relative: 4.0 / 3, Cosine: -1},
		"shape": {},
	} {
		got := found[name]
		if got.Equal != want.Equal || got.Max != want.Max || got.At != want.At || math.Abs(got.Relative-want.Relative) > 1e-12 || math.Abs(got.Cosine-want.Cosine) > 1e-12 {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if d := found["nan"]; d.Equal || !math.IsInf(d.Max, 1) || d.At != 1 {
		t.Errorf("a number that is none: %+v", d)
	}
}
