package augment

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// TestResize_ByDefinition compares with Pillow, TensorFlow and torch (parity/resample_goldens.py),
// on images that shrink and grow, of odd sizes, of one pixel and of extreme aspects.
func TestResize_ByDefinition(t *testing.T) {
	unpacked, err := gzip.NewReader(bytes.NewReader(readFile(t, "testdata/resample.json.gz")))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		From, To         [2]int
		As, Method, Kind string
		Antialias        bool
		Want             []float64
	}
	if err := json.NewDecoder(unpacked).Decode(&cases); err != nil {
		t.Fatal(err)
	}
	type sum struct{ most, total, values float64 }
	sums := map[string]*sum{}
	for _, c := range cases {
		how := resampling{antialias: c.Antialias, as: definition(slices.Index(definitions, c.As))}
		for f := Bilinear; f <= Mitchell; f++ {
			if f.String() == c.Method {
				how.filter = f
			}
		}
		p := &Pixels{image: pattern(c.From[0], c.From[1])}
		if c.Kind == "float32" {
			p.Tensor()
		}
		if err := p.resize(c.To[0], c.To[1], how); err != nil {
			t.Fatal(err)
		}
		name := c.As + " " + c.Method + " of " + c.Kind
		if c.Antialias {
			name += " with antialias"
		}
		s := sums[name]
		if s == nil {
			s = &sum{}
			sums[name] = s
		}
		got := p.Tensor().Pix
		if len(got) != len(c.Want) {
			t.Fatalf("%s, %v to %v: %d values, want %d", name, c.From, c.To, len(got), len(c.Want))
		}
		for i, want := range c.Want {
			d := math.Abs(float64(got[i]) - want)
			s.most, s.total, s.values = max(s.most, d), s.total+d, s.values+1
			if d > 1.01 {
				t.Errorf("%s, %v to %v: value %d is %v, want %v", name, c.From, c.To, i, got[i], want)
				break
			}
		}
	}
	for name, s := range sums {
		t.Logf("%s: largest difference %.3f, mean %.5f", name, s.most, s.total/s.values)
		if s.total/s.values > 0.02 {
			t.Errorf("%s: the mean difference is %.4f", name, s.total/s.values)
		}
	}
}
