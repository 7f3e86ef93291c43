package contamination

import (
	"strings"
	"testing"
)

// FuzzTexts searches any text for any other by all rules. A text of at least 8 words is found in
// itself, whatever is around it.
func FuzzTexts(f *testing.F) {
	for _, seed := range [][2]string{
		{long, "x " + long}, {"猫は黒い写真の中で犬が走る", "猫が"}, {strings.Repeat("a ", 40), strings.Repeat("a ", 60)},
		{"e\u0301 \xff \u200b a b c d e f g h", "\u0301"}, {"", ""}, {"it's 8 words of text that are it", "its 8 words"},
	} {
		f.Add(seed[0], seed[1])
	}
	rules, err := rulesNamed([]string{"all"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, benchmark, train string) {
		x := newTextIndex(rules)
		n := x.add(benchmark)
		x.addWhole(train)
		x.build()
		s := x.search()
		s.text(train, inText(0))
		s.question(benchmark, []string{train, benchmark}, inQuestion(1))
		for _, hit := range s.hits {
			if hit.length > 0 {
				x.words.Text(int(hit.text), hit.from, hit.length)
			}
			if hit.covered != nil {
				c := newCoverage(x.words, int(hit.text), hit.rule == PaLM)
				for _, r := range hit.covered {
					c.add(int(r[0]), int(r[1]))
				}
				if share := c.share(); share <= 0 || share > 1 {
					t.Errorf("%s: a share of %v", hit.rule, share)
				}
			}
		}
		s.hits = nil
		s.text(train+" . "+benchmark, inText(2))
		found := false
		for _, hit := range s.hits {
			found = found || hit.rule == GPT3 && hit.text == n
		}
		if n >= 0 && x.words.Length(int(n)) >= gramLeast && s.givenUp == 0 && !found {
			t.Errorf("%q is not found in a text that ends with it: %q", benchmark, train)
		}
	})
}
