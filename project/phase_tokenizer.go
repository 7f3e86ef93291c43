package project

import (
	"context"
	"fmt"

	"github.com/pali3/pali3/mixture"
)

// tokenizerPhase trains a SentencePiece model on the texts of the train split.
func (r *runner) tokenizerPhase() phase {
	size := r.pipeline.Tokenizer.VocabSize
	return phase{
		name: "tokenizer", doing: "training the tokenizer", outputs: []string{TokenizerFile, "tokenizer.vocab"},
		from: func() (string, error) {
			data, err := fingerprint(r.Registry, r.pipeline.final(r.dir))
			return identityOf("tokenizer", fmt.Sprint(size), data), err
		},
		do: func(ctx context.Context) error {
			data, err := r.Registry.OpenDataset(ctx, r.pipeline.final(r.dir))
			if err != nil {
				return err
			}
			defer data.Close()
			line := r.Progress.begin("tokenizer", "samples", int64(data.Len()))
			defer line.End()
			model, err := mixture.TrainTokenizer(ctx, data, mixture.TokenizerOptions{VocabSize: size})
			if err != nil {
				return err
			}
			line.Set(int64(data.Len()), 0)
			return model.WriteFiles(r.path("tokenizer"))
		},
	}
}
