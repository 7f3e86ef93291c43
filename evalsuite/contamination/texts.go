package contamination

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/internal/overlap"
	"github.com/pali3/pali3/random"
)

// textIndex holds the benchmark's distinct texts.
type textIndex struct {
	rules   ruleSet
	words   *overlap.Index
	letters overlap.Letters
	runs    []int32 // by string of letters: its text
	seen    map[int32]bool
	gram    int // N of GPT-3's rule; set by build
}

func newTextIndex(rules ruleSet) textIndex {
	return textIndex{rules: rules, words: overlap.NewIndex(), seen: map[int32]bool{}}
}

// add adds a text to be found within others, and returns its number; -1 if it has no words.
func (x *textIndex) add(text string) int32 {
	n := int32(x.words.Add(text))
	if n < 0 || x.seen[n] {
		return n
	}
	x.seen[n] = true
	if x.rules[GPT4] {
		for _, run := range letterRunsOf(text) {
			if x.letters.Add(run) >= 0 {
				x.runs = append(x.runs, n)
			}
		}
	}
	return n
}

// addWhole adds a text to be found as a whole, if a rule asks for that.
func (x *textIndex) addWhole(text string) int32 {
	if !x.rules[Exact] {
		return -1
	}
	return int32(x.words.AddWhole(text))
}

// letterRunsOf draws the strings of letters by which GPT-4's rule finds a text, always the same.
func letterRunsOf(text string) (runs [][]byte) {
	letters := []rune(string(overlap.LettersOf(text)))
	if len(letters) <= letterRun {
		return [][]byte{[]byte(string(letters))}
	}
	rng := random.New(random.Name("contamination"), xxhash.Sum64String(string(letters)))
	for range letterRuns {
		from := rng.IntN(len(letters) - letterRun + 1)
		run := []byte(string(letters[from : from+letterRun]))
		if !slices.ContainsFunc(runs, func(r []byte) bool { return string(r) == string(run) }) {
			runs = append(runs, run)
		}
	}
	return runs
}

// build prepares searches.
func (x *textIndex) build() {
	x.words.Build()
	x.letters.Build()
	var lengths []int
	for n := range x.seen {
		lengths = append(lengths, x.words.Length(int(n)))
	}
	x.gram = gramOf(lengths)
}

// gramOf returns N of GPT-3's rule: the 5th percentile of the lengths, from 8 to 13.
func gramOf(lengths []int) int {
	if len(lengths) == 0 {
		return gramMost
	}
	slices.Sort(lengths)
	return min(gramMost, max(gramLeast, lengths[len(lengths)*5/100]))
}

// textHit is a text of the benchmark that a training text has, by a rule.
type textHit struct {
	text         int32
	rule         string
	where        where
	from, length int        // of the shared words, in the benchmark's text; 0 if the rule has none
	share        float64    // of Tulu3
	covered      [][2]int32 // of PaLM and Llama2: what this training text adds, as ranges
}

// textSearch searches training texts. It is used by one goroutine.
type textSearch struct {
	index   *textIndex
	words   *overlap.Searcher
	shared  map[int32][]overlap.Span // of the current text, by benchmark text
	order   []int32                  // keys of shared, in the order in which they were found
	hits    []textHit
	givenUp int // texts that were not searched to their end
}

func (x *textIndex) search() *textSearch {
	return &textSearch{index: x, words: x.words.NewSearcher(), shared: map[int32][]overlap.Span{}}
}

// text searches a training text. where names it.
func (s *textSearch) text(text string, where where) {
	rules := s.index.rules
	whole := true
	s.words.Set(text)
	if rules.spans() {
		whole = s.spans(where)
	}
	if n := s.words.Whole(); n >= 0 && rules[Exact] {
		s.hits = append(s.hits, textHit{text: int32(n), rule: Exact, where: where, length: s.index.words.Length(n)})
	}
	if rules[GPT4] && s.index.letters.Len() > 0 {
		whole = s.index.letters.Search(overlap.LettersOf(text), func(n int) {
			s.hits = append(s.hits, textHit{text: s.index.runs[n], rule: GPT4, where: where})
		}) && whole
	}
	if !whole {
		s.givenUp++
	}
}

// spans applies the rules for shared words.
func (s *textSearch) spans(where where) (whole bool) {
	clear(s.shared)
	s.order = s.order[:0]
	whole = s.words.Spans(func(span overlap.Span) {
		n := int32(span.Text)
		if !s.index.seen[n] {
			return
		}
		if s.shared[n] == nil {
			s.order = append(s.order, n)
		}
		s.shared[n] = append(s.shared[n], span)
	})
	for _, n := range s.order {
		s.gpt3(n, where)
		s.palm(n, where)
		s.llama2(n, where)
		s.tulu3(n, where)
	}
	return whole
}

