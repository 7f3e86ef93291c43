package mixture

import (
	"testing"

	"github.com/pali3/pali3/shards"
)

func TestTextsOf_MakesATextOfAnswers(t *testing.T) {
	ask := func(text, answer string) shards.Question {
		return shards.Question{Text: text, Answers: []shards.Answer{{Text: answer}}}
	}
	s := &shards.Sample{
		Texts:     []shards.Text{{Kind: shards.Caption, Value: "a shape"}},
		Questions: []shards.Question{ask("What is it?", "rectangle"), ask("Is it blue?", "Yes."), ask("Which colour?", "blue"), ask("And this?", "rectangle")},
	}
	for _, c := range []struct {
		name string
		task Task
		want []string
	}{
		{"answers alone", Task{Kind: "contrastive", Texts: []string{"answers"}}, []string{"blue rectangle"}},
		{"beside captions", Task{Kind: "contrastive", Texts: []string{"caption", "answers"}}, []string{"a shape", "blue rectangle"}},
		{"not asked for", Task{Kind: "contrastive"}, []string{"a shape"}},
		{"another kind of task", Task{Kind: "caption", Texts: []string{"answers"}}, nil},
	} {
		var got []string
		for _, text := range c.task.TextsOf(s) {
			got = append(got, text.Value)
		}
		if len(got) != len(c.want) || len(got) > 0 && got[len(got)-1] != c.want[len(got)-1] {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	yes := &shards.Sample{Questions: []shards.Question{ask("Is it?", "no")}}
	if texts := (&Task{Kind: "contrastive", Texts: []string{"answers"}}).TextsOf(yes); len(texts) != 0 {
		t.Errorf("a sample of yes and no alone has the texts %v", texts)
	}
}
