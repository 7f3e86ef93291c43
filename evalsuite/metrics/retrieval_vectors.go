package metrics

import (
	"fmt"
	"math"
)

// Vectors holds embeddings.
type Vectors struct {
	// Width is the number of values of an embedding.
	Width int
	// Values is [N, Width], row by row.
	Values []float32
}

// N is the number of embeddings.
func (v Vectors) N() int {
	if v.Width == 0 {
		return 0
	}
	return len(v.Values) / v.Width
}

// Row returns an embedding.
func (v Vectors) Row(i int) []float32 { return v.Values[i*v.Width : (i+1)*v.Width] }

// Pair says that an image and a text belong to each other, by their numbers.
type Pair struct{ Image, Text int }

// VectorError says which embedding has a value that is not a finite number.
type VectorError struct {
	Kind string // "image" or "text"
	Row  int    // from 0
}

// Error names the row.
func (e *VectorError) Error() string {
	return fmt.Sprintf("retrieval: the embedding of %s %d (from 0) has a value that is not a finite number", e.Kind, e.Row)
}

// checkVectors returns an error unless all similarities are finite numbers.
func checkVectors(images, texts Vectors) error {
	if images.Width != texts.Width {
		return fmt.Errorf("retrieval: embeddings of images have %d values and those of texts %d: they are of different models", images.Width, texts.Width)
	}
	image, err := images.longest("image")
	if err != nil {
		return err
	}
	text, err := texts.longest("text")
	if err != nil {
		return err
	}
	if image*text > math.MaxFloat32/2 {
		return fmt.Errorf("retrieval: similarities overflow float32: embeddings of images are up to %.3g long and those of texts %.3g; divide each by its length", image, text)
	}
	return nil
}

// longest returns the length of the longest embedding.
func (v Vectors) longest(what string) (longest float64, err error) {
	if v.Width < 1 || len(v.Values)%v.Width != 0 {
		return 0, fmt.Errorf("retrieval: %d values are no embeddings of %d values each", len(v.Values), v.Width)
	}
	for i := range v.N() {
		sum := 0.0
		for _, x := range v.Row(i) {
			sum += float64(x) * float64(x)
		}
		if !(sum <= math.MaxFloat64) { // NaN, too
			return 0, &VectorError{what, i}
		}
		longest = max(longest, sum)
	}
	return math.Sqrt(longest), nil
}

// checkPairs returns an error for a pair that does not exist or is given twice.
func checkPairs(images, texts int, pairs []Pair) error {
	seen := make(map[Pair]struct{}, len(pairs))
	for n, p := range pairs {
		if p.Image < 0 || p.Image >= images || p.Text < 0 || p.Text >= texts {
			return fmt.Errorf("retrieval: pair %d is of image %d and text %d, but there are %d images and %d texts", n, p.Image, p.Text, images, texts)
		}
		if _, twice := seen[p]; twice {
			return fmt.Errorf("retrieval: image %d and text %d are paired twice", p.Image, p.Text)
		}
		seen[p] = struct{}{}
	}
	return nil
}
