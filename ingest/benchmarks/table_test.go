package benchmarks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPythonStrings_ReadsListsOfPythonAndJSON(t *testing.T) {
	for text, want := range map[string][]string{
		`['a', "b's", 'c\'d', '\x41\u00e9', 3, -1.5]`: {"a", "b's", "c'd", "Aé", "3", "-1.5"},
		`["a","b"]`: {"a", "b"}, `[]`: nil, `['a',]`: {"a"}, ` [ '\frac' ] `: {`\frac`}, `["\ud83d\ude00"]`: {"😀"}, `['$\\alpha$']`: {`$\alpha$`},
	} {
		if got, ok := pythonStrings(text); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", text, got, ok)
		}
	}
	for _, text := range []string{``, `a`, `[`, `['`, `['a'`, `['a' 'b']`, `[,]`, `[a]`, `['\x4']`, `['a'],`, `['\ud800']`, `[null]`} {
		if got, ok := pythonStrings(text); ok {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// FuzzPythonStrings parses lists as Python writes them, and compares those of JSON with JSON.
func FuzzPythonStrings(f *testing.F) {
	for _, s := range []string{`['a', "b's", 'c\'d', '\x41\u00e9', 3, -1.5]`, `[]`, `["a",]`, `[,]`, `['`, `["\u12"]`, `[1,,2]`, ` [ 'a' ] `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, ok := pythonStrings(text)
		var want []string
		plain := utf8.ValidString(text) && !strings.Contains(text, `\`) && !strings.Contains(text, "null")
		if plain && json.Unmarshal([]byte(text), &want) == nil && (!ok || !slices.Equal(all, want)) {
			t.Errorf("%q: %q, %v, want %q", text, all, ok, want)
		}
	})
}
