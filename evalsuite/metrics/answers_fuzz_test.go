package metrics

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRules runs every rule on a response: no panic, a score from 0 to 1, an answer only if parsed,
// and the lenient score not below the official one where it is made from that.
func FuzzRules(f *testing.F) {
	for _, s := range []string{
		"The answer is (B).", "yes", "no.", "1,234.5e-3", "977,633", "27 percent", "-", ".", "answer is a", "İΣ\xff", "\x00", "Z", "答案是A", "A", "½%", "1_0", "",
	} {
		f.Add(s, "blue", "the 5% dog")
	}
	f.Fuzz(func(t *testing.T, response, a, b string) {
		q := Question{Answers: []string{a, b}, Choices: []string{a, b, response}}
		for _, metric := range RuleMetrics() {
			official := 0.0
			for _, rule := range Rules(metric) {
				got := rule.Score(response, q)
				if math.IsNaN(got.Score) || got.Score < 0 || got.Score > 1 || !got.Parsed && got.Answer != "" || got.Parsed == (got.Reason != "") {
					t.Errorf("%s by %s of %q: %+v", metric, rule.Protocol, response, got)
				}
				switch rule.Protocol {
				case Official:
					official = got.Score
				case Lenient:
					if rule.Source == "NormalizeLenient" && got.Score < official {
						t.Errorf("%s: lenient %v, official %v", metric, got.Score, official)
					}
				}
			}
		}
		if n := NormalizeLenient(response); strings.Contains(n, "  ") || utf8.ValidString(response) && !utf8.ValidString(n) {
			t.Errorf("%q gives %q", response, n)
		}
	})
}

// FuzzEditDistance compares the banded distance with the plain recurrence.
func FuzzEditDistance(f *testing.F) {
	f.Add("kitten", "sitting", 3)
	f.Add("", "abc", 2)
	f.Add("abcdef", "badcfe", 6)
	f.Fuzz(func(t *testing.T, a, b string, limit int) {
		if len(a) > 200 || len(b) > 200 || limit < 0 || limit > 400 {
			return
		}
		want := plainDistance([]byte(a), []byte(b))
		if got := editDistance([]byte(a), []byte(b)); got != want {
			t.Errorf("%q, %q: %d, want %d", a, b, got, want)
		}
		got, within := editDistanceWithin([]byte(a), []byte(b), limit)
		if within != (want <= limit) || within && got != want {
			t.Errorf("%q, %q within %d: %d, %v, want %d", a, b, limit, got, within, want)
		}
	})
}

func plainDistance(a, b []byte) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range b {
			next[j+1] = 1 + min(row[j+1], next[j])
			if a[i] == b[j] {
				next[j+1] = min(next[j+1], row[j])
			} else {
				next[j+1] = min(next[j+1], 1+row[j])
			}
		}
		row = next
	}
	return row[len(b)]
}
