package wups

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

// golden is what NLTK says of a text, a word or a pair of answers, as parity/wups_goldens.py writes
// it.
type golden struct {
	Rules     string   `json:"rules"`
	Kind      string   `json:"kind"`
	Text      string   `json:"text"`
	Other     string   `json:"other"`
	Words     []string `json:"words"`
	Tags      []string `json:"tags"`
	Value     float64  `json:"value"`
	Strict    float64  `json:"strict"`
	Sentences []string `json:"sentences"`
}

// check compares one record with the scorer. It returns what differs.
func (g *golden) check(s *Scorer) error {
	same := func(got, want []string) error {
		if !slices.Equal(got, want) && len(got)+len(want) > 0 {
			return fmt.Errorf("%s: %s of %q: %q, want %q", g.Rules, g.Kind, g.Text, got, want)
		}
		return nil
	}
	near := func(got, want float64) error {
		if math.Abs(got-want) > 1e-12 {
			return fmt.Errorf("%s: %s of %q and %q: %v, want %v", g.Rules, g.Kind, g.Text, g.Other, got, want)
		}
		return nil
	}
	switch g.Kind {
	case "sentences":
		return same(s.sentences.split(g.Text, s.rules), g.Sentences)
	case "words":
		return same(s.wordTokens(g.Text, treebanks[s.rules]), g.Words)
	case "pywsd words":
		return same(s.wordTokens(g.Text, pywsd), g.Words)
	case "tags":
		return same(s.tagger.tag(g.Words), g.Tags)
	case "stem":
		return same([]string{porter(g.Text)}, g.Words)
	case "bases":
		p, _ := posOf(g.Other)
		return same(s.words.bases(g.Text, p, s.rules), g.Words)
	case "similarity":
		return near(s.similarity(g.Text, g.Other), g.Value)
	case "lemmas":
		return same(s.lemmatize(g.Text), g.Words)
	case "answers":
		return errors.Join(near(s.Score(g.Text, []string{g.Other}, 0), g.Value), near(s.Score(g.Text, []string{g.Other}, 0.9), g.Strict))
	}
	return fmt.Errorf("kind %q is none", g.Kind)
}

// checkFile compares all records of a file of JSON lines, and counts them by rules and kind.
func checkFile(t *testing.T, path string, s *Scorer) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	counts := map[string]int{}
	by := map[string]*Scorer{NLTK33.String(): s, NLTK39.String(): s.By(NLTK39)}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		counts[g.Rules+" "+g.Kind]++
		if err := g.check(by[g.Rules]); err != nil {
			t.Error(err)
			if counts["differ"]++; counts["differ"] > 40 {
				t.FailNow()
			}
		}
	}
	if err := lines.Err(); err != nil || len(counts) == 0 {
		t.Fatalf("%s: %v, %d kinds", path, err, len(counts))
	}
	t.Log(counts)
}

// TestScorer_AgreesWithNLTKOnWholeTables compares with NLTK on WordNet 3.0 and NLTK's tagger.
func TestScorer_AgreesWithNLTKOnWholeTables(t *testing.T) {
	dir, goldens := os.Getenv("PALI3_WORDNET_DATA"), os.Getenv("PALI3_WUPS_GOLDENS")
	if dir == "" || goldens == "" {
		t.Skip("WHOLE TABLES ARE NOT TESTED: name the folder by PALI3_WORDNET_DATA and what parity/wups_goldens.py wrote by PALI3_WUPS_GOLDENS")
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, goldens, s)
}
