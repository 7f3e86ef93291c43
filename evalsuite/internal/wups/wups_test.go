package wups

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const tables = "testdata/tables"

// open opens the small tables of the tests (parity/wups_small.py).
func open(t *testing.T) *Scorer {
	t.Helper()
	s, err := Open(tables)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestScorer_AgreesWithNLTK compares with what NLTK 3.3 and 3.9 said with the small tables.
func TestScorer_AgreesWithNLTK(t *testing.T) { checkFile(t, "testdata/goldens.jsonl", open(t)) }

func TestScorer_ScoresAnswers(t *testing.T) {
	s := open(t)
	for _, of := range []struct {
		answer    string
		right     []string
		threshold float64
		want      float64
	}{
		{"the dogs", []string{"a dog"}, 0, 1},
		{"dog", []string{"table", "the dog"}, 0, 1}, // the best right answer
		{"in the", []string{"in the"}, 0, 1},        // "in" is no stop word here
		{"the", []string{"the"}, 0, 0},              // no words are left: the owner's rule gives nothing
		{"", []string{"dog"}, 0, 0},
		{"qwxz", []string{"dog"}, 0, 0},
		{"qwxz", []string{"qwxz"}, 0.9, 1},
		{"dog", nil, 0, 0},
	} {
		if got := s.Score(of.answer, of.right, of.threshold); got != of.want {
			t.Errorf("Score(%q, %q, %v) = %v, want %v", of.answer, of.right, of.threshold, got, of.want)
		}
	}
	if loose, strict := s.Score("dog", []string{"cat"}, 0), s.Score("dog", []string{"cat"}, 0.9); loose <= 0.5 || strict > loose/9 {
		t.Errorf("dog and cat: %v, strict %v", loose, strict)
	}
	if !s.Equal("the dogs", []string{"cat", "dog"}) || s.Equal("dogs", []string{"cat"}) {
		t.Error("Equal compares something other than lemmas")
	}
}

// TestOpen_NamesWhatIsWrong damages one file after the other.
func TestOpen_NamesWhatIsWrong(t *testing.T) {
	for _, of := range []struct{ file, from, to, want string }{
		{"data.noun", "WordNet 3.0", "WordNet 3.1", `data.noun: line 30: this is WordNet "3.1"`},
		{"data.noun", " n 0", " q 0", "is no part of speech"},
		{"index.verb", "v 2 0 2", "v 2 0 1", "synsets"},
		{"index.noun", "dog n 2 0 2 0 ", "dog n 2 0 2 0 1", "dog in index.noun: there is no synset"},
		{"ortho_context.tab", "\t50", "\tx", "ortho_context.tab: line 1"},
		{"collocations.tab", "\t", " ", "collocations.tab: line 1"},
		{"averaged_perceptron_tagger_eng.classes.json", `"NN"`, `"N"`, `tag "NN" is not in`},
		{"averaged_perceptron_tagger_eng.weights.json", "{", "[", "averaged_perceptron_tagger_eng.weights.json"},
		{"verb.exc", "", "missing", "has no verb.exc: the folder must hold WordNet 3.0"},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(tables)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, of.file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if of.to == "missing" {
			err = os.Remove(path)
		} else if changed := strings.Replace(string(data), of.from, of.to, 1); changed == string(data) {
			t.Fatalf("%s has no %q", of.file, of.from)
		} else {
			err = os.WriteFile(path, []byte(changed), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), of.want) {
			t.Errorf("%s with %q: %v, want %q", of.file, of.to, err, of.want)
		}
	}
}

// TestOpen_RefusesCircles makes a synset its own hypernym's hypernym.
func TestOpen_RefusesCircles(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(tables)); err != nil {
		t.Fatal(err)
	}
	header := "  1 WordNet 3.0 Copyright  \n"
	for name, text := range map[string]string{
		"data.adv": header + "00000010 02 r 01 up 0 001 @ 00000020 r 0000 |\n00000020 02 r 01 down 0 001 @ 00000010 r 0000 |\n", "index.adv": "up r 1 0 1 0 00000010\ndown r 1 0 1 0 00000020\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "form a circle") {
		t.Errorf("a circle of synsets: %v", err)
	}
}

// TestOpen_ReadsCarriageReturns reads tables whose line ends a copy has changed.
func TestOpen_ReadsCarriageReturns(t *testing.T) {
	dir := t.TempDir()
	files, err := os.ReadDir(tables)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(tables, file.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file.Name()), []byte(strings.ReplaceAll(string(data), "\n", "\r\n")), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, "testdata/goldens.jsonl", s)
}

// FuzzScore looks for texts that end the scorer.
func FuzzScore(f *testing.F) {
	s, err := Open(tables)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"the dogs ran.", "mr. red (a.) \"b\" 'c' d--e . . . 5.", "\xff.\x1c?!İΣ", "cannot'tisd'ye", "ingingseseds"} {
		f.Add(text, "dog")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, rules := range []Rules{NLTK33, NLTK39} {
			if v := s.By(rules).Score(a, []string{b}, 0.9); !(v >= 0 && v <= 1) {
				t.Errorf("%v of %q and %q: %v", rules, a, b, v)
			}
		}
	})
}
