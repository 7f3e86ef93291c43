package cli

import (
	"cmp"
	"errors"

	"github.com/pali3/pali3/evalsuite/benchmarks"
)

// retrievalFlags are the files of a benchmark of retrieval.
type retrievalFlags struct {
	ImageEmbeddings string `placeholder:"FILE" type:"existingfile" help:"With --bench for retrieval, instead of predictions: a Parquet file as embed writes it, with the embeddings of the benchmark's images."`
	TextEmbeddings  string `placeholder:"FILE" type:"existingfile" help:"With --bench for retrieval: the embeddings of its texts, by default in the file of the images."`
}

// check returns an error if the flags conflict with others.
func (f retrievalFlags) check(bench, predictions string) error {
	switch {
	case f == retrievalFlags{}:
		return nil
	case bench == "":
		return errors.New("--image-embeddings and --text-embeddings are scored on a benchmark of retrieval: name it with --bench")
	case f.ImageEmbeddings == "":
		return errors.New("--text-embeddings needs --image-embeddings")
	case predictions != "":
		return errors.New("give --predictions, or the --image-embeddings of a benchmark of retrieval; not both")
	}
	return nil
}

// addTo adds the files to those of a benchmark.
func (f retrievalFlags) addTo(files benchmarks.Files) benchmarks.Files {
	files.ImageEmbeddings, files.TextEmbeddings = f.ImageEmbeddings, cmp.Or(f.TextEmbeddings, f.ImageEmbeddings)
	return files
}
