package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// Retrieval holds recalls by name: i2t_r1, i2t_r5, i2t_r10, t2i_r1, t2i_r5, t2i_r10.
type Retrieval map[string]metrics.Score

// Retrieve ranks the captions of all samples for each image, and the images for each caption,
// within each language, as the XM3600 benchmark does. The recall of an image is the mean over its
// languages. For text to image it is, within a language, the mean over its captions.
func Retrieve(e *Embedder, samples []shards.Sample, b metrics.Bootstrap) (Retrieval, error) {
	var images []shards.Image
	for i := range samples {
		images = append(images, samples[i].Images[0])
	}
	embedded, err := e.Images(images)
	if err != nil {
		return nil, err
	}
	_, items := Captions(samples)
	ranked, err := rank(context.Background(), e, embedded, items)
	if err != nil {
		return nil, err
	}
	return ranked.recalls(b), nil
}

// ranking holds recalls by name, image and language.
type ranking struct {
	all        map[string][][]float64            // name -> image -> its values by language
	byLanguage map[string]map[string][][]float64 // name -> language -> image -> its value
	chance     map[string][][]float64            // the same for a random order
}

// rank ranks within each language. The references of an item are the texts of the image with the
// number item.Sample; within a language these numbers must not decrease.
func rank(ctx context.Context, e *Embedder, images [][]float32, items []Item) (*ranking, error) {
	r := &ranking{map[string][][]float64{}, map[string]map[string][][]float64{}, map[string][][]float64{}}
	for _, members := range group(items, languageOf) {
		var texts []string
		var owners []int // the image of each text
		for _, i := range members {
			for _, text := range items[i].References {
				texts, owners = append(texts, text), append(owners, items[i].Sample)
			}
		}
		embedded, err := e.Texts(texts)
		if err != nil {
			return nil, err
		}
		own := map[string][][]float64{}
		if err := addRecalls(ctx, own, images, embedded, owners); err != nil {
			return nil, fmt.Errorf("ranking texts of language %q: %w", items[members[0]].Language, err)
		}
		r.add(items[members[0]].Language, own)
		addChances(r.chance, len(images), owners)
	}
	return r, nil
}

func (r *ranking) add(language string, own map[string][][]float64) {
	for name, values := range own {
		if r.all[name] == nil {
			r.all[name] = make([][]float64, len(values))
		}
		if r.byLanguage[name] == nil {
			r.byLanguage[name] = map[string][][]float64{}
		}
		r.byLanguage[name][language] = values
		for image, of := range values {
			r.all[name][image] = append(r.all[name][image], of...)
		}
	}
}

func (r *ranking) recalls(b metrics.Bootstrap) Retrieval {
	recalls := Retrieval{}
	for name, values := range r.all {
		recalls[name] = b.Mean(meansOf(values))
	}
	return recalls
}

// meansOf returns the mean of each image that has values.
func meansOf(values [][]float64) (means []float64) {
	for _, of := range values {
		if len(of) > 0 {
			means = append(means, mean(of))
		}
	}
	return means
}

// addRecalls appends the recalls of one language to those of each image that has a text in it. An
// image without one is not ranked. Owners are the images of the texts and must not decrease.
func addRecalls(ctx context.Context, to map[string][][]float64, images, texts [][]float32, owners []int) error {
	var shown []int // images with a text, in order
	var shownImages [][]float32
	var pairs []metrics.Pair
	for i, owner := range owners {
		if i == 0 || owner != owners[i-1] {
			shown, shownImages = append(shown, owner), append(shownImages, images[owner])
		}
		pairs = append(pairs, metrics.Pair{Image: len(shown) - 1, Text: i})
	}
	i2t, t2i, err := metrics.RankEmbeddings(ctx, vectors(shownImages), vectors(texts), pairs)
	if bad := (*metrics.VectorError)(nil); errors.As(err, &bad) && bad.Kind == "image" {
		return fmt.Errorf("the embedding of the image of sample %d has a value that is not a finite number", shown[bad.Row])
	}
	if err != nil {
		return err
	}
	imageOf := make([]int, len(pairs))
	for i, p := range pairs {
		imageOf[i] = p.Image
	}
	for _, at := range []struct {
		k        int
		i2t, t2i string
	}{{1, "i2t_r1", "t2i_r1"}, {5, "i2t_r5", "t2i_r5"}, {10, "i2t_r10", "t2i_r10"}} {
		add(to, at.i2t, len(images), shown, byImage(i2t.Ranks.RecallAt(at.k), nil, len(shown)))
		add(to, at.t2i, len(images), shown, byImage(t2i.Ranks.RecallAt(at.k), imageOf, len(shown)))
	}
	return nil
}

// vectors puts embeddings of one width side by side.
func vectors(rows [][]float32) metrics.Vectors {
	if len(rows) == 0 {
		return metrics.Vectors{}
	}
	return metrics.Vectors{Width: len(rows[0]), Values: slices.Concat(rows...)}
}

// byImage groups recalls by image. Owners are the images of the recalls; nil means one recall per
// image.
func byImage(recalls []float64, owners []int, images int) [][]float64 {
	grouped := make([][]float64, images)
	for i, recall := range recalls {
		image := i
		if owners != nil {
			image = owners[i]
		}
		grouped[image] = append(grouped[image], recall)
	}
	return grouped
}

func add(to map[string][][]float64, name string, images int, shown []int, recalls [][]float64) {
	if to[name] == nil {
		to[name] = make([][]float64, images)
	}
	for i, image := range shown {
		to[name][image] = append(to[name][image], mean(recalls[i]))
	}
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func dot(a, b []float32) float32 {
	var sum float32
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
