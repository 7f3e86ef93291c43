package benchmarks

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

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
	about, own := "METEOR 1.5 with its tables", ""
	if scorer.Name() == exactStem {
		about = "METEOR 1.5 by equal words and stems alone, which is no METEOR: --meteor-data names its tables"
		own = "METEOR without its tables is no METEOR: name them by --meteor-data"
	}
	return Metric{
		Name: scorer.Name(), About: about, Own: own, Source: "tylin/coco-caption, pycocoevalcap/meteor; Denkowski and Lavie, WMT 2014",
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

// languageMetrics are those of captions in many languages, each a corpus of its own.
var languageMetrics = []Metric{
	{
		Name: "cider", About: "CIDEr-D on Penn Treebank tokens, mean of 35 languages, without Cusco Quechua", Max: 10,
		Source: "google-research/big_vision 11eea57, evaluators/proj/paligemma/transfers/coco_caption.py by language; Chen et al., PaLI, ICLR 2023, XM3600", All: ciderOf35,
	},
	{
		Name: "cider_36", About: "CIDEr-D on Penn Treebank tokens, mean of all languages", Max: 10,
		Source: "google-research/big_vision 11eea57, evaluators/proj/paligemma/transfers/coco_caption.py by language", All: cider,
	},
}

// ciderTokenized compares captions that are tokenised as the owner of Crossmodal-3600 does, with
// the references that the owner tokenised.
var ciderTokenized = Metric{
	Name: "cider_tokenized", About: "CIDEr-D of predictions that are tokenised, with the owner's tokenised references in lower case, mean of 35 languages", Max: 10,
	Source: "Thapliyal et al., EMNLP 2022, caption/tokenized/lowercase of captions.jsonl; tylin/coco-caption, pycocoevalcap/cider", All: tokenizedCIDEr,
}

// quechua is in Crossmodal-3600, and neither in the data that models are trained on nor in the
// means that they report.
const quechua = "quz"

// ciderOf35 is cider without Cusco Quechua.
func ciderOf35(c *Corpus) ([]float64, error) {
	values, err := cider(c)
	return withoutQuechua(c, slices.Clone(values)), err
}

func withoutQuechua(c *Corpus, values []float64) []float64 {
	for n := range values {
		if c.Items[n].Language == quechua {
			values[n] = math.NaN()
		}
	}
	return values
}

// tokenizedCIDEr scores predictions by their words between spaces, in lower case. Items without
// tokenised references do not count.
func tokenizedCIDEr(c *Corpus) ([]float64, error) {
	var items []int
	var languages, predictions []string
	var references [][]string
	values := make([]float64, len(c.Items))
	for n := range c.Items {
		values[n] = math.NaN()
		if tokenized := c.Items[n].List("tokenized"); len(tokenized) > 0 {
			items, references = append(items, n), append(references, tokenized)
			languages, predictions = append(languages, c.Items[n].Language), append(predictions, strings.ToLower(c.Items[n].Prediction))
		}
	}
	of, err := captions.NewTokenized(languages, references)
	if err != nil {
		return nil, err
	}
	scores, err := of.ScoreTokenized(predictions)
	if err != nil {
		return nil, err
	}
	for at, n := range items {
		values[n] = scores.CIDEr[at]
	}
	return withoutQuechua(c, values), nil
}

// byLanguage are the slices of captions in many languages: each language, and the seven that PaLI
// reports one by one.
var byLanguage = []Slice{
	{Name: "language", Of: func(i *Item) string { return i.Language }},
	{Name: "group", Of: func(i *Item) string {
		if slices.Contains([]string{"en", "fr", "hi", "he", "iw", "ro", "th", "zh"}, i.Language) {
			return "7 languages of PaLI"
		}
		return ""
	}},
}