// gpt3 holds if a shared run has N words, or the whole of a shorter text.
func (s *textSearch) gpt3(n int32, where where) {
	if !s.index.rules[GPT3] {
		return
	}
	need := min(s.index.gram, s.index.words.Length(int(n)))
	for _, span := range s.shared[n] {
		if span.Length >= need {
			s.hits = append(s.hits, textHit{text: n, rule: GPT3, where: where, from: span.From, length: span.Length})
			return
		}
	}
}

// palm collects the grams that are in the training data; ranges are of offsets of grams.
func (s *textSearch) palm(n int32, where where) {
	if !s.index.rules[PaLM] {
		return
	}
	hit := textHit{text: n, rule: PaLM, where: where, from: s.shared[n][0].From, length: s.shared[n][0].Length}
	for _, span := range s.shared[n] {
		hit.covered = append(hit.covered, [2]int32{int32(span.From), int32(span.From + span.Length - overlap.Gram + 1)})
	}
	s.hits = append(s.hits, hit)
}

// llama2 collects the words that are in shared runs; ranges are of words.
func (s *textSearch) llama2(n int32, where where) {
	if !s.index.rules[Llama2] {
		return
	}
	hit := textHit{text: n, rule: Llama2, where: where}
	for _, span := range s.shared[n] {
		if span.Length < llamaLeast {
			continue
		}
		from := span.From
		length := s.words.Extend(span, llamaSkips, func(word int) {
			hit.covered = append(hit.covered, [2]int32{int32(from), int32(word)})
			from = word + 1
		})
		if length <= llamaLeast {
			continue
		}
		hit.covered = append(hit.covered, [2]int32{int32(from), int32(span.From + length)})
		hit.from, hit.length = span.From, length
	}
	if len(hit.covered) > 0 {
		s.hits = append(s.hits, hit)
	}
}

// tulu3 holds if more than half of the words are in shared grams.
func (s *textSearch) tulu3(n int32, where where) {
	if !s.index.rules[Tulu3] {
		return
	}
	c := newCoverage(s.index.words, int(n), true)
	for _, span := range s.shared[n] {
		c.add(span.From, span.From+span.Length-overlap.Gram+1)
	}
	if share := c.words(); share > tuluShare {
		hit := textHit{text: n, rule: Tulu3, where: where, share: share, from: s.shared[n][0].From, length: s.shared[n][0].Length}
		s.hits = append(s.hits, hit)
	}
}

// question searches a question of a training row with its answers.
func (s *textSearch) question(question string, answers []string, where where) {
	s.text(question, where)
	if !s.index.rules[Exact] {
		return
	}
	for i, answer := range answers {
		if slices.Contains(answers[:i], answer) {
			continue
		}
		s.words.Set(question + "\n" + answer)
		if n := s.words.Whole(); n >= 0 {
			s.hits = append(s.hits, textHit{text: int32(n), rule: Exact, where: where, length: s.index.words.Length(n)})
		}
	}
}

// coverage collects which words, or which grams, of a text are shared.
type coverage struct {
	set   []bool
	first []int32 // of grams: the first equal one; nil for words
}

func newCoverage(words *overlap.Index, text int, grams bool) *coverage {
	if !grams {
		return &coverage{set: make([]bool, words.Length(text))}
	}
	first := words.First(text)
	return &coverage{make([]bool, len(first)), first}
}

func (c *coverage) add(from, to int) {
	for i := from; i < to; i++ {
		if c.first != nil {
			c.set[c.first[i]] = true
		} else {
			c.set[i] = true
		}
	}
}

// has reports whether a word or gram is shared.
func (c *coverage) has(i int) bool {
	if c.first != nil {
		i = int(c.first[i])
	}
	return c.set[i]
}

// share returns the share of the words or grams that are shared.
func (c *coverage) share() float64 {
	n := 0
	for i := range c.set {
		if c.has(i) {
			n++
		}
	}
	return float64(n) / float64(max(1, len(c.set)))
}

// words returns the share of the words that are in shared grams.
func (c *coverage) words() float64 {
	all := len(c.set) + overlap.Gram - 1
	n, end := 0, 0 // words before end are counted
	for i := range c.set {
		if c.has(i) {
			n += i + overlap.Gram - max(i, end)
			end = i + overlap.Gram
		}
	}
	return float64(n) / float64(all)
}

// shorten cuts a text for messages.
func shorten(text string) string {
	const most = 300
	for i := range text {
		if i >= most {
			return strings.TrimSpace(text[:i]) + " …"
		}
	}
	return text
}
