package report

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/contamination"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

func TestBuildContamination_ShowsPairsSideBySide(t *testing.T) {
	const long = "which of the two animals on the left " + hostile
	var benchmark []shards.Sample
	var items []compare.Item
	for i := range 6 {
		s := shards.Sample{Key: fmt.Sprintf("b%d", i), Images: []shards.Image{{Bytes: encoded(t, 3*i, 40)}}}
		s.Questions = []shards.Question{{ID: fmt.Sprint(i), Text: "What is it?", Answers: []shards.Answer{{Text: "a drawing"}}}}
		if i == 5 {
			s.Questions[0].Text = long
		}
		benchmark = append(benchmark, s)
		items = append(items, compare.Item{Task: "vqa", ID: fmt.Sprint(i), Question: s.Questions[0].Text, Values: map[string]float64{"vqa_accuracy": float64(i % 2)}})
	}
	dir := filepath.Join(t.TempDir(), "train")
	_, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i := range 3 {
			if !yield(shards.Sample{Key: fmt.Sprintf("t%d", i), Images: []shards.Image{{Bytes: encoded(t, 3*i, 40)}}}, nil) {
				return
			}
		}
		yield(shards.Sample{Key: "text", Texts: []shards.Text{{Kind: shards.Alt, Value: long}}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	train, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer train.Close()
	audit, err := contamination.New(contamination.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range benchmark {
		audit.Add(&benchmark[i], contamination.ItemsOf(&benchmark[i]))
	}
	result, err := audit.Search(context.Background(), []*shards.Dataset{train})
	if err == nil {
		err = result.Score(items, metrics.Bootstrap{})
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := BuildContamination(context.Background(), result, ContaminationOptions{
		Benchmark: "drawings", Samples: 3, Train: []*shards.Dataset{train},
		Images: func(keys map[string]bool) (map[string][]shards.Image, error) {
			found := map[string][]shards.Image{}
			for _, s := range benchmark {
				if keys[s.Key] {
					found[s.Key] = s.Images
				}
			}
			return found, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := page.Contamination
	if len(c.Examples) != 3 || c.Shown == "" || len(c.Scores) < 5 {
		t.Fatalf("%d examples, %q, %d scores", len(c.Examples), c.Shown, len(c.Scores))
	}
	if e := c.Examples[0]; e.Benchmark == nil || e.Train == nil || e.Rule != contamination.ImageBytes {
		t.Errorf("the first example is %+v", e)
	}
	if e := c.Examples[1]; e.Rule != contamination.GPT3 || e.Train != nil || !strings.Contains(e.Shared, "which of the two animals") {
		t.Errorf("the second example is of another rule, in turn: %+v", e)
	}
	var out bytes.Buffer
	if err := Write(&out, page); err != nil {
		t.Fatal(err)
	}
	html := out.String()
	if strings.Contains(html, "<script>") || strings.Count(html, "<figcaption class=\"aside\">training") != 2 || !strings.Contains(html, "raised by: all less clean") {
		t.Errorf("the page:\n%s", html)
	}
	var again bytes.Buffer
	if err := Write(&again, page); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Errorf("the same page differs: %v", err)
	}
}
