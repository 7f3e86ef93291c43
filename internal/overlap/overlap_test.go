package overlap

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func wordsOf(text string) (all []string) {
	Words(text, func(word []byte) { all = append(all, string(word)) })
	return all
}

func TestWords_IgnoresHowATextIsWritten(t *testing.T) {
	for _, c := range []struct {
		text string
		want string
	}{
		{"What COLOR is the cat's hat?", "what color is the cats hat"},
		{"what  color\tis the cat’s hat", "what color is the cats hat"},
		{"ＷＨＡＴ　ｃｏｌｏｒ", "what color"},                   // full width
		{"re\u0301sume\u0301 résumé", "résumé résumé"}, // combining marks
		{"ﬁne straße STRASSE", "fine strasse strasse"}, // ligature, sharp s
		{"ΟΔΟΣ οδος", "οδοσ οδοσ"},                     // final sigma
		{"zero\u200bwidth soft\u00adhyphen", "zerowidth softhyphen"},
		{"猫は黒い。", "猫 は 黒 い"},
		{"iPhone15の写真 v2", "iphone15 の 写 真 v2"},
		{"ที่นี่", "ที่ นี่"},
		{"고양이는 검다", "고양이는 검다"},
		{"3.5 1,000 x²", "3 5 1 000 x2"},
		{"a\xffb", "a b"},
		{"", ""},
		{"?! … —", ""},
	} {
		if got := strings.Join(wordsOf(c.text), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestSpans_AreTheLongestSharedRuns compares with a search of all pairs of positions.
func TestSpans_AreTheLongestSharedRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.IntRange(2, 6).Draw(t, "letters") // few, so that texts repeat themselves
		draw := func(name string, most int) []string {
			return rapid.SliceOfN(rapid.Map(rapid.IntRange(0, letters-1), func(n int) string { return string(rune('a' + n)) }), 1, most).Draw(t, name)
		}
		x := NewIndex()
		texts := map[int][]string{}
		for range rapid.IntRange(1, 6).Draw(t, "texts") {
			words := draw("text", 24)
			texts[x.Add(strings.Join(words, " "))] = words
		}
		x.Build()
		searched := draw("searched", 40)
		want := map[Span]bool{}
		for n, words := range texts {
			for at := range searched {
				for from := range words {
					if at > 0 && from > 0 && searched[at-1] == words[from-1] {
						continue
					}
					length := 0
					for at+length < len(searched) && from+length < len(words) && searched[at+length] == words[from+length] {
						length++
					}
					if length >= Gram {
						want[Span{n, from, at, length}] = true
					}
				}
			}
		}
		s := x.NewSearcher()
		s.Set(strings.Join(searched, " "))
		got := map[Span]bool{}
		if !s.Spans(func(span Span) { got[span] = true }) {
			t.Fatal("given up")
		}
		for span := range got {
			if !want[span] {
				t.Fatalf("%v is not shared: %v in %v", span, texts, searched)
			}
		}
		for span := range want {
			if !got[span] && !covered(x, span, got) {
				t.Fatalf("%v is missing: %v in %v", span, texts, searched)
			}
		}
	})
}

// covered reports whether every gram of a span is an equal gram of a span that was found at the
// same place: where a text repeats itself, one of the equal places is enough.
func covered(x *Index, span Span, got map[Span]bool) bool {
	first := x.First(span.Text)
	for i := 0; i+Gram <= span.Length; i++ {
		found := false
		for g := range got {
			at := g.From + span.At + i - g.At // of the text, at the gram's position
			found = found || g.Text == span.Text && at >= g.From && at+Gram <= g.From+g.Length && first[at] == first[span.From+i]
		}
		if !found {
			return false
		}
	}
	return true
}

func TestSearcher_GivesUpOnEndlessRepetition(t *testing.T) {
	x := NewIndex()
	x.Add(strings.Repeat("a ", 1_000_000))
	x.Build()
	s := x.NewSearcher()
	s.Set(strings.Repeat("a ", 1_000_000))
	if s.Spans(func(Span) {}) {
		t.Error("a million equal words in both texts were searched to the end")
	}
	s.Set("a b c d")
	if !s.Spans(func(Span) {}) {
		t.Error("the next text was given up, too")
	}
}

