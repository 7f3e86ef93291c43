package tokenizerjson

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/internal/charsmap"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

var gridFolder = flag.String("grid", "", "folder of files that parity/tokenizers_grid.py made; else what is committed in testdata")

// gridFile is a tokenizer.json and what tokenizers makes of the texts with it.
type gridFile struct {
	Tokenizer json.RawMessage `json:"tokenizer"`
	Golden    []*gridResult   `json:"golden"` // nil where tokenizers fails
}

// gridResult is ids and the text that they decode to, nil where tokenizers fails.
type gridResult struct {
	IDs  []int32
	Text *string
}

func (r *gridResult) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&r.IDs, &r.Text})
}

// readGrid yields the files by name, and the texts, of the folder of the flag, else of a committed
// file.
func readGrid(t *testing.T, committed string) (texts []string, files map[string]func() gridFile) {
	t.Helper()
	files = map[string]func() gridFile{}
	if *gridFolder == "" {
		file, err := os.Open(committed)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		unzipped, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		var all struct {
			Texts []string   `json:"texts"`
			Files []gridFile `json:"files"`
		}
		if err := json.NewDecoder(unzipped).Decode(&all); err != nil {
			t.Fatal(err)
		}
		for i, f := range all.Files {
			files[fmt.Sprintf("%05d", i)] = func() gridFile { return f }
		}
		return all.Texts, files
	}
	read := func(path string, value any) {
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, value)
		}
		if err != nil {
			t.Fatal(path, err)
		}
	}
	read(filepath.Join(*gridFolder, "texts.json"), &texts)
	paths, _ := filepath.Glob(filepath.Join(*gridFolder, "0*.json"))
	for _, path := range paths {
		files[strings.TrimSuffix(filepath.Base(path), ".json")] = func() (f gridFile) {
			read(path, &f)
			return f
		}
	}
	return texts, files
}

// TestGrid: whatever is accepted, of hundreds of kinds of files, gives the ids of tokenizers for
// every text. What a note of Imported says is left out for the model.
func TestGrid(t *testing.T) {
	texts, files := readGrid(t, "testdata/grid.json.gz")
	run, imported, refused := 0, 0, map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]()
		parsed, err := parse(f.Tokenizer, "")
		if err != nil {
			t.Errorf("%s is not read: %v", name, err)
			continue
		}
		p, err := parsed.compile()
		if err != nil {
			refused[err.Error()]++
		} else {
			run++
			checkPipeline(t, name, p, f, texts)
		}
		found, err := parseImported(f.Tokenizer)
		if err != nil {
			if !strings.Contains(err.Error(), ErrNotSentencePiece.Error()) {
				t.Errorf("%s is not imported: %v", name, err)
			}
			continue
		}
		imported++
		checkModel(t, name, parsed, found, f, texts)
	}
	t.Logf("%d files of %d texts: %d run, %d imported", len(files), len(texts), run, imported)
	for why, n := range refused {
		t.Logf("%d refused: %s", n, why)
	}
	if run == 0 || imported == 0 {
		t.Error("none is accepted")
	}
}

func checkPipeline(t *testing.T, name string, p *pipeline, f gridFile, texts []string) {
	bad := 0
	for i, want := range f.Golden {
		if want == nil {
			continue
		}
		got := p.AppendIDs(nil, texts[i])
		if !slices.Equal(got, want.IDs) {
			if bad++; bad <= 3 {
				t.Errorf("%s: %+q has the ids %v, want %v", name, texts[i], got, want.IDs)
			}
			continue
		}
		if want.Text != nil && p.Decode(got) != *want.Text {
			if bad++; bad <= 3 {
				t.Errorf("%s: %v decode to %+q, want %+q", name, got, p.Decode(got), *want.Text)
			}
		}
	}
}

func checkModel(t *testing.T, name string, parsed *file, found *Imported, f gridFile, texts []string) {
	m, err := sentencepiece.New(found.Proto)
	if err != nil {
		t.Errorf("%s: what is imported is no model: %v", name, err)
		return
	}
	bad := 0
	for i, want := range f.Golden {
		if want == nil || noted(parsed, found, texts[i]) {
			continue
		}
		if got := m.Encode(texts[i]); !slices.Equal(got, want.IDs) {
			if bad++; bad <= 3 {
				t.Errorf("%s: the model gives %+q the ids %v, want %v (notes %q)", name, texts[i], got, want.IDs, found.Notes)
			}
		}
	}
}

// applied is a text after SentencePiece's rules.
func applied(rules *charsmap.Map, text string) (out string) {
	for len(text) > 0 {
		s, consumed := rules.Match(text)
		if consumed == 0 {
			_, consumed = utf8.DecodeRuneInString(text)
			s = text[:consumed]
		}
		out, text = out+s, text[consumed:]
	}
	return out
}

// noted reports whether the notes describe a text.
func noted(parsed *file, found *Imported, text string) bool {
	rules, _ := charsmap.Parse(found.Proto.Normalizer.PrecompiledCharsmap)
	lower := strings.ToLower(text)
	if rules != nil {
		lower += "\n" + strings.ToLower(applied(rules, text))
	}
	for _, note := range found.Notes {
		switch {
		case strings.HasPrefix(note, "text that spells"):
			for _, piece := range found.Proto.Pieces {
				if piece.Kind != sentencepiece.Normal && strings.Contains(lower, strings.ToLower(piece.Text)) && (piece.Kind != sentencepiece.UserDefined || strings.ToLower(text) != text) {
					return true
				}
			}
		case strings.HasPrefix(note, "text that contains the character"):
			if strings.Contains(text, space) {
				return true
			}
		case strings.HasPrefix(note, "rules for several characters"):
			apply, err := compilePrecompiled(base64.StdEncoding.EncodeToString(found.Proto.Normalizer.PrecompiledCharsmap))
			if err != nil || string(apply(newText(text)).runes) != applied(rules, text) {
				return true
			}
		case strings.HasPrefix(note, "rare white space"):
			if strings.ContainsAny(text, "\u0085\u2028\u000b") {
				return true
			}
		}
	}
	return false
}
