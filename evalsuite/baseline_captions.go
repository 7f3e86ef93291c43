package evalsuite

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	corpora "github.com/pali3/pali3/evalsuite/internal/captions"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// Limits of the search for the best constant caption of a language.
const (
	constantSamples  = 20_000 // samples of the training split, the first ones
	constantCaptions = 2_000  // captions of a language, the most frequent ones
	constantTries    = 16     // candidates to score
)

// trainedSplit is where constant captions come from.
const trainedSplit = "train"

// constantSource returns the candidates for a constant caption of each language, most frequent
// first. They are captions of the training split, because a caption of the scored split would be
// right for its own image. If the training split is scored, or there is none, they are captions of
// the scored split.
func constantSource(ctx context.Context, s *split, t mixture.Task) (map[string][]string, error) {
	counts := map[string]map[string]int{}
	add := func(sample *shards.Sample) {
		for _, ask := range s.registry.Asks(t, sample) {
			if counts[ask.Language] == nil {
				counts[ask.Language] = map[string]int{}
			}
			for _, text := range ask.Truths {
				counts[ask.Language][strings.Clone(text)]++
			}
		}
	}
	if s.name != trainedSplit && s.name != AllSplits {
		read := 0
		for sample, err := range scanSplit(s.data, trainedSplit, "key", "split", "texts") {
			if err != nil {
				return nil, err
			}
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			add(sample)
			if read++; read == constantSamples {
				break
			}
		}
	}
	if len(counts) == 0 {
		for i := range s.samples[:min(len(s.samples), constantSamples)] {
			add(&s.samples[i])
		}
	}
	return mostFrequent(counts), nil
}

func mostFrequent(counts map[string]map[string]int) map[string][]string {
	all := map[string][]string{}
	for language, texts := range counts {
		list := make([]string, 0, len(texts))
		for text := range texts {
			list = append(list, text)
		}
		slices.SortFunc(list, func(a, b string) int { return cmp.Or(texts[b]-texts[a], strings.Compare(a, b)) })
		all[language] = list[:min(len(list), constantCaptions)]
	}
	return all
}

// constants returns the best constant caption of each item's language, by CIDEr and by exact match.
// It scores a few candidates: the most frequent ones and those most similar to all references. A
// language without a candidate gets an empty caption.
func (c *captionScorer) constants(source map[string][]string) (byCIDEr, byExact []string) {
	byCIDEr, byExact = make([]string, len(c.items)), make([]string, len(c.items))
	for n := range c.corpus.Languages {
		language := &c.corpus.Languages[n]
		candidates := source[language.Name]
		if len(candidates) == 0 {
			continue
		}
		tries := candidates[:min(len(candidates), constantTries/2)]
		tries = append(slices.Clone(tries), mostSimilar(candidates, language.References.Tokens(), constantTries/2)...)
		cider, exact := c.best(language, tries)
		for _, i := range language.Items {
			byCIDEr[i], byExact[i] = cider, exact
		}
	}
	return byCIDEr, byExact
}

// best returns the candidates that score best as the constant caption of a language, by CIDEr and
// by exact match.
func (c *captionScorer) best(language *corpora.Language, candidates []string) (byCIDEr, byExact string) {
	bestCIDEr, bestExact := -1.0, -1
	for j, tokens := range metrics.PTBTokenize(candidates) {
		exact := 0
		for _, i := range language.Items {
			if metrics.ExactMatch(candidates[j], c.items[i].References...) {
				exact++
			}
		}
		scores, err := language.References.ScoreTokenized(slices.Repeat([]string{tokens}, len(language.Items)))
		if err != nil {
			continue // cannot happen: there is a caption for each item
		}
		if total := sum(scores.CIDEr); total > bestCIDEr {
			bestCIDEr, byCIDEr = total, candidates[j]
		}
		if exact > bestExact {
			bestExact, byExact = exact, candidates[j]
		}
	}
	return byCIDEr, byExact
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// mostSimilar returns the n candidates whose tf-idf vectors of words and word pairs are most
// similar to the mean of the references', most similar first. It approximates CIDEr in one pass
// over each list.
func mostSimilar(candidates []string, references [][]string, n int) []string {
	documents := map[string]float64{}
	for _, refs := range references {
		seen := map[string]bool{}
		for _, ref := range refs {
			for gram := range shortGrams(ref) {
				seen[gram] = true
			}
		}
		for gram := range seen {
			documents[gram]++
		}
	}
	weigh := func(text string) map[string]float64 {
		grams := shortGrams(text)
		for gram, count := range grams {
			grams[gram] = count * (math.Log(float64(len(references))) - math.Log(max(1, documents[gram])))
		}
		return grams
	}
	centre := map[string]float64{}
	for _, refs := range references {
		for _, ref := range refs {
			weights := weigh(ref)
			length := norm(weights)
			for gram, weight := range weights {
				centre[gram] += weight / length / float64(len(refs))
			}
		}
	}
	type candidate struct {
		text       string
		similarity float64
	}
	all := make([]candidate, len(candidates))
	for i, tokens := range metrics.PTBTokenize(candidates) {
		weights := weigh(tokens)
		dot := 0.0
		for _, gram := range sortedKeys(weights) {
			dot += weights[gram] * centre[gram]
		}
		all[i] = candidate{candidates[i], dot / norm(weights)}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.similarity, a.similarity) })
	var texts []string
	for _, one := range all[:min(n, len(all))] {
		texts = append(texts, one.text)
	}
	return texts
}

// shortGrams counts the words and word pairs of a tokenized text.
func shortGrams(text string) map[string]float64 {
	words := strings.Fields(text)
	counts := map[string]float64{}
	for i, word := range words {
		counts[word]++
		if i > 0 {
			counts[words[i-1]+" "+word]++
		}
	}
	return counts
}

// norm returns the length of a vector, or 1 if it is zero.
func norm(weights map[string]float64) float64 {
	squares := 0.0
	for _, gram := range sortedKeys(weights) {
		squares += weights[gram] * weights[gram]
	}
	if squares == 0 {
		return 1
	}
	return math.Sqrt(squares)
}

func sortedKeys(m map[string]float64) []string { return slices.Sorted(maps.Keys(m)) }
