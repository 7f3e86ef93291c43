package metrics

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

// someCaptions draws captions of few words, some of them empty and some with a phone number, which
// is one token and several words.
func someCaptions(random *random.Stream, n int) []string {
	words := strings.Fields("a the dog's cat (555)\u00a0555-1234 runs on grass , . Ärger 犬 U.S.")
	captions := make([]string, n)
	for i := range captions {
		var of []string
		for range random.IntN(9) {
			of = append(of, words[random.IntN(len(words))])
		}
		captions[i] = strings.Join(of, " ")
	}
	return captions
}

// plainCIDEr is CIDEr-D as its paper and cider_scorer.py have it, of tokenized captions.
func plainCIDEr(candidates []string, references [][]string) []float64 {
	grams := func(caption string, n int) map[string]float64 {
		words, counts := pythonFields(caption), map[string]float64{}
		for i := 0; i+n <= len(words); i++ {
			counts[strings.Join(words[i:i+n], " ")]++
		}
		return counts
	}
	scores := make([]float64, len(candidates))
	for n := 1; n <= 4; n++ {
		documents := map[string]float64{}
		for _, of := range references {
			seen := map[string]bool{}
			for _, reference := range of {
				for gram := range grams(reference, n) {
					seen[gram] = true
				}
			}
			for gram := range seen {
				documents[gram]++
			}
		}
		vector := func(caption string) (weights map[string]float64, norm float64) {
			weights = grams(caption, n)
			for gram, times := range weights {
				weights[gram] = times * (math.Log(float64(len(references))) - math.Log(max(1, documents[gram])))
				norm += weights[gram] * weights[gram]
			}
			return weights, math.Sqrt(norm)
		}
		for i := range candidates {
			weights, norm := vector(candidates[i])
			for _, reference := range references[i] {
				others, otherNorm := vector(reference)
				sum := 0.0
				for gram, weight := range weights {
					sum += min(weight, others[gram]) * others[gram]
				}
				if norm != 0 && otherNorm != 0 {
					sum /= norm * otherNorm
				}
				delta := float64(max(0, len(pythonFields(candidates[i]))-1) - max(0, len(pythonFields(reference))-1))
				scores[i] += sum * math.Exp(-delta*delta/72) / 4 / float64(len(references[i])) * 10
			}
		}
	}
	return scores
}

func TestReferences_ScoreAsDefined(t *testing.T) {
	random := random.New(5)
	for _, images := range []int{1, 2, 30, 900} {
		references := make([][]string, images)
		for i := range references {
			references[i] = someCaptions(random, 1+random.IntN(5))
		}
		candidates := someCaptions(random, images)
		r, err := NewReferences(references)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Score(candidates)
		if err != nil {
			t.Fatal(err)
		}
		tokens, tokenized := PTBTokenize(candidates), r.Tokens()
		want := plainCIDEr(tokens, tokenized)
		for i := range candidates {
			if !near(got.CIDEr[i], want[i], 1e-12) {
				t.Errorf("%d images, %q: CIDEr %v, want %v", images, tokens[i], got.CIDEr[i], want[i])
			}
			if want := CountBLEU(tokens[i], tokenized[i]); got.BLEU[i] != want {
				t.Errorf("%d images, %q: %v, want %v", images, tokens[i], got.BLEU[i], want)
			}
			if want := ROUGEL(tokens[i], tokenized[i]); got.ROUGEL[i] != want {
				t.Errorf("%d images, %q: ROUGE-L %v, want %v", images, tokens[i], got.ROUGEL[i], want)
			}
		}
		spaced, err := NewTokenizedReferences(tokenized)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := spaced.ScoreTokenized(tokens); err != nil || !slices.Equal(again.CIDEr, got.CIDEr) || !slices.Equal(again.ROUGEL, got.ROUGEL) {
			t.Errorf("%d images: tokenized captions score differently, %v", images, err)
		}
	}
}

func TestReferences_DoNotDependOnTheNumberOfCores(t *testing.T) {
	random := random.New(6)
	references := make([][]string, 5000)
	for i := range references {
		references[i] = someCaptions(random, 2)
	}
	candidates := someCaptions(random, len(references))
	var first CaptionScores
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(cores)
		r, err := NewReferences(references)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Score(candidates)
		if err != nil {
			t.Fatal(err)
		}
		if first.CIDEr == nil {
			first = got
		}
		if !slices.Equal(got.CIDEr, first.CIDEr) || !slices.Equal(got.BLEU, first.BLEU) || !slices.Equal(got.ROUGEL, first.ROUGEL) {
			t.Errorf("%d cores: other scores", cores)
		}
	}
}

