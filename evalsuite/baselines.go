package evalsuite

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// Blinded returns the queries with a grey image instead of each image: an answer that is still
// right follows from the words alone.
func Blinded(queries []Query) ([]Query, error) {
	grey, err := greyImage(64)
	if err != nil {
		return nil, err
	}
	blind := make([]Query, len(queries))
	for i, q := range queries {
		blind[i].Prompt = q.Prompt
		for range q.Images {
			blind[i].Images = append(blind[i].Images, grey)
		}
	}
	return blind, nil
}

func greyImage(side int) (shards.Image, error) {
	m := image.NewGray(image.Rect(0, 0, side, side))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return shards.Image{}, err
	}
	return shards.Image{Bytes: b.Bytes(), Format: "png", Width: int32(side), Height: int32(side), SHA256: shards.Hash(b.Bytes())}, nil
}

// AnswerWithConstant predicts, for all questions of a kind, the answer that is most often right for
// that kind among these very questions. No constant answer can score better.
func AnswerWithConstant(items []Item) {
	for _, members := range group(items, func(s *Item) string { return s.Kind }) {
		counts := map[string]int{}
		best := ""
		for _, i := range members {
			answer := items[i].References[0]
			counts[answer]++
			if counts[answer] > counts[best] || counts[answer] == counts[best] && answer < best {
				best = answer
			}
		}
		for _, i := range members {
			items[i].Prediction = best
		}
	}
}

// Chance returns the expected recall at k of a random order of n items. Its interval holds 95% of
// random orders.
func Chance(k, n int) metrics.Score {
	if n == 0 {
		return metrics.Score{}
	}
	p := math.Min(1, float64(k)/float64(n))
	return metrics.Score{Value: p, Lo: binomialQuantile(n, p, 0.025), Hi: binomialQuantile(n, p, 0.975), N: n}
}

// binomialQuantile returns the q-quantile of the share of successes in n trials of probability p.
func binomialQuantile(n int, p, q float64) float64 {
	if p >= 1 {
		return 1
	}
	mass := math.Pow(1-p, float64(n))
	for successes, sum := 0, mass; ; successes++ {
		if sum >= q || successes == n {
			return float64(successes) / float64(n)
		}
		mass *= float64(n-successes) / float64(successes+1) * p / (1 - p)
		sum += mass
	}
}
