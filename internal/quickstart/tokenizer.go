package quickstart

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// VocabularySize is the number of pieces of the model that the run trains.
const VocabularySize = 4096

// tokenizer trains the run's own SentencePiece model on the texts of the train split.
func (r *runner) tokenizer(ctx context.Context) error {
	if _, err := os.Stat(r.path(ModelName)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := shards.Open(r.path("data"))
	if err != nil {
		return err
	}
	defer data.Close()
	line := r.Progress("tokenizer", "samples", int64(data.Len()))
	defer line.End()
	model, err := mixture.TrainTokenizer(ctx, data, mixture.TokenizerOptions{VocabSize: VocabularySize})
	if err != nil {
		return err
	}
	line.Set(int64(data.Len()), 0)
	return model.WriteFiles(r.path("tokenizer"))
}
