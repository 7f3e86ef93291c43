package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// EmbeddingsFile is the file of embeddings in the folder of [RunRetrievalBenchmark].
const EmbeddingsFile = "embeddings.parquet"

// RunRetrievalBenchmark embeds the images and captions of a benchmark of retrieval, which are in a
// dataset that was made from the benchmark's files, and scores how they rank each other. Model
// names the model in the file of embeddings, which is kept in Out. Of the options it uses Out,
// Split, Score and Warn. Images that cannot be read are an error unless the score is partial.
func RunRetrievalBenchmark(ctx context.Context, e *Embedder, model string, d mixture.Data, b *benchmarks.Benchmark, o BenchmarkOptions) (*BenchmarkRun, error) {
	o = o.withDefaults(b)
	switch {
	case b.Task != benchmarks.Retrieval:
		return nil, fmt.Errorf("%s is no benchmark of retrieval", b.Name)
	case o.Shards > 1 || o.Samples > 0:
		return nil, fmt.Errorf("%s ranks all images and texts of a split: it has no shards and no part of the samples", b.Name)
	}
	questions, err := readQuestions(ctx, d, b, questionsOf{split: o.Split})
	if err != nil {
		return nil, err
	}
	questions.warn(o.Warn)
	dir := o.Out
	if dir == "" {
		if dir, err = os.MkdirTemp("", "pali3-retrieval"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
	} else if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	split := questions.split
	files := benchmarks.Files{ImageEmbeddings: filepath.Join(dir, EmbeddingsFile)}
	if split != AllSplits {
		files.Split = split
	}
	files.TextEmbeddings = files.ImageEmbeddings
	var bad []error
	done, err := WriteEmbeddings(files.ImageEmbeddings, model, embedded(ctx, e, d, split), func(one Embedding) {
		bad = append(bad, fmt.Errorf("%s: %w", one.Key, one.Err))
	})
	if err == nil && len(bad) > 0 && !o.Score.Partial {
		err = fmt.Errorf("%d images cannot be embedded, for example %w; --partial scores the rest", len(bad), bad[0])
	}
	if err != nil {
		return nil, err
	}
	run := &BenchmarkRun{Questions: done.Rows, Asked: done.Rows, Without: len(questions.without), Failures: map[string]int{}}
	of := *b // the same benchmark, of the dataset's samples
	of.Layout, of.Read = "", func(ctx context.Context, _ benchmarks.Files) iter.Seq2[benchmarks.Record, error] {
		return recordsOf(ctx, d, split)
	}
	run.Result, err = benchmarks.ScoreInto(o.Out, o.Score, func(o benchmarks.Options) (*benchmarks.Result, error) {
		return of.Score(ctx, files, o)
	})
	if err != nil {
		return nil, fmt.Errorf("scoring %s: %w", b.Name, err)
	}
	return run, nil
}

// embedded yields the embeddings of a split's images, then of its texts.
func embedded(ctx context.Context, e *Embedder, d mixture.Data, split string) iter.Seq2[Embedding, error] {
	return func(yield func(Embedding, error) bool) {
		for _, all := range []iter.Seq2[Embedding, error]{e.EmbedImages(ctx, ImagesOf(d, split)), e.EmbedTexts(ctx, captionsOf(ctx, d, split))} {
			for one, err := range all {
				if one.Kind == "image" && one.Index != 0 && err == nil {
					continue // a benchmark ranks the first image of a sample
				}
				if !yield(one, err) {
					return
				}
			}
		}
	}
}

// captionsOf yields the captions of a split, without their values.
func captionsOf(ctx context.Context, d mixture.Data, split string) iter.Seq2[Embedding, error] {
	return func(yield func(Embedding, error) bool) {
		for r, err := range recordsOf(ctx, d, split) {
			if err != nil {
				yield(Embedding{}, err)
				return
			}
			for i, text := range r.Sample.Texts {
				if text.Kind == shards.Caption && !yield(Embedding{Key: r.Sample.Key, Index: int32(i), Text: text.Value, Language: text.Language}, nil) {
					return
				}
			}
		}
	}
}

// recordsOf yields a split's samples as records of a benchmark.
func recordsOf(ctx context.Context, d mixture.Data, split string) iter.Seq2[benchmarks.Record, error] {
	return func(yield func(benchmarks.Record, error) bool) {
		for sample, err := range scan(d, "key", "split", "texts") {
			if ctx.Err() != nil {
				err = errors.Join(err, context.Cause(ctx))
			}
			if err == nil && split != AllSplits && sample.Split != split {
				continue
			}
			if !yield(benchmarks.Record{Sample: sample}, err) || err != nil {
				return
			}
		}
	}
}
