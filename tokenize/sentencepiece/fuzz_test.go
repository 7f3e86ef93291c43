package sentencepiece

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pali3/pali3/random"
)

// FuzzParse reads hostile models: an error or a model that works, never a panic.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"suffix", "plain", "odd", "bpe_unused", "word", "char"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".model"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "a face with tears")
	}
	f.Add(build([]Piece{{"<unk>", 0, Unknown}, {"a", -1, Normal}}, nil, charsmapBlob(4, "\x00\x01\x00\x00\x00")), "ab")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		checkTokens(t, m, text)
		if len(text) < 24 {
			if _, err := m.NBest(text, 3); err != nil && m.Type() == Unigram {
				t.Error(err)
			}
			m.Sample(text, Sampling{Alpha: 0.5}, random.New(1))
		}
		again, err := ParseProto(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(again.Marshal()); err != nil {
			t.Errorf("a model that is read and written is refused: %v", err)
		}
	})
}

// FuzzEncode holds what is true of any text: ids exist, places cover the text in order, and
// decoding gives valid UTF-8.
func FuzzEncode(f *testing.F) {
	for _, text := range goldenTexts(f) {
		if len(text) < 24 {
			f.Add(text)
		}
	}
	var models []*Model
	for _, name := range goldenModels {
		models = append(models, openGolden(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range models {
			ids := checkTokens(t, m, text)
			if decoded := m.Decode(ids); !utf8.ValidString(decoded) {
				t.Errorf("%q decodes as %q", text, decoded)
			}
		}
		// Without rules, with byte fallback and white space kept, decoding gives the text back.
		identity := models[1]
		want := strings.ReplaceAll(strings.ToValidUTF8(oneByOne(text), ""), spaceSymbol, " ")
		if got := identity.Decode(identity.Encode(text)); got != want {
			t.Errorf("%q comes back as %q", text, got)
		}
	})
}

// oneByOne puts U+FFFD in place of each byte that is not UTF-8.
func oneByOne(text string) string { return string([]rune(text)) }

func checkTokens(t *testing.T, m *Model, text string) []int32 {
	t.Helper()
	ids, tokens := m.Encode(text), m.Tokens(text)
	if len(ids) != len(tokens) {
		t.Fatalf("%d ids, %d tokens of %q", len(ids), len(tokens), text)
	}
	last := 0
	for i, token := range tokens {
		if token.ID != ids[i] || token.ID < 0 || int(token.ID) >= m.Len() {
			t.Fatalf("token %d of %q: %+v, id %d", i, text, token, ids[i])
		}
		if token.Begin < last || token.End < token.Begin || token.End > len(text) {
			t.Fatalf("token %d of %q covers [%d, %d) after %d", i, text, token.Begin, token.End, last)
		}
		last = token.End
	}
	return ids
}