func TestExtend_SkipsWordsThatDiffer(t *testing.T) {
	x := NewIndex()
	text := "a b c d e f g h i j k l m n o p q r s t"
	x.Add(text)
	x.Build()
	for _, c := range []struct {
		searched string
		skips    int
		length   int
		differs  string
	}{
		{"a b c d e f g h i j k l m n o p q r s t", 4, 20, "[]"},
		{"a b c d e f g h i j X l m n o p q r s t", 4, 20, "[10]"},
		{"a b c d e f g h i j X l m n o p q r s X", 4, 19, "[10]"}, // no trailing difference
		{"a b c d e f g h i j X X X X o p", 4, 16, "[10 11 12 13]"},
		{"a b c d e f g h i j X X X X X p", 4, 10, "[]"},
		{"a b c d e f g h i j X l", 0, 10, "[]"},
	} {
		s := x.NewSearcher()
		s.Set(c.searched)
		s.Spans(func(span Span) {
			if span.From > 0 {
				return
			}
			differs := []int{}
			length := s.Extend(span, c.skips, func(word int) { differs = append(differs, word) })
			if length != c.length || fmt.Sprint(differs) != c.differs {
				t.Errorf("%q: length %d, differs at %v; want %d, %s", c.searched, length, differs, c.length, c.differs)
			}
			c.length, c.differs = -1, ""
		})
		if c.length != -1 {
			t.Errorf("%q: no span", c.searched)
		}
	}
}

func TestIndex_EqualTextsHaveOneNumber(t *testing.T) {
	x := NewIndex()
	if a, b, c, empty := x.Add("A cat."), x.Add("a  CAT"), x.Add("a cap"), x.Add("?!"); a != b || a == c || empty != -1 {
		t.Errorf("numbers %d %d %d %d", a, b, c, empty)
	}
	x.Build()
	s := x.NewSearcher()
	s.Set("a cat")
	if s.Whole() != 0 {
		t.Errorf("whole text %d", s.Whole())
	}
	s.Set("it is a cat")
	if s.Whole() != -1 || s.Contains(0) != 2 || s.Contains(1) != -1 {
		t.Errorf("whole %d, contains %d and %d", s.Whole(), s.Contains(0), s.Contains(1))
	}
}

func TestLetters_FindsStrings(t *testing.T) {
	var l Letters
	a := l.Add(LettersOf("What is the colour of the cat?"))
	b := l.Add(LettersOf("what is the colour of a dog"))
	if short := l.Add(LettersOf("a short one")); short != -1 {
		t.Errorf("a string of less than %d letters has number %d", Anchor, short)
	}
	l.Build()
	var found []int
	l.Search(LettersOf("Q: what is the COLOUR of the cat, and WHATISTHECOLOUROFADOG"), func(n int) { found = append(found, n) })
	if !slices.Equal(found, []int{a, b}) {
		t.Errorf("found %v", found)
	}
	found = nil
	l.Search(LettersOf("what is the colour of the ca"), func(n int) { found = append(found, n) })
	if found != nil {
		t.Errorf("found %v in a text that ends too early", found)
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{"A cat's hat.", "猫は黒い", "ที่นี่", "re\u0301sume\u0301", "\xff\xfe", "ﬁ ß İ ǅ", "\u0301", "a\u200db", "\u0301'\u033100"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := wordsOf(text)
		again := wordsOf(strings.Join(words, " "))
		for i := range words { // marks around an apostrophe that was dropped may change places
			words[i] = norm.NFKC.String(words[i])
		}
		if !slices.Equal(words, again) {
			t.Errorf("%q: words %q, of which the words are %q", text, words, again)
		}
		x := NewIndex()
		n := x.Add(text)
		x.Build()
		s := x.NewSearcher()
		s.Set("x " + text)
		if n >= 0 && s.Contains(n) < 0 {
			t.Errorf("%q is not found in a text that ends with it", text)
		}
		s.Spans(func(Span) {})
	})
}
