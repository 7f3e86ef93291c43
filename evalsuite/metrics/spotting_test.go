package metrics

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestSpot_EqualsTheCompetition compares with parity/spotting_goldens.py, whose polygons are those
// of Polygon3.
func TestSpot_EqualsTheCompetition(t *testing.T) {
	type word struct {
		Corners  [][2]float64
		Text     string
		DontCare bool `json:"dont_care"`
	}
	var cases []struct {
		Words, Found []word
		Want         Spotted
	}
	text, err := os.ReadFile("testdata/spotting.json")
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil || len(cases) < 100 {
		t.Fatal(len(cases), err)
	}
	words := func(of []word) (all []Word) {
		for _, w := range of {
			all = append(all, Word(w))
		}
		return all
	}
	for n, c := range cases {
		if got := Spot(words(c.Words), words(c.Found)); got != c.Want {
			t.Errorf("case %d: %+v, want %+v", n, got, c.Want)
		}
	}
}

func TestOverlapArea(t *testing.T) {
	square := func(x, y, side float64) Word {
		return Word{Corners: [][2]float64{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}}
	}
	diamond := Word{Corners: [][2]float64{{10, 0}, {20, 10}, {10, 20}, {0, 10}}}
	notch := Word{Corners: [][2]float64{{0, 0}, {20, 0}, {20, 20}, {10, 10}, {0, 20}}}
	for n, c := range []struct {
		a, b Word
		want float64
	}{
		{square(0, 0, 10), square(5, 5, 10), 25}, {square(0, 0, 10), square(10, 0, 10), 0}, {square(0, 0, 20), diamond, 200},
		{square(5, 5, 10), diamond, 100}, {diamond, diamond, 200}, {notch, square(0, 10, 20), 100}, {notch, notch, 300}, {Word{}, diamond, 0},
	} {
		p := polygonsOf([]Word{c.a, c.b})
		if got, other := overlapArea(&p[0], &p[1]), overlapArea(&p[1], &p[0]); math.Abs(got-c.want) > 1e-9 || math.Abs(other-c.want) > 1e-9 {
			t.Errorf("case %d: %v and %v, want %v", n, got, other, c.want)
		}
	}
}

// FuzzSpot matches any three words.
func FuzzSpot(f *testing.F) {
	f.Add(0.0, 0.0, 9.0, 0.0, 9.0, 9.0, 0.0, 9.0, "a!", "A")
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h, i float64, right, found string) {
		w := Word{Corners: [][2]float64{{a, b}, {c, d}, {e, g}, {h, i}}, Text: right}
		s := Spot([]Word{w, {Corners: w.Corners[:2], DontCare: true}}, []Word{{Corners: w.Corners[1:], Text: found}, w})
		if s.Read > s.Detected || s.Detected > s.Words || s.Found > 2 {
			t.Errorf("%+v", s)
		}
	})
}
