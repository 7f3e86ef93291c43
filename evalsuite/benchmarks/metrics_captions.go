package benchmarks

import (
	"context"
	"fmt"
	"slices"

	"github.com/pali3/pali3/evalsuite/internal/captions"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/meteor"
)

// captionMetrics are those of COCO's caption evaluation. Captions are tokenised by the rules of the
// Penn Treebank, as its Java tokeniser does. Each language is a corpus of its own.
var captionMetrics = []Metric{
	{Name: "cider", About: "CIDEr-D on Penn Treebank tokens", Max: 10, Source: "tylin/coco-caption, pycocoevalcap/cider; Vedantam et al., CVPR 2015", All: cider},
	bleu(1), bleu(2), bleu(3), bleu(4),
	{Name: "rouge_l", About: "ROUGE-L on Penn Treebank tokens", Source: "tylin/coco-caption, pycocoevalcap/rouge; Lin, ACL 2004", All: rougeL},
	METEOR(meteor.ExactStem()),
}

// METEOR is the METEOR of English captions, a score of the corpus, on Penn Treebank tokens. The
// scorer with METEOR's tables takes the place of the one without in a list of metrics
// ([Benchmark.WithMETEOR]).
func METEOR(scorer *meteor.Scorer) Metric {
	about := "METEOR 1.5 with its tables"
	if scorer.Name() == exactStem {
		about = "METEOR 1.5 by equal words and stems alone, which is no METEOR: --meteor-data names its tables"
	}
	return Metric{
		Name: scorer.Name(), About: about, Source: "tylin/coco-caption, pycocoevalcap/meteor; Denkowski and Lavie, WMT 2014",
		Statistic: func(c *Corpus) (func([]int) float64, error) {
			of, err := once(c, "captions", captionCorpus)
			if err != nil {
				return nil, err
			}
			counts, _, err := of.METEOR(context.Background(), scorer, predictionsOf(c.Items))
			if err != nil {
				return nil, err
			}
			return func(chosen []int) float64 {
				var sum meteor.Counts
				for _, i := range chosen {
					sum.Add(counts[i])
				}
				return sum.Score()
			}, nil
		},
	}
}

const exactStem = "meteor_exact_stem"

// WithMETEOR returns the benchmark with METEOR by the scorer in place of METEOR without tables. It
// returns an error if the benchmark is not scored by METEOR.
func (b Benchmark) WithMETEOR(scorer *meteor.Scorer) (Benchmark, error) {
	b.Metrics = slices.Clone(b.Metrics)
	for n := range b.Metrics {
		if b.Metrics[n].Name == exactStem {
			b.Metrics[n] = METEOR(scorer)
			return b, nil
		}
	}
	return b, fmt.Errorf("%s is not scored by METEOR", b.Name)
}

// captionCorpus tokenises the references of items.
func captionCorpus(items []Item) (*captions.Corpus, error) {
	languages, references := make([]string, len(items)), make([][]string, len(items))
	for n := range items {
		languages[n], references[n] = items[n].Language, items[n].References
	}
	return captions.New(languages, references)
}

func predictionsOf(items []Item) []string {
	predictions := make([]string, len(items))
	for n := range items {
		predictions[n] = items[n].Prediction
	}
	return predictions
}

// captionScores scores the captions, those of each language as a corpus of its own.
func captionScores(c *Corpus) (metrics.CaptionScores, error) {
	of, err := once(c, "captions", captionCorpus)
	if err != nil {
		return metrics.CaptionScores{}, err
	}
	return once(c, "caption scores", func(items []Item) (metrics.CaptionScores, error) { return of.Score(predictionsOf(items)) })
}

// cider returns the CIDEr-D of each caption.
func cider(c *Corpus) ([]float64, error) {
	scores, err := captionScores(c)
	return scores.CIDEr, err
}

// rougeL returns the ROUGE-L of each caption.
func rougeL(c *Corpus) ([]float64, error) {
	scores, err := captionScores(c)
	return scores.ROUGEL, err
}

// bleu is the BLEU of the corpus with n-grams up to n.
func bleu(n int) Metric {
	return Metric{
		Name: fmt.Sprintf("bleu_%d", n), About: fmt.Sprintf("BLEU of the corpus with n-grams up to %d", n),
		Source: "tylin/coco-caption, pycocoevalcap/bleu; Papineni et al., ACL 2002",
		Statistic: func(c *Corpus) (func([]int) float64, error) {
			scores, err := captionScores(c)
			if err != nil {
				return nil, err
			}
			return func(chosen []int) float64 {
				var sum metrics.BLEUCounts
				for _, i := range chosen {
					sum.Add(scores.BLEU[i])
				}
				return sum.Scores()[n-1]
			}, nil
		},
	}
}
