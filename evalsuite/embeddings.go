package evalsuite

import (
	"context"
	"iter"
	"strconv"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// Embedding is the embedding of an image or a text.
type Embedding struct {
	// Key is a sample's, the path of a file, or the number of a line.
	Key string `parquet:"key" json:"key"`
	// Kind is "image" or "text".
	Kind string `parquet:"kind,dict" json:"kind"`
	// Index is the position of the image, or of the text, in its sample.
	Index int32 `parquet:"index" json:"index"`
	// Text is what a text says, and Language its language if that is known.
	Text     string `parquet:"text,optional" json:"text,omitempty"`
	Language string `parquet:"language,optional,dict" json:"language,omitempty"`
	// Values have length 1; the product of two of them is their cosine similarity.
	Values []float32 `parquet:"embedding,list" json:"embedding"`
	// Err says why an image has no embedding. Such a row is not written.
	Err error `parquet:"-" json:"-"`
}

// NamedImage is an image and its name.
type NamedImage struct {
	Key   string
	Index int32
	Image shards.Image
	// Err says why the image cannot be read.
	Err error
}

// EmbedImages embeds images, Batch at a time, in their order. An image that cannot be read has an
// error in its embedding; an error of the sequence ends it.
func (e *Embedder) EmbedImages(ctx context.Context, images iter.Seq2[NamedImage, error]) iter.Seq2[Embedding, error] {
	return func(yield func(Embedding, error) bool) {
		inBatches(ctx, images, e.Batch, yield, func(batch []NamedImage) ([]Embedding, error) {
			found := make([]Embedding, len(batch))
			var readable []shards.Image
			var places []int
			for i, one := range batch {
				found[i] = Embedding{Key: one.Key, Kind: "image", Index: one.Index, Err: one.Err}
				if one.Err == nil {
					readable, places = append(readable, one.Image), append(places, i)
				}
			}
			values, unreadable, err := e.readable(readable)
			for i, place := range places {
				if err == nil {
					found[place].Values, found[place].Err = values[i], unreadable[i]
				}
			}
			return found, err
		})
	}
}

// EmbedTexts embeds the texts of embeddings whose values are not known yet, Batch at a time.
func (e *Embedder) EmbedTexts(ctx context.Context, texts iter.Seq2[Embedding, error]) iter.Seq2[Embedding, error] {
	return func(yield func(Embedding, error) bool) {
		inBatches(ctx, texts, e.Batch, yield, func(batch []Embedding) ([]Embedding, error) {
			return embedTexts(batch, e.Texts)
		})
	}
}

// inBatches collects size elements of a sequence at a time, embeds them and yields the results.
func inBatches[T any](ctx context.Context, all iter.Seq2[T, error], size int, yield func(Embedding, error) bool, embed func([]T) ([]Embedding, error)) {
	var batch []T
	flush := func() bool {
		if len(batch) == 0 {
			return true
		}
		found, err := embed(batch)
		batch = batch[:0]
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			yield(Embedding{}, err)
			return false
		}
		for _, one := range found {
			if !yield(one, nil) {
				return false
			}
		}
		return true
	}
	for one, err := range all {
		if err != nil {
			yield(Embedding{}, err)
			return
		}
		if batch = append(batch, one); len(batch) == size && !flush() {
			return
		}
	}
	flush()
}

// ImagesOf returns the images of a dataset's split, or of AllSplits, by the keys of their samples.
func ImagesOf(d mixture.Data, split string) iter.Seq2[NamedImage, error] {
	return func(yield func(NamedImage, error) bool) {
		for s, err := range mixture.Samples(d) {
			if err != nil {
				yield(NamedImage{}, err)
				return
			}
			if split != AllSplits && s.Split != split {
				continue
			}
			for i := range s.Images {
				if !yield(NamedImage{Key: s.Key, Index: int32(i), Image: s.Images[i]}, nil) {
					return
				}
			}
		}
	}
}

// TextsOf returns the texts of a dataset's split, or of AllSplits, without their values.
func TextsOf(d mixture.Data, split string) iter.Seq2[Embedding, error] {
	return func(yield func(Embedding, error) bool) {
		for s, err := range scan(d, "key", "split", "texts") {
			if err != nil {
				yield(Embedding{}, err)
				return
			}
			if split != AllSplits && s.Split != split {
				continue
			}
			for i, text := range s.Texts {
				if !yield(Embedding{Key: s.Key, Index: int32(i), Text: text.Value, Language: text.Language}, nil) {
					return
				}
			}
		}
	}
}

// ReadImages reads image files, whose paths are their keys.
func ReadImages(paths []string) iter.Seq2[NamedImage, error] {
	return func(yield func(NamedImage, error) bool) {
		for _, path := range paths {
			image, err := ReadImageFile(path)
			if !yield(NamedImage{Key: path, Image: image, Err: err}, nil) {
				return
			}
		}
	}
}

// TextLines gives the lines of a text file their numbers, from 1, as keys. Empty lines are left
// out.
func TextLines(lines []string) iter.Seq2[Embedding, error] {
	return func(yield func(Embedding, error) bool) {
		for i, line := range lines {
			if line != "" && !yield(Embedding{Key: strconv.Itoa(i + 1), Text: line}, nil) {
				return
			}
		}
	}
}
