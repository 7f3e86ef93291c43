package metrics

import (
	"fmt"
	"math"
	"slices"
)

// Similarities holds the similarity of each image and each text.
type Similarities struct {
	Images, Texts int
	// Values is [Images, Texts], row by row.
	Values []float32
	// ImageOf is [Texts]: the image each text belongs to. An image can have many texts, or none.
	ImageOf []int
}

// Ranks holds, per query, the rank of the right item: 0 if it is found first.
type Ranks []int

// RecallAt returns, per query, 1 if the right item is among the first k, else 0. The mean is R@k.
func (r Ranks) RecallAt(k int) []float64 {
	hits := make([]float64, len(r))
	for i, rank := range r {
		if rank < k {
			hits[i] = 1
		}
	}
	return hits
}

// Reciprocal returns, per query, one over the rank counted from 1. The mean is the mean reciprocal
// rank.
func (r Ranks) Reciprocal() []float64 {
	values := make([]float64, len(r))
	for i, rank := range r {
		values[i] = 1 / float64(rank+1)
	}
	return values
}

// Mean returns the mean rank, counted from 1.
func (r Ranks) Mean() float64 {
	sum := 0.0
	for _, rank := range r {
		sum += float64(rank + 1)
	}
	return sum / float64(len(r))
}

// Median returns the median rank, counted from 1; of an even number, halfway between the middle
// ones.
func (r Ranks) Median() float64 {
	sorted := slices.Sorted(slices.Values(r))
	if len(sorted) == 0 {
		return math.NaN()
	}
	return float64(sorted[(len(sorted)-1)/2]+sorted[len(sorted)/2])/2 + 1
}

func (s Similarities) check() error {
	if len(s.Values) != s.Images*s.Texts {
		return fmt.Errorf("retrieval: %d similarities for %d images and %d texts", len(s.Values), s.Images, s.Texts)
	}
	if len(s.ImageOf) != s.Texts {
		return fmt.Errorf("retrieval: %d image numbers for %d texts", len(s.ImageOf), s.Texts)
	}
	for text, image := range s.ImageOf {
		if image < 0 || image >= s.Images {
			return fmt.Errorf("retrieval: text %d belongs to image %d of %d", text, image, s.Images)
		}
	}
	return nil
}

// ImageToText ranks, for each image that has texts, the best of them among the texts of others.
// Ties count against the model: a wrong text with the same similarity ranks first, and so does one
// whose similarity is NaN. A constant matrix thus finds nothing.
func (s Similarities) ImageToText() (Ranks, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	texts := make([][]int, s.Images)
	for text, image := range s.ImageOf {
		texts[image] = append(texts[image], text)
	}
	var ranks Ranks
	for image, own := range texts {
		if len(own) == 0 {
			continue
		}
		row := s.Values[image*s.Texts : (image+1)*s.Texts]
		best := row[own[0]]
		for _, text := range own {
			if row[text] > best || best != best {
				best = row[text]
			}
		}
		rank := 0
		for text, value := range row {
			if s.ImageOf[text] != image && !(value < best) {
				rank++
			}
		}
		ranks = append(ranks, rank)
	}
	return ranks, nil
}

// TextToImage ranks, for each text, its image among all images. Ties count against the model, as
// in [Similarities.ImageToText].
func (s Similarities) TextToImage() (Ranks, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	ranks := make(Ranks, s.Texts)
	for image := range s.Images {
		row := s.Values[image*s.Texts : (image+1)*s.Texts]
		for text, value := range row {
			own := s.ImageOf[text]
			if image != own && !(value < s.Values[own*s.Texts+text]) {
				ranks[text]++
			}
		}
	}
	return ranks, nil
}
