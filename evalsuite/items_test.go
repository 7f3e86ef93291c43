package evalsuite

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

var three = []shards.Sample{
	{Key: "a", Images: []shards.Image{{SHA256: "1"}}, Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: "a red cat sits here"}, {Kind: shards.Caption, Language: "fr", Value: "un chat rouge est assis"}},
		Questions: []shards.Question{{ID: "1", Kind: "colour", Text: "colour?", Answers: []shards.Answer{{Text: "red"}}}}},
	{Key: "b", Images: []shards.Image{{SHA256: "2"}}, Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: "a blue dog runs there"}},
		Questions: []shards.Question{{ID: "2", Kind: "colour", Text: "colour?", Answers: []shards.Answer{{Text: "blue"}}}}},
	{Key: "c", Images: []shards.Image{{SHA256: "3"}}, Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: "two birds fly far away"}},
		Questions: []shards.Question{{ID: "3", Kind: "colour", Text: "colour?", Answers: []shards.Answer{{Text: "red"}}}}},
}

// parrot is right about the first image and gives nonsense for others.
type parrot struct{}

func (parrot) Predict(_ context.Context, queries []Query, _ func(int, int)) (answers []string, err error) {
	for _, q := range queries {
		answer := "nonsense"
		if q.Images[0].SHA256 == "1" {
			switch {
			case q.Prompt == mixture.CaptionPrompt("en"):
				answer = "a red cat sits here"
			case q.Prompt == mixture.QuestionPrompt("colour?"):
				answer = "Red."
			}
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func TestScores(t *testing.T) {
	queries, items := Captions(three)
	answers, _ := parrot{}.Predict(t.Context(), queries, nil)
	for i := range items {
		items[i].Prediction = answers[i]
	}
	exact, cider, err := ScoreCaptions(items, metrics.Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(exact.Value-0.5/3) > 1e-12 || exact.N != 3 { // one of the first image's two captions
		t.Errorf("exact %+v", exact)
	}
	if cider.Value <= 0 || cider.Value > 10 {
		t.Errorf("CIDEr %+v", cider)
	}
	queries, items = Questions(three)
	answers, _ = parrot{}.Predict(t.Context(), queries, nil)
	for i := range items {
		items[i].Prediction = answers[i]
	}
	if got := ScoreAnswers(items, metrics.Bootstrap{}); math.Abs(got.Value-1.0/3) > 1e-12 {
		t.Errorf("accuracy %+v", got)
	}
	AnswerWithConstant(items)
	if got := ScoreAnswers(items, metrics.Bootstrap{}); math.Abs(got.Value-2.0/3) > 1e-12 {
		t.Errorf("best constant %+v", got)
	}
	if by := ScoresBy(items, func(s *Item) string { return s.Kind }, metrics.Bootstrap{}); by["colour"].N != 3 {
		t.Errorf("by kind %+v", by)
	}
}

func TestBlinded(t *testing.T) {
	queries, _ := Questions(three)
	blind, err := Blinded(queries)
	if err != nil || len(blind) != 3 || blind[0].Images[0].SHA256 != blind[2].Images[0].SHA256 || !strings.Contains(blind[0].Prompt, "colour?") {
		t.Errorf("%+v %v", blind, err)
	}
}

func TestChance(t *testing.T) {
	if c := Chance(1, 200); c.Value != 0.005 || c.Lo != 0 || c.Hi != 3.0/200 { // P(X <= 3) = 0.981 for Binomial(200, 1/200)
		t.Errorf("%+v", c)
	}
	if c := Chance(10, 5); c.Value != 1 || c.Hi != 1 {
		t.Errorf("%+v", c)
	}
}

// TestCaptions_SeveralReferencesPerImage: one answer with several truths, under one id.
func TestCaptions_SeveralReferencesPerImage(t *testing.T) {
	samples := []shards.Sample{{Key: "a", Texts: []shards.Text{
		{Kind: shards.Caption, Language: "en", Value: "a cat"}, {Kind: shards.Caption, Language: "fr", Value: "un chat"},
		{Kind: shards.Alt, Language: "en", Value: "IMG_1"}, {Kind: shards.Caption, Language: "en", Value: "a small cat"}}}}
	queries, items := Captions(samples)
	if len(queries) != 2 || len(items) != 2 || items[0].ID != "a/en" || items[1].ID != "a/fr" {
		t.Fatalf("asked %+v", items)
	}
	items[0].Prediction, items[1].Prediction = "a small cat", "nonsense"
	exact, _, err := ScoreCaptions(items, metrics.Bootstrap{})
	if err != nil || exact.Value != 0.5 || exact.N != 1 {
		t.Errorf("exact %+v, %v", exact, err)
	}
}

// TestRecallsOfSeveralTexts ranks three images: the first has two texts, the second none, the third
// one.
func TestRecallsOfSeveralTexts(t *testing.T) {
	images := [][]float32{{1, 0}, {0.5, 0.5}, {0, 1}}
	texts := [][]float32{{0.9, 0.1}, {0.2, 0.8}, {0.1, 0.9}} // the second is closer to the third image
	recalls := map[string][][]float64{}
	if err := addRecalls(context.Background(), recalls, images, texts, []int{0, 0, 2}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][][]float64{
		"i2t_r1": {{1}, nil, {1}},
		"t2i_r1": {{0.5}, nil, {1}},
		"t2i_r5": {{1}, nil, {1}},
	} {
		if diff := cmp.Diff(want, recalls[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
