package benchmarks

import (
	"context"
	"fmt"
	"slices"

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
			t, err := once(c, "tokens", tokens)
			if err != nil {
				return nil, err
			}
			counts, err := scorer.Captions(context.Background(), t.candidates, t.references)
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

// captionTokens are captions, tokenised.
type captionTokens struct {
	candidates []string
	references [][]string
}

// tokens tokenises all predictions, and apart from them all references: a line can depend on the
// next one.
func tokens(items []Item) (captionTokens, error) {
	candidates, references := make([]string, len(items)), []string(nil)
	for n := range items {
		candidates[n] = items[n].Prediction
		references = append(references, items[n].References...)
	}
	t := captionTokens{metrics.PTBTokenize(candidates), make([][]string, len(items))}
	references = metrics.PTBTokenize(references)
	for n := range items {
		of := len(items[n].References)
		t.references[n], references = references[:of:of], references[of:]
	}
	return t, nil
}

// cider returns the CIDEr-D of each caption, among those of its language.
func cider(c *Corpus) ([]float64, error) {
	t, err := once(c, "tokens", tokens)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(c.Items))
	for _, of := range byLanguages(c.Items) {
		candidates, references := make([]string, len(of)), make([][]string, len(of))
		for at, n := range of {
			candidates[at], references[at] = t.candidates[n], t.references[n]
		}
		scores, err := metrics.CIDEr(candidates, references)
		if err != nil {
			return nil, fmt.Errorf("cider: %w", err)
		}
		for at, n := range of {
			values[n] = scores[at]
		}
	}
	return values, nil
}

// rougeL returns the ROUGE-L of each caption.
func rougeL(c *Corpus) ([]float64, error) {
	t, err := once(c, "tokens", tokens)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(c.Items))
	for n := range values {
		values[n] = metrics.ROUGEL(t.candidates[n], t.references[n])
	}
	return values, nil
}

// byLanguages groups the numbers of items by language.
func byLanguages(items []Item) (groups [][]int) {
	var languages []string
	for n := range items {
		at := slices.Index(languages, items[n].Language)
		if at < 0 {
			at = len(languages)
			languages, groups = append(languages, items[n].Language), append(groups, nil)
		}
		groups[at] = append(groups[at], n)
	}
	return groups
}

// bleu is the BLEU of the corpus with n-grams up to n.
func bleu(n int) Metric {
	return Metric{
		Name: fmt.Sprintf("bleu_%d", n), About: fmt.Sprintf("BLEU of the corpus with n-grams up to %d", n),
		Source: "tylin/coco-caption, pycocoevalcap/bleu; Papineni et al., ACL 2002",
		Statistic: func(c *Corpus) (func([]int) float64, error) {
			counts, err := once(c, "bleu", bleuCounts(c))
			if err != nil {
				return nil, err
			}
			return func(chosen []int) float64 {
				var sum metrics.BLEUCounts
				for _, i := range chosen {
					sum.Add(counts[i])
				}
				return sum.Scores()[n-1]
			}, nil
		},
	}
}

func bleuCounts(c *Corpus) func([]Item) ([]metrics.BLEUCounts, error) {
	return func(items []Item) ([]metrics.BLEUCounts, error) {
		t, err := once(c, "tokens", tokens)
		if err != nil {
			return nil, err
		}
		counts := make([]metrics.BLEUCounts, len(items))
		for n := range items {
			counts[n] = metrics.CountBLEU(t.candidates[n], t.references[n])
		}
		return counts, nil
	}
}