func TestReferences_NameTheImageWithoutCaptions(t *testing.T) {
	if _, err := NewReferences([][]string{{"a"}, nil}); err == nil || !strings.Contains(err.Error(), "image 1 of 2") {
		t.Errorf("got %v", err)
	}
	r, err := NewReferences(nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := r.Score(nil); err != nil || len(s.CIDEr) != 0 {
		t.Errorf("no images: %v, %v", s, err)
	}
	if _, err := r.Score([]string{"a"}); err == nil {
		t.Error("a candidate for no image")
	}
}

func TestMatches_AreTheSameInMaps(t *testing.T) {
	random := random.New(7)
	draw := func(n int) []int32 {
		words := make([]int32, n)
		for i := range words {
			words[i] = int32(random.IntN(6))
		}
		return words
	}
	for range 200 {
		words, others := draw(random.IntN(30)), draw(random.IntN(30))
		var m, n matches
		m.self(words)
		m.compare(words, others)
		n.self(words)
		for k := range captionN {
			clear(n.times[k])
			clear(n.again[k])
		}
		n.selfByMap(words)
		n.compare(words, nil)
		n.compareByMap(words, others)
		for k := range captionN {
			if !slices.Equal(m.times[k], n.times[k]) || !slices.Equal(m.again[k], n.again[k]) || !slices.Equal(m.found[k], n.found[k]) {
				t.Fatalf("%v and %v, %d-grams: %v %v %v, in maps %v %v %v", words, others, k+1, m.times[k], m.again[k], m.found[k], n.times[k], n.again[k], n.found[k])
			}
		}
	}
}

func TestLongestCommon_OfShortAndLongTexts(t *testing.T) {
	random := random.New(8)
	for n := range 130 {
		a, b := make([]int, n), make([]int, random.IntN(100))
		for i := range a {
			a[i] = random.IntN(5)
		}
		for i := range b {
			b[i] = random.IntN(5)
		}
		lengths := make([][]int, len(a)+1)
		lengths[0] = make([]int, len(b)+1)
		for i := range a {
			lengths[i+1] = make([]int, len(b)+1)
			for j := range b {
				if lengths[i+1][j+1] = max(lengths[i][j+1], lengths[i+1][j]); a[i] == b[j] {
					lengths[i+1][j+1] = lengths[i][j] + 1
				}
			}
		}
		if got, want := longestCommon(a, b), lengths[len(a)][len(b)]; got != want {
			t.Errorf("%d words: got %d, want %d", n, got, want)
		}
	}
}

func TestPTBTokenize_InChunksAsInOne(t *testing.T) {
	captions := make([]string, 6000)
	for i := range captions {
		captions[i] = fmt.Sprintf("A man's dog runs on the grass of the U.S. at %d Main St. with Jones Inc.", i)
		switch i % 20 { // markup that goes over many captions, so also over the borders of chunks
		case 3:
			captions[i] += " <a b='"
		case 17:
			captions[i] = "'> " + captions[i]
		}
	}
	text, starts := ptbText(captions)
	if len(starts) < 4 {
		t.Fatalf("only %d chunks", len(starts)-1)
	}
	one := &ptbLines{}
	whole := ptbScan{text: text, sink: one}
	l := ptbLexers.Get().(*ptbLexer)
	whole.to(l, len(text))
	ptbLexers.Put(l)
	one.endCaption()
	if got := PTBTokenize(captions); !slices.Equal(got, one.lines) {
		t.Errorf("%d captions, want %d", len(got), len(one.lines))
	}
}

func FuzzReferences(f *testing.F) {
	f.Add("a dog runs on the grass", "A dog's (555) 555-1234.", "犬 が 走る", "")
	f.Add("<a b='\n'> U.S.", "\u00a0", "a\r\nb", strings.Repeat("the cat ", 300))
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		references, candidates := [][]string{{a, b}, {c}, {b, d, a}}, []string{c, c, d}
		r, err := NewReferences(references)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Score(candidates)
		if err != nil {
			t.Fatal(err)
		}
		tokens, tokenized := PTBTokenize(candidates), r.Tokens()
		want := plainCIDEr(tokens, tokenized)
		for i := range candidates {
			if s := got.CIDEr[i]; !near(s, want[i], 1e-9) || s < 0 || s > 10+1e-9 {
				t.Errorf("%q: CIDEr %v, want %v", tokens[i], s, want[i])
			}
			if want := CountBLEU(tokens[i], tokenized[i]); got.BLEU[i] != want {
				t.Errorf("%q: %+v, want %+v", tokens[i], got.BLEU[i], want)
			}
			if want := ROUGEL(tokens[i], tokenized[i]); got.ROUGEL[i] != want {
				t.Errorf("%q: ROUGE-L %v, want %v", tokens[i], got.ROUGEL[i], want)
			}
		}
	})
}
