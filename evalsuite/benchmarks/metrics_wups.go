package benchmarks

import (
	"fmt"
	"slices"

	"github.com/pali3/pali3/evalsuite/internal/wups"
)

// NLTK39 is the protocol of WUPS as a current NLTK computes it.
const NLTK39 = "nltk-3.9"

const nextOE = "doc-doc/NExT-OE, eval_oe.py and metrics.py"

// WithWordNet returns the benchmark with the score WUPS of short answers in front, by the owner's
// rule, with the tables in a folder: WordNet 3.0, NLTK's tagger of English and its finder of
// sentences, as NLTK's own folder of data has them. The same scores by NLTK 3.9 are a protocol. It
// returns an error if the benchmark is not scored by WUPS, or if a file is missing or wrong.
func (b Benchmark) WithWordNet(dir string) (Benchmark, error) {
	if b.Name != nextqaOE.Name {
		return b, fmt.Errorf("%s is not scored by WUPS, which needs WordNet", b.Name)
	}
	scorer, err := wups.Open(dir)
	if err != nil {
		return b, err
	}
	b.Metrics = append(wupsMetrics(scorer, ", with NLTK 3.3 and pywsd 1.2.4, which its requirements.txt names"), b.Metrics...)
	b.Protocols = append(slices.Clone(b.Protocols), Protocol{NLTK39, "nltk/nltk 3.9.1", wupsMetrics(scorer.By(wups.NLTK39), ", with NLTK 3.9 and pywsd 1.2.4")})
	return b, nil
}

// wupsMetrics are WUPS without and with a threshold.
func wupsMetrics(scorer *wups.Scorer, with string) []Metric {
	metric := func(name, about string, threshold float64) Metric {
		return Metric{Name: name, About: about, Source: nextOE + with, Each: func() func(*Item) float64 {
			return func(i *Item) float64 { return wupsOf(scorer, i, threshold) }
		}}
	}
	return []Metric{
		metric("wups", "similarity of words in WordNet; counts and yes or no are equal or not", 0),
		metric("wups_9", "the same, a similarity below 0.9 counting a tenth", 0.9),
	}
}

// wupsOf scores an answer. Those to questions of the types DC (how many) and DB (yes or no) are
// equal or not.
func wupsOf(scorer *wups.Scorer, i *Item, threshold float64) float64 {
	switch kind := i.Field("type"); {
	case i.Error != "":
		return 0
	case kind == "DC" || kind == "DB":
		return one(scorer.Equal(i.Prediction, i.References))
	}
	return scorer.Score(i.Prediction, i.References, threshold)
}
