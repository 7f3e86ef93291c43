package quickstart

import (
	"bytes"
	"io/fs"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/tokenize"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// TestTheEmbeddedTokenizerIsTheOneTrained compares the built-in model with the one a run trains,
// which must also give every caption back as it was written.
func TestTheEmbeddedTokenizerIsTheOneTrained(t *testing.T) {
	_, data := curated(t)
	trained, err := mixture.TrainTokenizer(t.Context(), data, mixture.TokenizerOptions{VocabSize: VocabularySize})
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := fs.ReadFile(tokenize.Builtin(), "tokenizer.model")
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
