package meteor

import (
	"archive/zip"
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// golden is what METEOR 1.5 itself computes (parity/meteor_goldens.py).
type golden struct {
	METEOR    float64 `json:"meteor"`
	ExactStem float64 `json:"exact_stem"`
	Cases     []struct {
		Candidate  string
		References []string
		METEOR     float64
		ExactStem  *float64 `json:"exact_stem"` // without texts that have a dot
	}
}

func readGolden(t *testing.T) (g golden) {
	path := "testdata/meteor.json"
	if other := os.Getenv("PALI3_METEOR_CASES"); other != "" {
		path = other
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &g); err != nil || len(g.Cases) < 200 {
		t.Fatal(len(g.Cases), err)
	}
	return g
}

// compare scores all cases and compares them with want, and the corpus with total.
func (g golden) compare(t *testing.T, s *Scorer, want func(i int) float64, total float64) {
	t.Helper()
	var candidates []string
	var references [][]string
	for _, c := range g.Cases {
		candidates, references = append(candidates, c.Candidate), append(references, c.References)
	}
	counts, err := s.Captions(t.Context(), candidates, references)
	if err != nil {
		t.Fatal(err)
	}
	var all Counts
	for i := range counts {
		all.Add(counts[i])
		if got := counts[i].Score(); math.Abs(got-want(i)) > 1e-12 {
			t.Errorf("case %d %q with %q: got %.17g, want %.17g, %+v", i, candidates[i], references[i], got, want(i), counts[i])
		}
	}
	if got := all.Score(); math.Abs(got-total) > 1e-12 {
		t.Errorf("corpus: got %.17g, want %.17g", got, total)
	}
}

func TestExactStem_AsMETEOR(t *testing.T) {
	g := readGolden(t)
	for i := len(g.Cases) - 1; i >= 0; i-- {
		if g.Cases[i].ExactStem == nil {
			g.Cases = slices.Delete(g.Cases, i, i+1)
		}
	}
	if len(g.Cases) < 80 {
		t.Fatalf("%d cases without a dot", len(g.Cases))
	}
	g.compare(t, ExactStem(), func(i int) float64 { return *g.Cases[i].ExactStem }, g.ExactStem)
}

func TestCaptions_AsMETEOR(t *testing.T) {
	dir := os.Getenv("PALI3_METEOR_DATA")
	if dir == "" {
		t.Skip("SYNONYMS AND PARAPHRASES ARE NOT TESTED: name the folder with meteor-1.5.jar and data/paraphrase-en.gz by PALI3_METEOR_DATA")
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	g := readGolden(t)
	g.compare(t, s, func(i int) float64 { return g.Cases[i].METEOR }, g.METEOR)
}

// own writes small tables in METEOR's layout, with words of this test.
func own(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, jarFile, func(f *os.File) error {
		jar := zip.NewWriter(f)
		for name, content := range map[string]string{
			"function/english.words":       "the\na\n",
			"nonbreaking/english.prefixes": "# comment\nNo #NUMERIC_ONLY#\nDr\n",
			"synonym/english.exceptions":   "mouse\nmice\n",
			"synonym/english.synsets":      "mouse\n00000001 00000002\nrodent\n00000002\nauto\n00000003\ncar\n00000003\n",
		} {
			w, err := jar.Create(name)
			if err != nil {
				return err
			}
			if _, err := w.Write([]byte(content)); err != nil {
				return err
			}
		}
		return jar.Close()
	})
	write(t, dir, paraphrasesFile, func(f *os.File) error {
		w := gzip.NewWriter(f)
		if _, err := w.Write([]byte("0.5\nat the same time\nsimultaneously\n0.1\nunknown\nwords\n0.9\nbig\nvery large\n")); err != nil {
			return err
		}
		return w.Close()
	})
	return dir
}

func write(t *testing.T, dir, name string, content func(*os.File) error) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := content(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCaptions_MatchesByTables(t *testing.T) {
	s, err := Open(own(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != "meteor" {
		t.Errorf("name %s", s.Name())
	}
	counts, err := s.Captions(t.Context(),
		[]string{"the cars run", "two mice", "jumps simultaneously", "a very large dog"},
		[][]string{{"the auto runs"}, {"a rodent"}, {"jump at the same time"}, {"the big dog"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Counts{
		{
			TestLength: 3, ReferenceLength: 3, TestFunction: 1, ReferenceFunction: 1, Chunks: 1,
			TestContent: [modules]float64{0, 1, 1, 0}, ReferenceContent: [modules]float64{0, 1, 1, 0},
			TestFunctions: [modules]float64{1}, ReferenceFunctions: [modules]float64{1},
		},
		{
			TestLength: 2, ReferenceLength: 2, ReferenceFunction: 1, Chunks: 1,
			TestContent: [modules]float64{0, 0, 1, 0}, ReferenceContent: [modules]float64{0, 0, 1, 0},
		},
		{
			TestLength: 2, ReferenceLength: 5, ReferenceFunction: 1, Chunks: 1,
			TestContent: [modules]float64{0, 1, 0, 1}, ReferenceContent: [modules]float64{0, 1, 0, 3}, ReferenceFunctions: [modules]float64{0, 0, 0, 1},
		},
		{
			TestLength: 4, ReferenceLength: 3, TestFunction: 1, ReferenceFunction: 1, Chunks: 1,
			TestContent: [modules]float64{1, 0, 0, 2}, ReferenceContent: [modules]float64{1, 0, 0, 1},
		},
	} {
		if counts[i] != want {
			t.Errorf("caption %d:\n got %+v\nwant %+v", i, counts[i], want)
		}
	}
}

func TestOpen_NamesWhatIsMissing(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), jarFile) {
		t.Errorf("empty folder: %v", err)
	}
	dir := own(t)
	if err := os.Remove(filepath.Join(dir, paraphrasesFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "paraphrase-en.gz") {
		t.Errorf("no paraphrases: %v", err)
	}
	dir = own(t)
	if err := os.WriteFile(filepath.Join(dir, paraphrasesFile), []byte("not packed"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Captions(t.Context(), []string{"a"}, [][]string{{"b"}}); err == nil || !strings.Contains(err.Error(), "paraphrase-en.gz") {
		t.Errorf("broken paraphrases: %v", err)
	}
}

func TestCaptions_RefusesWhatDoesNotPair(t *testing.T) {
	if _, err := ExactStem().Captions(t.Context(), []string{"a"}, nil); err == nil {
		t.Error("no references: no error")
	}
	if _, err := ExactStem().Captions(t.Context(), []string{"a"}, [][]string{{}}); err == nil {
		t.Error("an image without references: no error")
	}
}

func FuzzCaptions(f *testing.F) {
	f.Add("a dog's U.S. bed-- DOTMULTI...", "the dog , 5,000 ''beds''")
	f.Add("", "\xff\u00a0")
	f.Fuzz(func(t *testing.T, candidate, reference string) {
		if len(candidate)+len(reference) > 400 {
			return
		}
		counts, err := ExactStem().Captions(t.Context(), []string{candidate, reference}, [][]string{{reference, candidate}, {reference}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			if s := c.Score(); !(s >= 0 && s <= 1) {
				t.Errorf("score %g of %+v", s, c)
			}
		}
	})
}
