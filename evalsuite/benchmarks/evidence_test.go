package benchmarks

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite/compare"
)

// scoredFile scores files and returns the result and the scored items, as compare reads them.
func scoredFile(t *testing.T, b *Benchmark, f Files) (*Result, []compare.Item) {
	t.Helper()
	var lines bytes.Buffer
	result, err := b.Score(t.Context(), f, Options{Bootstrap: quick, Scored: &lines})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "scored.jsonl")
	if err := os.WriteFile(path, lines.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	items, err := compare.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return result, items
}

// sameScores compares the scores of a comparison with those of the two results, and their
// intervals, which draw the same images.
func sameScores(t *testing.T, c *compare.Result, a, b *Result) {
	t.Helper()
	for _, m := range c.Metrics {
		for _, of := range []struct{ got, want Score }{{Score{Score: m.A}, a.Scores[m.Name]}, {Score{Score: m.B}, b.Scores[m.Name]}} {
			if of.got.Score != of.want.Score {
				t.Errorf("%s: %+v, and %+v in the result", m.Name, of.got.Score, of.want.Score)
			}
		}
		if d := m.Difference; d.Value != m.B.Value-m.A.Value || !(d.Lo <= d.Value && d.Value <= d.Hi || m.Name == "ap_small") || !(d.P > 0 && d.P <= 1) {
			t.Errorf("%s: difference %+v of %v and %v", m.Name, d, m.A.Value, m.B.Value)
		}
	}
	missing := maps.Clone(a.Scores)
	for _, m := range c.Metrics {
		delete(missing, m.Name)
	}
	if len(missing) > 0 {
		t.Errorf("not compared: %v", missing)
	}
}

// weaker writes results without every third one.
func weaker(t *testing.T, path string) string {
	t.Helper()
	var results []json.RawMessage
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &results)
	}
	if err != nil {
		t.Fatal(err)
	}
	var kept []json.RawMessage
	for n := range results {
		if n%3 != 1 {
			kept = append(kept, results[n])
		}
	}
	text, err = json.Marshal(kept)
	if err == nil {
		path = filepath.Join(t.TempDir(), "weaker.json")
		err = os.WriteFile(path, text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCompare_Boxes compares two files of results by their scored items.
func TestCompare_Boxes(t *testing.T) {
	for _, c := range []struct {
		bench *Benchmark
		path  string
	}{{&cocoInstances, "coco_plain.json"}, {&cocoInstances, "coco_crowds.json"}, {&lvis, "lvis_plain.json"}} {
		f, _ := splitGolden(t, filepath.Join("../metrics/detection/testdata", c.path))
		resultA, a := scoredFile(t, c.bench, f)
		f.Predictions = weaker(t, f.Predictions)
		resultB, b := scoredFile(t, c.bench, f)
		r, err := compare.Compare("A", a, "B", b, compare.Options{Bootstrap: quick, Statistics: c.bench.Statistics()})
		if err != nil {
			t.Fatal(c.path, err)
		}
		sameScores(t, r, resultA, resultB)
		if r.NotCompared.Count > 0 {
			t.Errorf("%s: not compared: %v", c.path, r.NotCompared)
		}
		for _, m := range r.Metrics {
			if m.Name != "ap" {
				continue
			}
			for _, s := range m.Slices {
				if want := resultA.Slices["category"][s.Name]["ap"].Value; s.A != want {
					t.Errorf("%s: category %s: %v, want %v", c.path, s.Name, s.A, want)
				}
			}
			if len(m.Slices) == 0 || !m.Alone || m.Better.Count+m.Worse.Count == 0 {
				t.Errorf("%s: slices %d, better %d, worse %d", c.path, len(m.Slices), m.Better.Count, m.Worse.Count)
			}
			for _, flip := range m.Worse.Items {
				if !(flip.ValueB < flip.ValueA) || !strings.HasPrefix(flip.A, "finds ") {
					t.Errorf("%s: worse %+v", c.path, flip)
				}
			}
		}
	}
}

// TestCompare_Referring compares cIoU, the one score of an expression that is no mean.
func TestCompare_Referring(t *testing.T) {
	result, items := scoredFile(t, &refcoco, referringFiles("masks.jsonl"))
	decoded, err := refcoco.WithMaskDecoder(formula{})
	if err != nil {
		t.Fatal(err)
	}
	other, others := scoredFile(t, &decoded, referringFiles("answers.jsonl"))
	r, err := compare.Compare("masks", items, "answers", others, compare.Options{Bootstrap: quick, Statistics: refcoco.Statistics(), Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Metrics {
		if m.Name == "ciou" && m.A.Value == result.Scores["ciou"].Value && m.B.Value == other.Scores["ciou"].Value {
			return
		}
	}
	t.Errorf("%+v", r.Metrics)
}

// TestCompare_NamesBoxesWithoutEvidence reads scored items that an earlier version wrote.
func TestCompare_NamesBoxesWithoutEvidence(t *testing.T) {
	items := []compare.Item{{Task: "coco-instances", ID: "1", Values: map[string]float64{}}}
	_, err := compare.Compare("a", items, "b", items, compare.Options{Statistics: cocoInstances.Statistics()})
	if err == nil || !strings.Contains(err.Error(), "score both again") {
		t.Error(err)
	}
	items[0].Evidence = map[string]map[string]string{"boxes": {"cat": "1,0,1,0;2/x/x"}}
	_, err = compare.Compare("a", items, "b", items, compare.Options{Statistics: cocoInstances.Statistics()})
	if err == nil || !strings.Contains(err.Error(), `category cat: matches "1,0,1,0;2/x/x": detection "2/x/x": 3 parts, want 5`) {
		t.Error(err)
	}
}

// FuzzDetectedFromText reads the evidence of two images.
func FuzzDetectedFromText(f *testing.F) {
	f.Add("1,0,1,0;0.9/3ff.0/x//,0.1/1.2///", "r|2,1,1,0;", "o1.5;0.9/1,0.8/0")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, family := range []*Family{cocoInstances.Metrics[0].Family, lvis.Metrics[0].Family, openImagesBoxes.Metrics[0].Family, refcoco.Metrics[1].Family} {
			s, err := family.FromEvidence([]map[string]string{{"x": a, "y": b, "both/any": c}, {"x": c}})
			if err != nil {
				continue
			}
			scores, _ := s.Values([]int32{1, 2})
			for _, v := range scores {
				if v < 0 || v > 1.0000001 || math.IsInf(v, 0) {
					t.Errorf("score %v", v)
				}
			}
			if s.Alone != nil {
				s.Alone(1)
			}
		}
	})
}
