package tokenizerjson

import (
	"errors"
	"strings"
	"testing"
)

// TestOpenAndImport_NameWhatTheyDoNotKnow: a field or kind that is not known, or that cuts ids, is
// refused by name.
func TestOpenAndImport_NameWhatTheyDoNotKnow(t *testing.T) {
	change := func(from, to string) string {
		if !strings.Contains(gemma, from) {
			t.Fatalf("%s is not there", from)
		}
		return strings.Replace(gemma, from, to, 1)
	}
	for _, c := range []struct{ data, want string }{
		{change(`{"added_tokens"`, `{"version": "2.0", "added_tokens"`), `version is "2.0"`},
		{change(`{"added_tokens"`, `{"truncation": {"max_length": 8}, "added_tokens"`), `truncation: {"max_length":8}`},
		{change(`{"added_tokens"`, `{"padding": {"pad_id": 0}, "added_tokens"`), `padding: {"pad_id":0}`},
		{change(`{"added_tokens"`, `{"later": 1, "added_tokens"`), `the file has an unknown field "later": 1`},
		{change(`{"added_tokens"`, `{"post_processor": {"type": "Later"}, "added_tokens"`), `post_processor has the unknown type "Later"`},
		{change(`{"added_tokens"`, `{"decoder": {"type": "CTC"}, "added_tokens"`), `decoder has the unknown type "CTC"`},
		{change(`"id": 7,`, `"id": 7, "later": true,`), `added token 2 has an unknown field "later": true`},
		{change(`"type": "BPE"`, `"type": "BPE", "later": 3`), `model BPE has an unknown field "later": 3`},
		{change(`"type": "BPE"`, `"type": "Later"`), `model has the unknown type "Later"`},
		{change(`"type": "BPE"`, `"type": "BPE", "dropout": 0.5`), `dropout`},
		{change(`"normalizer": {"type": "Replace"`, `"normalizer": {"type": "Later"`), `normalizer has the unknown type "Later"`},
		{change(`"pre_tokenizer": {"type": "Split"`, `"pre_tokenizer": {"type": "UnicodeScripts"`), `pre-tokenizer has the unknown type "UnicodeScripts"`},
		{change(`"invert": false`, `"invert": false, "later": 0.5`), `pre-tokenizer Split has an unknown field "later": 0.5`},
		{change(`"pattern": {"String": " "}, "behavior"`, `"pattern": {"Regex": "[a-z]"}, "behavior"`), `[a-z]`},
	} {
		_, err := parseImported([]byte(c.data))
		if !errors.Is(err, ErrNotSentencePiece) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("parseImported: %v, want ErrNotSentencePiece with %s", err, c.want)
		}
		f, err := parse([]byte(c.data), "")
		if err == nil {
			_, err = f.compile()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("compile: %v, want an error with %s", err, c.want)
		}
	}
}

// TestParse_ModelWithoutType: files of 2020 have models that do not name their type.
func TestParse_ModelWithoutType(t *testing.T) {
	for _, c := range []struct{ model, want string }{
		{`{"dropout": null, "unk_token": "a", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}`, "BPE"},
		{`{"unk_token": "a", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"a": 0}}`, "WordPiece"},
		{`{"unk_token": "a", "vocab": {"a": 0}}`, "WordLevel"},
		{`{"unk_id": 0, "vocab": [["a", -1.5]]}`, "Unigram"},
		{`{"vocab": {"a": 0}}`, ""},
	} {
		f, err := parse([]byte(`{"model": `+c.model+`}`), "")
		if err != nil || f.Model.Type != c.want {
			t.Errorf("%s: %v, type %q, want %q", c.model, err, f.Model.Type, c.want)
			continue
		}
		if _, err := f.compile(); (err == nil) != (c.want != "") {
			t.Errorf("%s: %v", c.model, err)
		}
	}
}

// TestOpen_BoundsWhatTextsTake: a file cannot make a text take all memory or time.
func TestOpen_BoundsWhatTextsTake(t *testing.T) {
	doubled := strings.Repeat(`{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"},`, 40)
	for _, c := range []struct{ data, want string }{
		{`{"normalizer": {"type": "Sequence", "normalizers": [` + strings.TrimSuffix(doubled, ",") + `]}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}`, "times longer"},
		{`{"model": {"type": "BPE", "vocab": {"` + strings.Repeat("a", 9000) + `": 0}, "merges": []}}`, "9000 bytes"},
		{`{"model": {"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "", "max_input_chars_per_word": 1000000, "vocab": {"a": 0}}}`, "max_input_chars_per_word 1000000"},
		{`{"normalizer": ` + strings.Repeat(`{"type": "Sequence", "normalizers": [`, 30) + strings.Repeat(`]}`, 30) + `, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}`, "in each other"},
	} {
		f, err := parse([]byte(c.data), "")
		if err == nil {
			_, err = f.compile()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want an error with %s", err, c.want)
		}
	}
}

func TestScoreOf_ReadsAsSerdeDoes(t *testing.T) {
	for raw, want := range map[string]float64{"0": 0, "-2": -2, "-5.405089437087922": -5.405089437087922, "1e3": 1000, "-0.5": -0.5, "1.5e-3": 0.0015, "-10000000000000000000000": -1e22} {
		if got, err := scoreOf(raw); err != nil || got != want {
			t.Errorf("%s is %v (%v), want %v", raw, got, err, want)
		}
	}
	if _, err := scoreOf("1e400"); err == nil {
		t.Error("1e400 is a number")
	}
}
