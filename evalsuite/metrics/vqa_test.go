package metrics

import (
	"fmt"
	"testing"

	"github.com/pali3/pali3/random"
)

// slowVQA is VQAAccuracy written as its comment says it, answer by answer.
func slowVQA(prediction string, answers []string) float64 {
	var clean []string
	same := true
	for _, answer := range answers {
		clean = append(clean, pythonStrip(lineBreaks.Replace(answer)))
		same = same && clean[len(clean)-1] == clean[0]
	}
	prediction = pythonStrip(lineBreaks.Replace(prediction))
	if !same {
		prediction = officialVQA.process(prediction)
		for i := range clean {
			clean[i] = officialVQA.process(clean[i])
		}
	}
	sum := 0.0
	for left := range clean {
		equal := 0.0
		for i, answer := range clean {
			if i != left && answer == prediction {
				equal++
			}
		}
		sum += min(1, equal/3)
	}
	return sum / float64(len(clean))
}

func TestVQAAccuracy_AsItsSlowTwin(t *testing.T) {
	forms := []string{"yes", "Yes", "yes.", " yes", "two", "2", "a dog", "the dog", "dog", "dont", "don't", "1,000", "1000", "", "\n", "red/blue", "red blue", "É", "isnt it", "none", "a", "\u00a0dog"}
	draw := random.New(1)
	for n := range 20_000 {
		answers := make([]string, 2+draw.IntN(11)*(1+n%2))
		some := 1 + draw.IntN(len(forms))
		for i := range answers {
			if answers[i] = forms[draw.IntN(some)]; n%7 == 0 {
				answers[i] = fmt.Sprint(i, answers[i]) // more different answers than usual
			}
		}
		prediction := forms[draw.IntN(some)]
		if got, want := VQAAccuracy(prediction, answers), slowVQA(prediction, answers); got != want {
			t.Fatalf("%q of %q: %v, want %v", prediction, answers, got, want)
		}
	}
}

// TestVQAWords_AsAllWords compares the short way for plain words with the official processing.
func TestVQAWords_AsAllWords(t *testing.T) {
	var words []string
	for word := range vqaNumbers {
		words = append(words, word)
	}
	for word := range vqaContractions {
		words = append(words, word)
	}
	words = append(words, "a", "an", "the", "dog", "", "ones", "t", "its", "'")
	for _, word := range words {
		want := word
		if digits, ok := vqaNumbers[word]; ok {
			want = digits
		} else if full, ok := vqaContractions[word]; ok {
			want = full
		} else if word == "a" || word == "an" || word == "the" {
			want = ""
		}
		if got := officialVQA.process(word); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
		if got := officialVQA.process(word + " x"); got != joined(want, "x") {
			t.Errorf("%q before another word: %q", word, got)
		}
	}
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}
