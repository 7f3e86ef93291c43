package detection

import (
	"math"
	"testing"

	"github.com/pali3/pali3/random"
)

// likeCOCO returns images like those of val2017 with 100 detections each.
func likeCOCO(images int) []Image {
	r := random.New(0, random.Name("detection"), 0)
	uniform := func() float64 { return float64(r.Uint64()>>11) / (1 << 53) }
	box := func() Box {
		return Box{uniform() * 400, uniform() * 300, 5 + uniform()*uniform()*200, 5 + uniform()*uniform()*200}
	}
	all := make([]Image, images)
	for n := range all {
		image := &all[n]
		for range 1 + r.IntN(14) {
			b := box()
			image.Truths = append(image.Truths, Truth{Category: int32(math.Pow(80, uniform()) - 1), Box: b, Area: b.Area() * 0.7, Crowd: uniform() < 0.01})
		}
		for range 100 {
			d := Detection{Category: int32(80 * uniform()), Box: box(), Score: uniform() * uniform()}
			if uniform() < 0.3 {
				t := image.Truths[r.IntN(len(image.Truths))]
				d.Category, d.Box = t.Category, t.Box
				for i := range d.Box {
					d.Box[i] *= 0.9 + 0.2*uniform()
				}
				d.Score = math.Sqrt(uniform())
			}
			d.Area = d.Box.Area()
			image.Detections = append(image.Detections, d)
		}
	}
	return all
}

func BenchmarkEvaluate(b *testing.B) {
	images := likeCOCO(5000)
	for b.Loop() {
		if _, err := Evaluate(images, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*500e3/b.Elapsed().Seconds(), "detections/s")
}

// BenchmarkScores is one resample of an interval.
func BenchmarkScores(b *testing.B) {
	e, err := Evaluate(likeCOCO(5000), Options{})
	if err != nil {
		b.Fatal(err)
	}
	r := random.New(0, random.Name("weights"), 0)
	weights := make([]int32, 5000)
	for range weights {
		weights[r.IntN(len(weights))]++
	}
	for b.Loop() {
		e.Scores(weights)
	}
}
