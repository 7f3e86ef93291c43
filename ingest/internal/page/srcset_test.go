package page

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// srcsets are srcsets as parse-srcset, an implementation of the standard's algorithm, reads them.
// See parity/ingest_addresses.mjs.
func srcsets(t testing.TB) (all [][2]json.RawMessage) {
	t.Helper()
	f, err := os.Open("testdata/srcsets.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unzipped).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestParseSrcset_EqualsTheStandard(t *testing.T) {
	for _, c := range srcsets(t) {
		var set string
		var want []struct {
			URL  string
			W, D float64
		}
		json.Unmarshal(c[0], &set)
		if err := json.Unmarshal(c[1], &want); err != nil {
			t.Fatal(err)
		}
		got := parseSrcset(set)
		same := len(got) == len(want)
		for i := 0; same && i < len(got); i++ {
			density := want[i].D
			if want[i].W == 0 && density == 0 {
				density = 1 // the standard's, which it leaves out
			}
			same = got[i].address == want[i].URL && (float64(got[i].width) == want[i].W || want[i].W > math.MaxInt32) && got[i].density == density
		}
		if !same {
			t.Errorf("%q: %+v, want %s", set, got, c[1])
		}
	}
}

func TestBest_OrdersGreatestFirst(t *testing.T) {
	for _, c := range []struct {
		set, src string
		want     []string
	}{
		{"s.png 320w,\n     l.png 640w", "", []string{"l.png", "s.png"}},
		{"s.png 1x,\tl.png 2x", "", []string{"l.png", "s.png"}},
		{"l.png 2x", "s.png", []string{"l.png", "s.png"}},
		{"s.png .5x", "l.png", []string{"l.png", "s.png"}},
		{"s.png 320w", "l.png", []string{"s.png", "l.png"}},
		{"a,b.png 1x,c.png,d.png 3x", "", []string{"c.png,d.png", "a,b.png"}},
		{"c_fill,w_320/a.png 320w, c_fill,w_640/a.png 640w,", "", []string{"c_fill,w_640/a.png", "c_fill,w_320/a.png"}},
		{"a.png 1x (max, 3x), b.png 2x", "", []string{"b.png"}},
		{"a.png 0x 0x, b.png 0x, c.png 100h", "", []string{"b.png"}},
		{"", "a.png", []string{"a.png"}},
		{" , ", "", []string{}},
	} {
		if got := best(c.set, c.src); !slices.Equal(got, c.want) {
			t.Errorf("%q, %q: %q, want %q", c.set, c.src, got, c.want)
		}
	}
}

func FuzzParseSrcset(f *testing.F) {
	for _, c := range srcsets(f)[:200] {
		var set string
		json.Unmarshal(c[0], &set)
		f.Add(set)
	}
	f.Fuzz(func(t *testing.T, set string) {
		for _, c := range parseSrcset(set) {
			if c.address == "" || strings.ContainsAny(c.address, space) || c.address[0] == ',' || !strings.Contains(set, c.address) ||
				c.width > 0 && c.density != 0 || c.width < 0 || c.density < 0 {
				t.Errorf("%q: %+v", set, c)
			}
		}
		best(set, "a")
	})
}
