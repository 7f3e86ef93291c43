package metrics

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzNormalizeLenient checks that white space is single and UTF-8 stays UTF-8.
func FuzzNormalizeLenient(f *testing.F) {
	for _, s := range []string{"1,234.5e-3", "977,633", "27 percent", "-", ".", "İΣ\xff", "\x00", "½%", "1_0", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n := NormalizeLenient(text); strings.Contains(n, "  ") || utf8.ValidString(text) && !utf8.ValidString(n) {
			t.Errorf("%q gives %q", text, n)
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
