package mixture

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

func TestSeen(t *testing.T) {
	d := written(t,
		shards.Sample{Split: "train", Texts: []shards.Text{{Language: "en", Value: "a cat"}, {Language: "de", Value: "eine Katze"}}},
		shards.Sample{Split: "train", Texts: []shards.Text{{Language: "en", Value: "a dog"}},
			Questions: []shards.Question{{Language: "fr", Text: "quoi?", Answers: []shards.Answer{{Text: "chien"}}}}},
		shards.Sample{Split: "val", Texts: []shards.Text{{Language: "es", Value: "un perro"}}},
	)
	recipe, err := ParseRecipe([]byte(`
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model, sentinels: 64}
lengths: {encoder: 16, decoder: 16}
batch: 2
tasks:
  - {name: text, kind: denoise, denoisers: t5, weight: 1}
  - {name: english, kind: denoise, denoisers: t5, languages: [en], weight: 1}
  - {name: never, kind: denoise, denoisers: t5, weight: 0}
`), "test", nil, "data="+d.Dir())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := Open(recipe, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	want := Seen{Tasks: []SeenTask{
		{"text", "denoise", 2, map[string]int{"en": 2, "de": 1}},
		{"english", "denoise", 2, map[string]int{"en": 2}},
	}}
	if got := stream.Seen(); !reflect.DeepEqual(got, want) {
		t.Errorf("seen %+v, want %+v", got, want)
	}
	dir := t.TempDir()
	if _, err := ReadSeen(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without the file: %v", err)
	}
	if err := stream.Seen().Write(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadSeen(dir); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, SeenFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSeen(dir); err == nil || !strings.Contains(err.Error(), SeenFile) {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestKind_Languages(t *testing.T) {
	s := &shards.Sample{
		Texts:     []shards.Text{{Kind: shards.Caption, Language: "en", Value: "a cat"}, {Kind: shards.OCR, Language: "de", Value: "Katze"}},
		Questions: []shards.Question{{Language: "fr", Text: "quoi?", Answers: []shards.Answer{{Text: "chat"}}}, {Language: "es", Text: "no answer"}},
	}
	for kind, want := range map[string]string{"caption": "en", "ocr": "de", "vqa": "fr", "vqg": "fr", "object_vqa": "en"} {
		got := map[string]int{}
		k, _ := Builtin().Kind(kind)
		for _, language := range k.languages(&Task{Kind: kind}, s) {
			got[language]++
		}
		if !reflect.DeepEqual(got, map[string]int{want: 1}) {
			t.Errorf("%s: %v, want %s", kind, got, want)
		}
	}
}
