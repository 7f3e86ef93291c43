package charsmap_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/internal/charsmap"
)

// TestNamed_MatchesReference compares a digest of all rules with the rules in the C++ library.
func TestNamed_MatchesReference(t *testing.T) {
	data, err := os.ReadFile("testdata/charsmaps.golden")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var name, digest string
		var count int
		if _, err := fmt.Sscan(line, &name, &count, &digest); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			rules, err := charsmap.Named(name)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.New()
			for _, key := range slices.Sorted(maps.Keys(rules)) {
				fmt.Fprintf(sum, "%x %x\n", key, rules[key])
			}
			if got := fmt.Sprintf("%x", sum.Sum(nil)); len(rules) != count || got != digest {
				t.Errorf("%d rules with digest %s, want %d with %s", len(rules), got, count, digest)
			}
			m, err := charsmap.CompileNamed(name)
			if err != nil {
				t.Fatal(err)
			}
			for key, value := range rules {
				if got, n := m.Match(key + "\u2603"); got != value || n != len(key) {
					t.Fatalf("Match(%+q) = %q, %d; want %q, %d", key, got, n, value, len(key))
				}
			}
			if n := len(m.Blob()); n > 300_000 {
				t.Errorf("the blob has %d bytes; the reference's has some 240,000", n)
			}
		})
	}
}

func TestMatch_TakesLongestRule(t *testing.T) {
	m, err := charsmap.Compile(charsmap.Rules{"a": "1", "abc": "3", "é": "e", "-": "", "\u200d": " "})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text, want string
		n          int
	}{
		{"a", "1", 1}, {"ab", "1", 1}, {"abc", "3", 3}, {"abcd", "3", 3}, {"b", "", 0}, {"", "", 0}, {"éa", "e", 2},
		{"-", "", 1}, {"\u200d", " ", 3}, {"\x00", "", 0}, {"a\x00", "1", 1}, {"\xff", "", 0}, {"\xc3", "", 0},
	} {
		if got, n := m.Match(c.text); got != c.want || n != c.n {
			t.Errorf("Match(%q) = %q, %d; want %q, %d", c.text, got, n, c.want, c.n)
		}
	}
}

func TestReadTSV(t *testing.T) {
	rules, err := charsmap.ReadTSV(strings.NewReader("41 302 300\t1EA6\t# comment\n200B\nU+42\t62 63\n42\t7a\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (charsmap.Rules{"A\u0302\u0300": "\u1ea6", "\u200b": "", "B": "z"}); !maps.Equal(rules, want) {
		t.Errorf("rules %+q, want %+q", rules, want)
	}
	for _, c := range []struct{ text, want string }{
		{"41\t62\nxyz\t61", `line 2: "xyz" is not a code point`}, {"\t61", "line 1: no code points"}, {"D800\t61", "line 1: D800 is not a character"},
		{"0\t61", "line 1: 0 is not"}, {"110000\t1", "line 1"}, {"41\t-1", "line 1"},
	} {
		if _, err := charsmap.ReadTSV(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ReadTSV(%q): %v, want %q", c.text, err, c.want)
		}
	}
}

func TestCompile_RejectsBadRules(t *testing.T) {
	deep := charsmap.Rules{}
	for n := 1; n <= 32; n++ {
		deep[strings.Repeat("a", n)] = "b"
	}
	for _, c := range []struct {
		rules charsmap.Rules
		want  string
	}{
		{charsmap.Rules{"": "a"}, "nothing to replace"}, {charsmap.Rules{"a": "a"}, "replaces a string by itself"},
		{charsmap.Rules{"a": "\xff"}, "not UTF-8"}, {charsmap.Rules{"a\x00": "b"}, "NUL"}, {deep, "prefixes"},
	} {
		if _, err := charsmap.Compile(c.rules); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Compile(%q): %v, want %q", c.rules, err, c.want)
		}
	}
	if _, err := charsmap.Named("nfkd"); err == nil || !strings.Contains(err.Error(), "identity, nfkc, nfkc_cf") {
		t.Errorf("Named(nfkd): %v", err)
	}
}

// FuzzCompile makes rules of fuzzed lines and compares Match with a search for every prefix.
func FuzzCompile(f *testing.F) {
	f.Add("a\tb\nab\tc\n\u00e9\te", "abc\u00e9")
	f.Add("\u1100\u1161\t\uac00\n\u1100\u1161\u11a8\t\uac01", "\u1100\u1161\u11a8x")
	f.Fuzz(func(t *testing.T, lines, text string) {
		rules := charsmap.Rules{}
		for line := range strings.SplitSeq(lines, "\n") {
			from, to, _ := strings.Cut(line, "\t")
			rules[from] = to
		}
		m, err := charsmap.Compile(rules)
		if err != nil {
			return
		}
		want, consumed := "", 0
		for n := 1; n <= len(text); n++ {
			if to, ok := rules[text[:n]]; ok {
				want, consumed = to, n
			}
		}
		if got, n := m.Match(text); got != want || n != consumed || !utf8.ValidString(got) {
			t.Errorf("Match(%q) = %q, %d; want %q, %d", text, got, n, want, consumed)
		}
	})
}
