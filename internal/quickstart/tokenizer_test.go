package quickstart

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// archived returns the samples of the embedded archive as the quickstart ingests them.
func archived(t *testing.T) *shards.Dataset {
	t.Helper()
	content, err := Archive()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "emoji.tar")
	if err := atomicfile.WriteBytes(path, content); err != nil {
		t.Fatal(err)
	}
	source, err := ingest.NewWebDataset(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), source, filepath.Join(dir, "raw"), ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	data, err := shards.Open(filepath.Join(dir, "raw"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { data.Close() })
	return data
}

// TestTheEmbeddedTokenizerIsTheOneTrained compares the built-in model with the one a run trains, which must also give
// every caption back as it was written.
func TestTheEmbeddedTokenizerIsTheOneTrained(t *testing.T) {
	data := archived(t)
	trained, err := mixture.TrainTokenizer(t.Context(), data, mixture.TokenizerOptions{VocabSize: VocabularySize})
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := files.ReadFile("data/" + ModelName)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(trained.Bytes(), embedded) {
		t.Errorf("the model trained, %d bytes, differs from the embedded one, %d bytes: make data writes it", len(trained.Bytes()), len(embedded))
	}
	model, err := sentencepiece.Parse(trained.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for s, err := range data.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range s.Texts {
			if got := model.Decode(model.Encode(text.Value)); got != text.Value {
				t.Errorf("%s: the caption %q comes back as %q", s.Key, text.Value, got)
			}
		}
	}
}
