package sentencepiece

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

// TestNBestGoldens compares the 12 best segmentations of every ninth text with the C++ library's.
func TestNBestGoldens(t *testing.T) {
	for _, name := range []string{"nmt_nfkc", "suffix", "odd"} {
		m, texts := openGolden(t, name), goldenTexts(t)
		lines := strings.Split(strings.TrimSuffix(readGolden(t, name+".nbest"), "\n"), "\n")
		for i, line := range lines {
			text := texts[9*i]
			found, err := m.NBest(text, 12)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Split(line, "\t")
			if len(found) != len(want) {
				t.Errorf("%s: %d segmentations of %q, want %d", name, len(found), text, len(want))
				continue
			}
			for k, w := range want {
				score, ids, _ := strings.Cut(w, ":")
				s, _ := strconv.ParseFloat(score, 32)
				if got := strings.Trim(fmt.Sprint(found[k].IDs()), "[]"); got != ids || math.Abs(float64(found[k].Score)-s) > 1e-5*max(1, math.Abs(s)) {
					t.Errorf("%s: segmentation %d of %q is %v %s, want %s %s", name, k+1, text, found[k].Score, got, score, ids)
				}
			}
		}
	}
}

func TestScoreIsThatOfNBest(t *testing.T) {
	for _, name := range []string{"nmt_nfkc", "suffix", "odd"} {
		m := openGolden(t, name)
		for _, text := range goldenTexts(t)[:150] {
			found, err := m.NBest(text, 5)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range found {
				score, err := m.Score(s.Tokens)
				if err != nil || math.Abs(float64(score-s.Score)) > 1e-3*max(1, math.Abs(float64(score))) {
					t.Errorf("%s: Score of %v of %q = %v, %v, want %v", name, s.IDs(), text, score, err, s.Score)
				}
			}
		}
	}
}

func TestOnlyUnigramModelsHaveMany(t *testing.T) {
	m := openGolden(t, "bpe_bytes")
	if _, err := m.NBest("a", 2); err == nil || !strings.Contains(err.Error(), "a BPE model has only one") {
		t.Error(err)
	}
	if _, err := m.Entropy("a", 1); err == nil {
		t.Error("a BPE model has an entropy")
	}
	if _, err := openGolden(t, "plain").NBest("a", 513); err == nil || !strings.Contains(err.Error(), "want at most 512") {
		t.Error(err)
	}
	if _, err := openGolden(t, "word").Sample("a", Sampling{}, random.New(1)); err == nil {
		t.Error("a word model samples")
	}
}
