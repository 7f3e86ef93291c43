package evalsuite

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// How the best constant caption of a language is looked for.
const (
	constantSamples  = 20_000 // of the training split at most, the first
	constantCaptions = 2_000  // of a language at most, the most frequent
	constantTries    = 16     // candidates that are scored
)

// trainedSplit is where constant captions come from.
const trainedSplit = "train"

// constantSource returns the captions of each language that a constant may be: those of the
// training split, most frequent first. A caption of the scored split would be right about its own
// image. Where the training split is what is scored, or there is none, they are those of the scored
// split.
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
		view, err := s.data.Select("key", "split", "texts")
		if err == nil {
			view, err = view.Where(shards.Equal("split", trainedSplit))
		}
		if err != nil {
			return nil, err
		}
		read := 0
		for sample, err := range view.Scan() {
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

// constants returns, by metric, the answers of the best constant caption of each language: of a few
// candidates, those most like the references on the whole and the most frequent, the one that
// scores best. Languages without a candidate get an empty caption.
func (c *captionScorer) constants(source map[string][]string) map[string][]string {
	byCIDEr, byExact := make([]string, len(c.items)), make([]string, len(c.items))
	for g, members := range c.groups {
		candidates := source[c.items[members[0]].Language]
		if len(candidates) == 0 {
			continue
		}
		tries := candidates[:min(len(candidates), constantTries/2)]
		tries = append(slices.Clone(tries), likest(candidates, c.references[g], constantTries/2)...)
		cider, exact := c.best(g, tries)
		for _, i := range members {
			byCIDEr[i], byExact[i] = cider, exact
		}
	}
	return map[string][]string{"caption_cider": byCIDEr, "caption_bleu4": byCIDEr, "caption_exact": byExact}
}

// best returns the candidates that score best as a constant for one language, by CIDEr and by exact
// match.
func (c *captionScorer) best(g int, candidates []string) (byCIDEr, byExact string) {
	members := c.groups[g]
	bestCIDEr, bestExact := -1.0, -1
	for j, tokens := range metrics.PTBTokenize(candidates) {
		constant := make([]string, len(members))
		exact := 0
		for k, i := range members {
			constant[k] = tokens
			if metrics.ExactMatch(candidates[j], c.items[i].References...) {
				exact++
			}
		}
		scores, err := metrics.CIDEr(constant, c.references[g])
		if err != nil {
			continue // a caption without a reference cannot be: each has its truths
		}
		if total := sum(scores); total > bestCIDEr {
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

// likest returns the n candidates whose tf-idf vectors of words and word pairs are most like those
// of all references together, likest first: near to CIDEr, but one pass over each list.
func likest(candidates []string, references [][]string, n int) []string {
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
	type liked struct {
		text string
		like float64
	}
	all := make([]liked, len(candidates))
	for i, tokens := range metrics.PTBTokenize(candidates) {
		weights := weigh(tokens)
		dot := 0.0
		for _, gram := range sortedKeys(weights) {
			dot += weights[gram] * centre[gram]
		}
		all[i] = liked{candidates[i], dot / norm(weights)}
	}
	slices.SortStableFunc(all, func(a, b liked) int { return cmp.Compare(b.like, a.like) })
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

// norm is the length of a vector, and 1 for one of zeros.
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
