package evalsuite

import (
	"strings"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/stages"
)

func TestDefaultTask(t *testing.T) {
	for _, c := range []struct {
		kinds    []string // of the run's tasks
		question string
		want     string // or a part of the error
	}{
		{kinds: []string{"vqa", "caption"}, want: "caption"},
		{kinds: []string{"vqa"}, want: "vqa"},
		{kinds: []string{"ocr", "ocr"}, want: "ocr"},
		{kinds: []string{"caption"}, question: "Who is it?", want: "vqa"},
		{kinds: []string{"vqa", "ocr"}, want: "choose a --task from"},
		{kinds: nil, want: "choose a --task from"},
	} {
		run := &stages.Trained{}
		run.Model = &pali3.Config{}
		for _, kind := range c.kinds {
			run.Recipe.Mixture.Tasks = append(run.Recipe.Mixture.Tasks, mixture.Task{Kind: kind, Weight: 1})
		}
		got, err := defaultTask(run, c.question)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("a run trained on %v, question %q: %q, want %q", c.kinds, c.question, got, c.want)
		}
	}
}
