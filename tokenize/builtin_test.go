package tokenize

import (
	"io/fs"
	"testing"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

func TestBuiltin_HoldsModels(t *testing.T) {
	names, err := fs.Glob(Builtin(), "*")
	if err != nil || len(names) == 0 {
		t.Fatalf("models %q, %v", names, err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(Builtin(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sentencepiece.Parse(content); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
