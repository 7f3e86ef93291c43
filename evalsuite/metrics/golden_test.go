package metrics

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

func golden(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestPTBTokenizeAsTheReference(t *testing.T) {
	for _, file := range []string{"ptb.json", "ptb_languages.json"} {
		var rows []struct{ Caption, Tokens string }
		golden(t, file, &rows)
		captions := make([]string, len(rows))
		for i, row := range rows {
			captions[i] = row.Caption
		}
		for i, got := range PTBTokenize(captions) {
			if got != rows[i].Tokens {
				t.Errorf("%s: caption %d %q\n got %q\nwant %q", file, i, captions[i], got, rows[i].Tokens)
			}
		}
	}
}

func TestCIDErAsTheReference(t *testing.T) {
	var corpora map[string]struct {
		Score  float64
		Images []struct {
			Candidate  string
			References []string
			Score      float64
		}
	}
	golden(t, "cider.json", &corpora)
	if len(corpora) != 3 {
		t.Fatalf("%d corpora", len(corpora))
	}
	for name, corpus := range corpora {
		var candidates []string
		var references [][]string
		for _, image := range corpus.Images {
			candidates = append(candidates, image.Candidate)
			references = append(references, image.References)
		}
		scores, err := CaptionCIDEr(candidates, references)
		if err != nil {
			t.Fatal(err)
		}
		for i, image := range corpus.Images {
			if !near(scores[i], image.Score, 1e-12) {
				t.Errorf("%s, image %d %q: got %.17g, want %.17g", name, i, image.Candidate, scores[i], image.Score)
			}
		}
		if got := mean(scores); !near(got, corpus.Score, 1e-12) {
			t.Errorf("%s: got %.17g, want %.17g", name, got, corpus.Score)
		}
	}
}

func TestBLEUAsTheReference(t *testing.T) {
	var corpora map[string]struct {
		Scores []float64
		Images []struct {
			Candidate  string
			References []string
			Scores     []float64
		}
	}
	golden(t, "bleu.json", &corpora)
	if len(corpora) != 3 {
		t.Fatalf("%d corpora", len(corpora))
	}
	for name, corpus := range corpora {
		var sum BLEUCounts
		for i, image := range corpus.Images {
			counts := CountBLEU(image.Candidate, image.References)
			sum.Add(counts)
			for n, got := range counts.Scores() {
				if !near(got, image.Scores[n], 1e-12) {
					t.Errorf("%s, image %d %q, BLEU-%d: got %.17g, want %.17g", name, i, image.Candidate, n+1, got, image.Scores[n])
				}
			}
		}
		for n, got := range sum.Scores() {
			if !near(got, corpus.Scores[n], 1e-12) {
				t.Errorf("%s, BLEU-%d: got %.17g, want %.17g", name, n+1, got, corpus.Scores[n])
			}
		}
	}
}

func TestVQAAsTheReference(t *testing.T) {
	var file struct {
		Overall float64
		Answers []struct {
			Prediction string
			Answers    []string
			Type       string
			Accuracy   float64
		}
		AnswerType map[string]float64 `json:"answer_type"`
		Normalized []struct{ Text, Normalized string }
	}
	golden(t, "vqa.json", &file)
	var all []float64
	byType := map[string][]float64{}
	for i, row := range file.Answers {
		got := VQAAccuracy(row.Prediction, row.Answers)
		if !near(100*got, row.Accuracy, 1e-10) {
			t.Errorf("question %d, %q against %q: got %v, want %v", i, row.Prediction, row.Answers, 100*got, row.Accuracy)
		}
		all = append(all, got)
		byType[row.Type] = append(byType[row.Type], got)
	}
	if got := 100 * mean(all); !near(got, file.Overall, 1e-9) {
		t.Errorf("overall: got %v, want %v", got, file.Overall)
	}
	for kind, want := range file.AnswerType {
		if got := 100 * mean(byType[kind]); !near(got, want, 1e-9) {
			t.Errorf("%s: got %v, want %v", kind, got, want)
		}
	}
	for _, row := range file.Normalized {
		if got := officialVQA.process(row.Text); got != row.Normalized {
			t.Errorf("%q: got %q, want %q", row.Text, got, row.Normalized)
		}
	}
}

func TestROUGELAsTheReference(t *testing.T) {
	var corpora map[string]struct {
		ROUGE  float64 `json:"rouge_l"`
		Images []struct {
			Candidate  string
			References []string
			ROUGE      float64 `json:"rouge_l"`
		}
	}
	golden(t, "bleu.json", &corpora)
	if len(corpora) != 3 {
		t.Fatalf("%d corpora", len(corpora))
	}
	for name, corpus := range corpora {
		var scores []float64
		for i, image := range corpus.Images {
			got := ROUGEL(image.Candidate, image.References)
			if !near(got, image.ROUGE, 1e-15) {
				t.Errorf("%s, image %d %q: got %.17g, want %.17g", name, i, image.Candidate, got, image.ROUGE)
			}
			scores = append(scores, got)
		}
		if got := mean(scores); !near(got, corpus.ROUGE, 1e-12) {
			t.Errorf("%s: got %.17g, want %.17g", name, got, corpus.ROUGE)
		}
	}
}
