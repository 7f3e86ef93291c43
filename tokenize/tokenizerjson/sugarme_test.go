package tokenizerjson

import (
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// opened is a file with what runs it here and in the library, which is nil where the library does
// not open the file.
type opened struct {
	f       *file
	p       *pipeline
	library *sugarme
}

func openBoth(t *testing.T, data []byte) (o opened) {
	t.Helper()
	var err error
	if o.f, err = parse(data, ""); err == nil {
		o.p, err = o.f.compileSafely()
	}
	if err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	o.library, _ = openSugarme(o.f, o.p)
	return o
}

// quiet keeps what the library prints out of a test's output.
func quiet(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := os.Stdout
	os.Stdout = null
	log.SetOutput(io.Discard)
	t.Cleanup(func() {
		os.Stdout = out
		log.SetOutput(os.Stderr)
		null.Close()
	})
}

// kindName is what decides whether a file is given to the library, for the table of
// docs/tokenizer.md.
func (f *file) kindName() (model, normalizer, cut string) {
	name := func(s *step) string {
		if s == nil {
			return "none"
		}
		parts := []string{s.Type}
		for _, each := range slices.Concat(s.Normalizers, s.PreTokenizers) {
			parts = append(parts, each.Type)
		}
		return strings.Join(parts, " ")
	}
	model = f.Model.Type
	if f.Model.ByteFallback {
		model += " byte_fallback"
	}
	return model, name(f.Normalizer), name(f.PreTokenizer)
}

// TestSugarme_Grid: of every kind that is given to sugarme/tokenizer, all files have the ids of
// tokenizers for all texts. With -grid and -v it logs of every kind how many texts have them.
func TestSugarme_Grid(t *testing.T) {
	quiet(t)
	texts, files := readGrid(t, "testdata/plain.json.gz")
	type score struct{ files, proven, unopened, texts, equal int }
	kinds, proven := map[string]*score{}, 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]()
		o := openBoth(t, f.Tokenizer)
		isProven := o.f.provenForSugarme()
		model, normalizer, cut := o.f.kindName()
		kind := fmt.Sprintf("%s | %s | %s", model, normalizer, cut)
		if kinds[kind] == nil {
			kinds[kind] = &score{}
		}
		k := kinds[kind]
		k.files++
		if isProven {
			k.proven++
			proven++
		} else if *gridFolder == "" {
			t.Errorf("%s, %s, is committed but not given to the library", name, kind)
		}
		if o.library == nil {
			if k.unopened++; isProven {
				t.Errorf("%s, %s: the library does not open it", name, kind)
			}
			continue
		}
		for i, want := range f.Golden {
			if want == nil {
				continue
			}
			k.texts++
			got, err := o.library.encode(texts[i])
			if err == nil && slices.EqualFunc(got, want.IDs, func(a int, b int32) bool { return a == int(b) }) {
				k.equal++
			} else if isProven {
				t.Errorf("%s, %s: %+q has the ids %v (%v), want %v", name, kind, texts[i], got, err, want.IDs)
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[kind]
		t.Logf("%s: %d files, %d given to the library, %d not opened by it; %d of %d texts equal", kind, k.files, k.proven, k.unopened, k.equal, k.texts)
	}
	if proven == 0 && *gridFolder == "" {
		t.Error("no file is given to the library")
	}
}

// wordsFile is a small file of the kind that is given to the library, or one near it.
func wordsFile(model, normalizer, cut string) []byte {
	return fmt.Appendf(nil, `{"version": "1.0", "added_tokens": [], "normalizer": %s, "pre_tokenizer": %s, "model": %s}`, normalizer, cut, model)
}

const (
	wordLevelJSON = `{"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "the": 1, "cat": 2, "the ": 3, " cat": 4, " ": 5, "1": 6, "12": 7, "é": 8, "▁a": 9, "a": 10, "日": 11}}`
	wordPieceJSON = `{"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
		"vocab": {"<unk>": 0, "a": 1, "##a": 2, "t": 3, "##t": 4, "th": 5, "##the": 6, " ": 7, "## ": 8, "1": 9, "##2": 10, "é": 11, "##é": 12, "▁": 13, "##日": 14, "##▁": 15, "##at": 16}}`
)

// provenFiles are files of all kinds that are given to the library.
func provenFiles() (files [][]byte) {
	cuts := []string{"null", `{"type": "Digits", "individual_digits": true}`, `{"type": "Digits", "individual_digits": false}`}
	for _, behavior := range []string{"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"} {
		for _, invert := range []bool{false, true} {
			cuts = append(cuts, fmt.Sprintf(`{"type": "Split", "pattern": {"String": " "}, "behavior": %q, "invert": %v}`, behavior, invert))
		}
	}
	for _, model := range []string{wordLevelJSON, wordPieceJSON} {
		for _, normalizer := range []string{"null", `{"type": "Prepend", "prepend": "▁"}`, `{"type": "Prepend", "prepend": " a"}`} {
			for _, cut := range cuts {
				files = append(files, wordsFile(model, normalizer, cut))
			}
		}
	}
	return files
}

// TestSugarme_OddTexts: the library and the pipeline have the same ids for random texts and for
// every character.
func TestSugarme_OddTexts(t *testing.T) {
	quiet(t)
	rng := rand.New(rand.NewPCG(3, 4))
	parts := append(strings.Split("ath 12\n\t\v\f\x00\x01\x7f.,!'▁é日İßΣ½²٣Ⅷ", ""), "the", "cat", " ", "  ", "e\u0301", "\u00a0", "\u3000", "\u0085", "\u2028", "\u200b", "\ufeff", "\ufffd", "👍🏽", "각", "</s>", "<unk>", "\U0010ffff")
	texts := []string{"", " ", strings.Repeat("the cat ", 300), strings.Repeat("x", 150), strings.Repeat("日", 101), strings.Repeat(" ", 200)}
	for range 60 {
		var text strings.Builder
		for range 1 + rng.IntN(30) {
			text.WriteString(parts[rng.IntN(len(parts))])
		}
		texts = append(texts, text.String())
	}
	files := provenFiles()
	for _, data := range files {
		compare(t, data, texts)
	}
	var characters []string // each between letters, where a cut is seen
	for r := rune(0); r < 0x110000; r += 8 {
		if r >= 0xd800 && r < 0xe000 || r >= 0x32000 && r < 0xe0000 || r >= 0xf0000 {
			continue
		}
		var text strings.Builder
		for each := r; each < r+8; each++ {
			text.WriteString(string(each) + "a")
		}
		characters = append(characters, text.String())
	}
	for _, cut := range []string{`{"type": "Digits", "individual_digits": false}`, `{"type": "Split", "pattern": {"String": " "}, "behavior": "Isolated", "invert": false}`} {
		compare(t, wordsFile(wordPieceJSON, "null", cut), characters)
	}
}

func compare(t *testing.T, data []byte, texts []string) {
	t.Helper()
	o := openBoth(t, data)
	if o.library == nil || !o.f.provenForSugarme() {
		t.Fatalf("not given to the library: %s", data)
	}
	for _, text := range texts {
		got, err := o.library.encode(text)
		want := o.p.AppendIDs(nil, text)
		if err != nil || !slices.EqualFunc(got, want, func(a int, b int32) bool { return a == int(b) }) {
			t.Errorf("%+q has the ids %v (%v), want %v, in %s", text, got, err, want, data)
			return
		}
	}
}

// TestSugarme_KindsNotGiven: what differs in one point from the kind that is proven is run by the
// pipeline.
func TestSugarme_KindsNotGiven(t *testing.T) {
	vocab := `{"<unk>": 0, "a": 1}`
	for name, data := range map[string]string{
		"an added token":          strings.Replace(string(wordsFile(wordLevelJSON, "null", "null")), "[]", `[{"id": 0, "content": "<unk>", "special": true}]`, 1),
		"another prefix":          string(wordsFile(`{"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "", "max_input_chars_per_word": 100, "vocab": `+vocab+`}`, "null", "null")),
		"words of any length":     string(wordsFile(`{"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 1000, "vocab": `+vocab+`}`, "null", "null")),
		"BPE":                     string(wordsFile(`{"type": "BPE", "unk_token": "<unk>", "vocab": `+vocab+`, "merges": []}`, "null", "null")),
		"Unigram":                 string(wordsFile(`{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1]]}`, "null", "null")),
		"stripped":                string(wordsFile(wordLevelJSON, `{"type": "Strip", "strip_left": true, "strip_right": true}`, "null")),
		"lower case":              string(wordsFile(wordLevelJSON, `{"type": "Lowercase"}`, "null")),
		"a sequence":              string(wordsFile(wordLevelJSON, `{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}]}`, "null")),
		"cuts at white space":     string(wordsFile(wordLevelJSON, "null", `{"type": "WhitespaceSplit"}`)),
		"cuts at another string":  string(wordsFile(wordLevelJSON, "null", `{"type": "Split", "pattern": {"String": "."}, "behavior": "Removed", "invert": false}`)),
		"cuts at an expression":   string(wordsFile(wordLevelJSON, "null", `{"type": "Split", "pattern": {"Regex": " +"}, "behavior": "Removed", "invert": false}`)),
		"cuts at all white space": string(wordsFile(wordLevelJSON, "null", `{"type": "Whitespace"}`)),
	} {
		o := openBoth(t, []byte(data))
		if o.f.provenForSugarme() {
			t.Errorf("%s: given to the library", name)
		}
		if runner, ok := o.f.runner(o.p).(*pipeline); !ok {
			t.Errorf("%s: run by %T", name, runner)
		}
	}
}

// TestSugarme_ModelsThatDiffer: Unigram and BPE have the ids of tokenizers for all texts of some
// kinds of the grid, whose pieces are short and few, and others with these pieces: so they are not
// given to the library.
func TestSugarme_ModelsThatDiffer(t *testing.T) {
	quiet(t)
	for name, c := range map[string]struct{ model, cut, text string }{
		"Unigram, a piece of more than 20 bytes": {`{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["internationalizations", -1], ["internationalization", -9], ["s", -9]]}`, "null", "internationalizations"},
		"BPE, equal pairs":                       {`{"type": "BPE", "unk_token": "<unk>", "vocab": {"<unk>": 0, "a": 1, "aa": 2}, "merges": ["a a"]}`, "null", "aaaaa"},
		"BPE, two lines": {`{"type": "BPE", "unk_token": "<unk>", "vocab": {"<unk>": 0, "a": 1, "Ċ": 2, "ĊĊ": 3}, "merges": ["Ċ Ċ"]}`,
			`{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}`, "a\n\na"},
	} {
		o := openBoth(t, wordsFile(c.model, "null", c.cut))
		if o.library == nil {
			t.Fatalf("%s: the library does not open it", name)
		}
		got, err := o.library.encode(c.text)
		want := o.p.AppendIDs(nil, c.text)
		if err == nil && slices.EqualFunc(got, want, func(a int, b int32) bool { return a == int(b) }) {
			t.Errorf("%s: the library has the ids of tokenizers now, %v; docs/tokenizer.md says that it does not", name, got)
		}
	}
}

// TestSugarme_Open: such a file opens with the library; where that fails, and for a text that it is
// not given, the pipeline has the ids.
func TestSugarme_Open(t *testing.T) {
	data := wordsFile(wordPieceJSON, "null", `{"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": false}`)
	path := t.TempDir() + "/tokenizer.json"
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := found.(*sugarme); !ok {
		t.Errorf("run by %T", found)
	}
	o := openBoth(t, data)
	for _, runner := range []Tokenizer{found, &sugarme{o.p, nil}} {
		for _, text := range []string{"", "that at", "a\xffa", strings.Repeat("at a ", maxSugarmeText/5+1)} {
			want := o.p.AppendIDs([]int32{77}, text)
			if got := runner.AppendIDs([]int32{77}, text); !slices.Equal(got, want) {
				t.Errorf("%.20q: %v, want %v", text, got[:min(len(got), 20)], want[:min(len(want), 20)])
			}
			if got := runner.Decode(want[1:]); got != o.p.Decode(want[1:]) {
				t.Errorf("%.20q is decoded to %q", text, got)
			}
		}
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 100 {
				text := strings.Repeat("at a ", i+j)
				if got := found.AppendIDs(nil, text); !slices.Equal(got, o.p.AppendIDs(nil, text)) {
					t.Errorf("%q, beside others: %v", text, got)
				}
			}
		})
	}
	group.Wait()
}
