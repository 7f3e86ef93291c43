package benchmarks

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const smallWordNet = "../internal/wups/testdata/tables"

// TestWithWordNet_ScoresAsTheOwner reads the owner's files in the owner's form.
func TestWithWordNet_ScoresAsTheOwner(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := Files{
		Annotations: write("val.csv", "video,frame_count,width,height,question,answer,qid,type\n"+
			"4010,369,640,480,why?,two cats,6,CW\n4010,369,640,480,how many?,two,7,DC\n4011,369,640,480,is it red?,yes,0,DB\n"),
		Predictions: write("val.json", `{"4010":{"6":"two dogs","7":"the two"},"4011":{"0":"no"}}`),
	}
	bench, err := nextqaOE.WithWordNet(smallWordNet)
	if err != nil {
		t.Fatal(err)
	}
	result, err := bench.Score(context.Background(), files, Options{Protocols: []string{NLTK39}})
	if err != nil {
		t.Fatal(err)
	}
	const cats = 6.0 / 7 // of dog and cat
	near := func(name string, got, want float64) {
		if d := got - want; d > 1e-12 || d < -1e-12 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	near("wups", result.Scores["wups"].Value, (cats+1+0)/3)
	near("wups_9", result.Scores["wups_9"].Value, (0.1*cats+1+0)/3)
	near("group C", result.Slices["group"]["C"]["wups"].Value, cats)
	near("by NLTK 3.9", result.Protocols[NLTK39].Scores["wups"].Value, (cats+1+0)/3)
	if why := result.Comparable["exact_match"].Why; !strings.Contains(why, "--wordnet-data") {
		t.Errorf("exact_match: %q", why)
	}
	var out bytes.Buffer
	if n, err := bench.WriteSubmission(context.Background(), write("mine.jsonl", `{"id":"4010_6","prediction":"a \"cat\""}`+"\n"+`{"id":"4011_0","prediction":"no"}`+"\n"+`{"id":"4010_7","prediction":"2"}`+"\n"), Options{}, &out); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	if want := `{"4010":{"6":"a \"cat\"","7":"2"},` + "\n" + `"4011":{"0":"no"}}` + "\n"; out.String() != want {
		t.Errorf("a submission: %s, want %s", out.String(), want)
	}
	files.Predictions = write("broken.json", `{"4010":{"6":"two dogs","7":["two"]},"4011":{"0":"no"}}`)
	if _, err := bench.Score(context.Background(), files, Options{}); err == nil || !strings.Contains(err.Error(), "question 4010_7 has no text") {
		t.Errorf("a list for a text: %v", err)
	}
}

// TestWithWordNet_NamesWhatIsMissing asks for it where it does not belong, and without its files.
func TestWithWordNet_NamesWhatIsMissing(t *testing.T) {
	if _, err := vqav2.WithWordNet(smallWordNet); err == nil || !strings.Contains(err.Error(), "vqav2 is not scored by WUPS") {
		t.Errorf("vqav2: %v", err)
	}
	if _, err := nextqaOE.WithWordNet(t.TempDir()); err == nil || !strings.Contains(err.Error(), "has no data.noun") {
		t.Errorf("an empty folder: %v", err)
	}
	for _, m := range nextqaOE.Metrics {
		if strings.HasPrefix(m.Name, "wups") {
			t.Errorf("%s is in the table without its files", m.Name)
		}
	}
}
