package tokenizerjson

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// example is a line of an .expected.jsonl: what tokenizers 0.23.3 makes of a text.
type example struct {
	Text string  `json:"text"`
	IDs  []int32 `json:"ids"`
}

func readExamples(t *testing.T, path string) (all []example) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var e example
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

const cases = "testdata/cases"

// TestOpen_GivesTheIDsOfTokenizers runs files that no SentencePiece model is equal to.
func TestOpen_GivesTheIDsOfTokenizers(t *testing.T) {
	for _, name := range []string{"plain", "lstrip", "rstrip", "single_word", "bytelevel_spaces", "ignore_merges", "fuse_unk_false"} {
		tokenizer, err := Open(filepath.Join(cases, name+".json"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, e := range readExamples(t, filepath.Join(cases, name+".expected.jsonl")) {
			if got := tokenizer.AppendIDs(nil, e.Text); !slices.Equal(got, e.IDs) {
				t.Errorf("%s: %q has the ids %v, want %v", name, e.Text, got, e.IDs)
			}
		}
	}
}

// TestImport_RefusesWhatNoModelDoes names the token or field, and its value.
func TestImport_RefusesWhatNoModelDoes(t *testing.T) {
	for name, want := range map[string][]string{
		"plain":            {`"<image>"`, "prepend_scheme always"},
		"lstrip":           {`"<image>"`, "lstrip true"},
		"rstrip":           {`"<image>"`, "rstrip true"},
		"single_word":      {`"cat"`, "single_word true"},
		"bytelevel_spaces": {"normalizer is a NFC"},
		"ignore_merges":    {"ignore_merges true"},
		"fuse_unk_false":   {"fuse_unk false"},
	} {
		_, err := Import(filepath.Join(cases, name+".json"))
		if !errors.Is(err, ErrNotSentencePiece) {
			t.Errorf("%s: %v, want ErrNotSentencePiece", name, err)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q in it", name, err, part)
			}
		}
	}
}

// TestImport_WhiteSpaceSplits: where WhitespaceSplit takes out tabs and line ends, the model takes
// them for spaces.
func TestImport_WhiteSpaceSplits(t *testing.T) {
	path := filepath.Join(cases, "t5_like.json")
	model, _, err := OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "the cat", "  the\t cat\n", "the\u00a0\u3000cat\u0085", "HELLO the", " ", "\n"} {
		if got, want := model.Encode(text), tokenizer.AppendIDs(nil, text); !slices.Equal(got, want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

// TestOpenModel_SaysWhatAFileIs: no talk of protobuf, no names of Go types.
func TestOpenModel_SaysWhatAFileIs(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, content, want string }{
		{"page.model", "<!DOCTYPE html><html></html>", "an HTML page"},
		{"empty.model", "", "an empty file"},
		{"packed.model", "\x1f\x8b\x08\x00\x00\x00", "a gzip file"},
		{"image.model", "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", "a PNG image"},
		{"image.tif", "II*\x00\x08\x00\x00\x00", "a TIFF image"},
		{"image.avif", "\x00\x00\x00\x20ftypavif\x00\x00\x00\x00", "an AVIF image"},
		{"pointer.model", "version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"},
		{"config.json", `{"hidden_size": 4}`, "has no model"},
		{"list.json", `[1, 2]`, "no object"},
		{"number.json", `{"model": 3}`, "want an object"},
		{"cut.json", `{"model": {"type": "BPE", "vocab": {`, "broken JSON at byte"},
		{"vocab.txt", "[PAD]\n[UNK]\n", `a text file that begins "[PAD]"`},
	} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, open := range []func(string) error{
			func(path string) error { _, _, err := OpenModel(path); return err },
			func(path string) error { _, err := Open(path); return err },
			func(path string) error { _, err := sentencepiece.Open(path); return err },
		} {
			err := open(path)
			if err == nil {
				t.Errorf("%s is read", c.name)
				continue
			}
			for _, bad := range []string{"proto", "Go value", "Go struct", "unmarshal", "field 15"} {
				if strings.Contains(err.Error(), bad) {
					t.Errorf("%s: %v has %q in it", c.name, err, bad)
				}
			}
			if !strings.Contains(err.Error(), c.want) && !strings.HasSuffix(c.name, ".json") {
				t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
			}
		}
		if _, _, err := OpenModel(path); !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
	}
}

// parseImported is Import of the content of a file that has no files beside it.
func parseImported(data []byte) (*Imported, error) { return importData(data, "") }
