package captions

import (
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/meteor"
)

var (
	languages  = []string{"en", "fr", "en", "en-GB", "fr", "en"}
	references = [][]string{{"a dog runs"}, {"un chien court", "le chien"}, {"two cats on a mat"}, {"a lorry"}, {"deux chats"}, {"the dog's bone"}}
	predicted  = []string{"a dog runs fast", "un chien", "cats on the mat", "a truck", "deux chats.", "a bone"}
)

func TestCorpus_ScoresEachLanguageByItself(t *testing.T) {
	c, err := New(languages, references)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Score(predicted)
	if err != nil {
		t.Fatal(err)
	}
	for _, members := range [][]int{{0, 2, 5}, {1, 4}, {3}} {
		want, err := metrics.CaptionCIDEr(pick(predicted, members), pick(references, members))
		if err != nil {
			t.Fatal(err)
		}
		if got := pick(got.CIDEr, members); !slices.Equal(got, want) {
			t.Errorf("items %v: CIDEr %v, want %v", members, got, want)
		}
	}
	if got.ROUGEL[4] != 1 || got.BLEU[4].Correct[1] != 1 {
		t.Errorf("an equal caption: ROUGE-L %v, %+v", got.ROUGEL[4], got.BLEU[4])
	}
	tokenized, err := NewTokenized(languages, references)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tokenized.ScoreTokenized(predicted); err != nil || got.ROUGEL[4] == 1 {
		t.Errorf("a period is a word of tokenized captions: ROUGE-L %v, %v", got.ROUGEL[4], err)
	}
}

func TestCorpus_METEORCountsEnglishCaptions(t *testing.T) {
	c, err := New(languages, references)
	if err != nil {
		t.Fatal(err)
	}
	counts, english, err := c.METEOR(t.Context(), meteor.ExactStem(), predicted)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(english, []bool{true, false, true, true, false, true}) {
		t.Errorf("English items: %v", english)
	}
	if counts[0].TestLength != 4 || counts[1] != (meteor.Counts{}) {
		t.Errorf("counts %+v, %+v", counts[0], counts[1])
	}
}

func TestCorpus_NamesItemsWithoutReferences(t *testing.T) {
	if _, err := New([]string{"en"}, [][]string{nil}); err == nil || !strings.Contains(err.Error(), "no reference caption") {
		t.Errorf("got %v", err)
	}
}
