package mixture

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/shards"
)

var askedSample = shards.Sample{
	Key: "cat",
	Texts: []shards.Text{
		{Kind: shards.Alt, Language: "en", Value: "IMG_1"}, {Kind: shards.Caption, Language: "en", Value: "a red cat sits"},
		{Kind: shards.OCR, Language: "en", Value: "STOP"}, {Kind: shards.OCR, Language: "en", Value: "HERE"},
		{Kind: shards.Caption, Language: "fr", Value: "un chat"}, {Kind: shards.Caption, Language: "en", Value: "a cat"},
	},
	Questions: []shards.Question{
		{ID: "7", Kind: "colour", Language: "en", Text: "colour?", Answers: []shards.Answer{{Text: "red"}, {Text: "orange"}}},
		{Language: "en", Text: "how many?", Answers: []shards.Answer{{Text: "1"}}},
		{ID: "9", Text: "unanswered?"},
	},
}

func TestAsks_EachKind(t *testing.T) {
	for _, c := range []struct {
		name string
		task Task
		want []Ask
	}{
		{"captions of one kind", Task{Kind: "caption", Texts: []string{shards.Caption}}, []Ask{
			{ID: "cat/en", Language: "en", Kind: "caption", Prompt: CaptionPrompt("en"), Truths: []string{"a red cat sits", "a cat"}},
			{ID: "cat/fr", Language: "fr", Kind: "caption", Prompt: CaptionPrompt("fr"), Truths: []string{"un chat"}},
		}},
		{"captions of all kinds, by a prompt of the recipe", Task{Kind: "caption", Languages: []string{"en"}, Prompt: "caption {lang}"}, []Ask{
			{ID: "cat/en", Language: "en", Kind: "caption", Prompt: "caption en", Truths: []string{"IMG_1", "a red cat sits", "a cat"}},
		}},
		{"the second half", Task{Kind: "split_cap", Texts: []string{shards.Caption}}, []Ask{
			{ID: "cat/en", Language: "en", Kind: "split_cap", Prompt: "Generate the alt_text in en at 2: a red <extra_id_0>", Truths: []string{"cat sits"}},
			{ID: "cat/fr", Language: "fr", Kind: "split_cap", Prompt: "Generate the alt_text in fr at 1: un <extra_id_0>", Truths: []string{"chat"}},
		}},
		{"text in the image", Task{Kind: "ocr"}, []Ask{
			{ID: "cat/en", Language: "en", Kind: "ocr", Prompt: "Generate the ocr_text in en: <extra_id_0>", Truths: []string{"STOP HERE"}},
		}},
		{"questions", Task{Kind: "vqa"}, []Ask{
			{ID: "7", Language: "en", Kind: "colour", Question: "colour?", Prompt: QuestionPrompt("colour?"), Truths: []string{"red", "orange"}},
			{ID: "cat#1", Language: "en", Question: "how many?", Prompt: QuestionPrompt("how many?"), Truths: []string{"1"}},
		}},
		{"questions for answers", Task{Kind: "vqg", Questions: []string{"colour"}}, []Ask{
			{ID: "7", Language: "en", Kind: "colour", Question: "colour?", Prompt: "Generate a question in en for red: <extra_id_0>", Truths: []string{"colour?"}},
		}},
		{"nothing", Task{Kind: "contrastive"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Builtin().Asks(c.task, &askedSample)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAskIn_NeedsNoSample(t *testing.T) {
	caption, question := Task{Kind: "caption"}, Task{Kind: "vqa"}
	if got := Builtin().AskIn(caption, "a.png", "fr", ""); got.ID != "a.png/fr" || got.Prompt != CaptionPrompt("fr") {
		t.Errorf("%+v", got)
	}
	if got := Builtin().AskIn(question, "a.png", "", "who?"); got.ID != "a.png" || got.Prompt != QuestionPrompt("who?") {
		t.Errorf("%+v", got)
	}
}
