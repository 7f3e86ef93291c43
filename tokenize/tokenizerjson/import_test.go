package tokenizerjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

const models = "../sentencepiece/testdata"

func readProto(t testing.TB, name string) *sentencepiece.Proto {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(models, name+".model"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := sentencepiece.ParseProto(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func texts(t testing.TB) (all []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(models, "texts.golden"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		text, err := strconv.Unquote(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// TestImport_ReadsWhatExportWrites checks that a model gives the same ids after export and import.
func TestImport_ReadsWhatExportWrites(t *testing.T) {
	for _, name := range []string{"nmt_nfkc", "identity", "plain", "bpe_bytes", "bpe_joined"} {
		p := readProto(t, name)
		data, err := Export(p)
		if err != nil {
			t.Fatal(err)
		}
		imported, err := parseImported(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		before, err := sentencepiece.New(p)
		if err != nil {
			t.Fatal(err)
		}
		after, err := sentencepiece.New(imported.Proto)
		if err != nil {
			t.Fatal(err)
		}
		for id, piece := range p.Pieces {
			if back := imported.Proto.Pieces[id]; piece.Kind == sentencepiece.Byte && back != piece {
				t.Errorf("%s: piece %d is %v, after export and import %v", name, id, piece, back)
			}
		}
		for _, text := range texts(t) {
			if a, b := before.Encode(text), after.Encode(text); !slices.Equal(a, b) {
				t.Errorf("%s: %q is %v, after export and import %v", name, text, a, b)
			}
		}
	}
}

func exported(t *testing.T, p *sentencepiece.Proto) (f file) {
	t.Helper()
	data, err := Export(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestExport_Scores checks that scores keep all digits, and that byte pieces have the lowest score,
// because tokenizers would find one in the text "<0x41>".
func TestExport_Scores(t *testing.T) {
	p := readProto(t, "identity")
	var vocab [][2]any
	if err := json.Unmarshal(exported(t, p).Model.Vocab, &vocab); err != nil {
		t.Fatal(err)
	}
	for id, piece := range p.Pieces {
		want := float64(piece.Score)
		if piece.Kind == sentencepiece.Byte {
			want = lowestScore
		}
		if vocab[id] != [2]any{piece.Text, want} {
			t.Errorf("entry %d is %v, want %q and %v", id, vocab[id], piece.Text, want)
		}
	}
}

// TestExport_Spaces checks that only spaces are removed at the ends of a text, not tabs and line
// ends, which Strip would remove.
func TestExport_Spaces(t *testing.T) {
	spacy := readProto(t, "bpe_joined")
	spacy.AddSymbols("  ")
	for _, c := range []struct {
		name  string
		proto *sentencepiece.Proto
		want  string
	}{
		{"no space before", readProto(t, "plain"), `" {2,}" to " ", "(?<![\\s\\S]) " to "", " " to "▁", "(?<!▁)▁+(?![\\s\\S])" to ""`},
		{"a space before", readProto(t, "bpe_joined"), `" {2,}" to " ", "(?<![\\s\\S]) " to "", "▁" before, " " to "▁", "(?<!▁)▁+(?![\\s\\S])" to ""`},
		{"a piece of spaces", spacy, `" {2,}" to " ", " " to "▁"`},
		{"spaces kept", readProto(t, "identity"), `"▁" before, " " to "▁"`},
	} {
		var got []string
		for _, s := range exported(t, c.proto).Normalizer.Normalizers {
			switch {
			case s.Type == "Prepend":
				got = append(got, fmt.Sprintf("%q before", *s.Prepend))
			case s.Type == "Replace" && s.Pattern.Regex != nil:
				got = append(got, fmt.Sprintf("%q to %q", *s.Pattern.Regex, *s.Content))
			case s.Type == "Replace":
				got = append(got, fmt.Sprintf("%q to %q", *s.Pattern.String, *s.Content))
			default:
				t.Errorf("%s: a step %s", c.name, s.Type)
			}
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestExport_RefusesOtherModels(t *testing.T) {
	for name, want := range map[string]string{"suffix": "end of its pieces", "word": "a word model", "char": "a character model", "bpe_unused": "is unused"} {
		if _, err := Export(readProto(t, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", name, err, want)
		}
	}
}

// t5, gemma and llama have the layouts of T5's, Gemma's and Llama's files, with only a few pieces.
const (
	t5 = `{"added_tokens": [{"id": 0, "content": "<pad>", "special": true}, {"id": 1, "content": "</s>", "special": true}, {"id": 2, "content": "<unk>", "special": true}],
		"normalizer": {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
		"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": true}]},
		"model": {"type": "Unigram", "unk_id": 2, "vocab": [["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["\u2581", -2], ["a", -3], ["\u2581a", -2.5], ["b", -4]]}}`
	gemma = `{"added_tokens": [{"id": 0, "content": "<unk>", "special": true}, {"id": 5, "content": "\n\n", "special": false}, {"id": 7, "content": "<loc0>", "special": false}],
		"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
		"pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false},
		"model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "vocab": {"<unk>": 0, "a": 1, "b": 2, "\u2581": 3, "\u2581a": 4, "\n\n": 5, "ab": 6}, "merges": [["\u2581", "a"], ["a", "b"]]}}`
	llama = `{"added_tokens": [], "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
		"model": {"type": "BPE", "vocab": {"<unk>": 0, "a": 1, "b": 2, "\u2581": 3, "\u2581a": 4, "\u2581ab": 5, "ab": 6}, "unk_token": "<unk>", "fuse_unk": true, "merges": ["\u2581 a", "\u2581 ab", "\u2581a b", "a b"]}}`
)

func TestImport_CommonLayouts(t *testing.T) {
	for _, c := range []struct {
		name, data, text string
		want             []int32
	}{
		{"T5", t5, "  a  b </s>", []int32{5, 3, 6, 3, 2}},
		{"Gemma", gemma, "a a\n\nab<loc0>b", []int32{1, 4, 5, 6, 7, 2}},
		{"Llama", llama, "ab ab b", []int32{5, 5, 3, 2}},
	} {
		imported, err := parseImported([]byte(c.data))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m, err := sentencepiece.New(imported.Proto)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := m.Encode(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is %v, want %v", c.name, c.text, got, c.want)
		}
	}
}

func TestImport_RefusesBadFiles(t *testing.T) {
	change := func(data, from, to string) string { return strings.Replace(data, from, to, 1) }
	for _, c := range []struct {
		name, data, want string
		foreign          bool
	}{
		{"nothing", "", "not a tokenizer.json", false},
		{"another object", "{}", "has no model", false},
		{"a word piece", `{"model": {"type": "WordPiece", "vocab": {}}}`, `the model is a "WordPiece"`, true},
		{"a number for a piece", change(t5, `["<pad>", 0]`, `[1, 0]`), "entry 0", false},
		{"an unknown piece outside the vocab", change(t5, `"unk_id": 2`, `"unk_id": 20`), "unk_id", false},
		{"byte level", change(llama, `"Prepend", "prepend": "\u2581"`, `"ByteLevel"`), "normalizer is a ByteLevel", true},
		{"a broken charsmap", change(t5, `{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}`, `{"type": "Precompiled", "precompiled_charsmap": "!"}`), "precompiled_charsmap", false},
		{"a gap", change(gemma, `"id": 7`, `"id": 9`), "leaves a gap", false},
		{"an id twice", change(gemma, `"a": 1`, `"a": 2`), "the id 2", false},
		{"merges of one piece apart", change(llama, `"\u2581 ab", "\u2581a b", "a b"`, `"\u2581 ab", "a b", "\u2581a b"`), "does not follow", true},
		{"merges that are not all", change(llama, `"\u2581 ab", `, ``), "can be split in 2 ways", true},
		{"a merge of strings that are not pieces", change(llama, `"a b"`, `"a x"`), "not pieces", false},
	} {
		_, err := parseImported([]byte(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrNotSentencePiece) != c.foreign {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestImport_ReadsFilesBesideIt(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"tokenizer.json": gemma, "added_tokens.json": `{"<x>": 9, "<y>": 8}`, "special_tokens_map.json": `{"additional_special_tokens": ["<x>"], "eos_token": {"content": "</s>"}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	imported, err := Import(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(imported.Proto.Pieces[8:]); got != "[{<y> 0 user-defined} {<x> 0 control}]" {
		t.Error(got)
	}
}

// TestOpen_RunsWordPiece opens a file that has no equivalent SentencePiece model.
func TestOpen_RunsWordPiece(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	vocab, err := json.Marshal(map[string]int{"[UNK]": 0, "a": 1, "cat": 2, "##s": 3})
	if err != nil {
		t.Fatal(err)
	}
	data := fmt.Sprintf(`{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
		"pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
		"model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": %s}}`, vocab)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	tokenizer, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := tokenizer.AppendIDs(nil, "A cats"); !slices.Equal(got, []int32{1, 2, 3}) {
		t.Errorf("ids %v", got)
	}
}

// FuzzParse checks that no file causes a panic, and that an imported BPE gives the ids of the file
// when it is run.
func FuzzParse(f *testing.F) {
	for _, data := range []string{t5, gemma, llama} {
		f.Add([]byte(data))
	}
	paths, _ := filepath.Glob(filepath.Join(cases, "*.json"))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := parse(data, "")
		if err != nil {
			return
		}
		text := "a b\n\n<loc0>\u00e9  ab B\u2581 "
		p, err := parsed.compile()
		if err == nil {
			p.Decode(p.AppendIDs(nil, text))
		}
		imported, failed := parsed.sentencePiece()
		if failed != nil {
			return
		}
		m, failed := sentencepiece.New(imported.Proto)
		if failed != nil {
			t.Fatalf("what is imported is no model: %v", failed)
		}
		for _, each := range []string{text, "a b", " ab", "aab b ab ", "B\t"} {
			ids := m.Encode(each)
			m.Decode(ids)
			if err == nil && parsed.Model.Type == "BPE" && !noted(parsed, imported, each) {
				if want := p.AppendIDs(nil, each); !slices.Equal(ids, want) {
					t.Errorf("the model gives %q the ids %v, want %v", each, ids, want)
				}
			}
		}
		if out, err := Export(imported.Proto); err == nil {
			if _, err := parseImported(out); err != nil && !errors.Is(err, ErrNotSentencePiece) {
				t.Errorf("what is exported is refused: %v", err)
			}
		}
	})
}
