package meteor

import (
	"cmp"
	"slices"
)

// match is a way in which words of a test match words of a reference.
type match struct {
	module          int
	test, reference span
}

// span is a run of words.
type span struct{ begin, length int }

func (s span) end() int { return s.begin + s.length }

// best returns the counts of the reference with the highest score, the first of equal ones.
func (c *corpus) best(test []int32, references [][]int32) (best Counts) {
	high := -1.0
	for _, reference := range references {
		counts := c.count(test, reference)
		if score := counts.Score(); score > high {
			best, high = counts, score
		}
	}
	return best
}

// count counts what the best alignment of a test with a reference matches.
func (c *corpus) count(test, reference []int32) Counts {
	counts := Counts{TestLength: float64(len(test)), ReferenceLength: float64(len(reference))}
	for _, word := range test {
		if c.function[word] {
			counts.TestFunction++
		}
	}
	for _, word := range reference {
		if c.function[word] {
			counts.ReferenceFunction++
		}
	}
	chosen := c.align(test, reference)
	for _, m := range chosen {
		if m == nil {
			continue
		}
		for _, word := range test[m.test.begin:m.test.end()] {
			if c.function[word] {
				counts.TestFunctions[m.module]++
			} else {
				counts.TestContent[m.module]++
			}
		}
		for _, word := range reference[m.reference.begin:m.reference.end()] {
			if c.function[word] {
				counts.ReferenceFunctions[m.module]++
			} else {
				counts.ReferenceContent[m.module]++
			}
		}
	}
	counts.Chunks = float64(chunksOf(chosen))
	return counts
}

// chunksOf counts the runs of matches that follow each other in both texts.
func chunksOf(chosen []*match) (chunks int) {
	last := -1 // the end of the last match in the test, if the chunk is open
	for at := 0; at < len(chosen); {
		m := chosen[at]
		if m == nil {
			if last != -1 {
				chunks, last = chunks+1, -1
			}
			at++
			continue
		}
		if last != -1 && m.test.begin != last {
			chunks++
		}
		at, last = m.reference.end(), m.test.end()
	}
	if last != -1 {
		chunks++
	}
	return chunks
}

// stage holds all matches of a test and a reference.
type stage struct {
	test, reference []int32
	// matches by the place in the reference where they begin.
	matches [][]match
	// The numbers of matches that cover each word.
	testCovered, referenceCovered []int
}

func (s *stage) add(m match) {
	s.matches[m.reference.begin] = append(s.matches[m.reference.begin], m)
	for i := m.test.begin; i < m.test.end(); i++ {
		s.testCovered[i]++
	}
	for i := m.reference.begin; i < m.reference.end(); i++ {
		s.referenceCovered[i]++
	}
}

// align returns the matches of the best alignment, each at the place in the reference where it
// begins.
func (c *corpus) align(test, reference []int32) []*match {
	s := &stage{
		test: test, reference: reference, matches: make([][]match, len(reference)),
		testCovered: make([]int, len(test)), referenceCovered: make([]int, len(reference)),
	}
	c.matchWords(s, exact, func(a, b int32) bool { return c.hash[a] == c.hash[b] })
	if !c.equal(test, reference) {
		c.matchWords(s, stem, func(a, b int32) bool { return c.stem[a] == c.stem[b] && c.hash[a] != c.hash[b] })
		if c.tables != nil {
			c.matchWords(s, synonym, func(a, b int32) bool { return c.hash[a] != c.hash[b] && overlap(c.synonyms[a], c.synonyms[b]) })
			c.matchPhrases(s)
		}
	}
	return s.search()
}

func (c *corpus) equal(test, reference []int32) bool {
	return slices.EqualFunc(test, reference, func(a, b int32) bool { return c.hash[a] == c.hash[b] })
}

// matchWords adds a match for each pair of words that are equal.
func (c *corpus) matchWords(s *stage, module int, equal func(test, reference int32) bool) {
	for j, reference := range s.reference {
		for i, test := range s.test {
			if equal(test, reference) {
				s.add(match{module, span{i, 1}, span{j, 1}})
			}
		}
	}
}

func overlap(a, b map[int32]bool) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	for set := range a {
		if b[set] {
			return true
		}
	}
	return false
}

// matchPhrases adds the paraphrases of the reference in the test, then those of the test in the
// reference.
func (c *corpus) matchPhrases(s *stage) {
	c.eachParaphrase(s.reference, s.test, func(phrase, other span) { s.add(match{paraphrase, other, phrase}) })
	c.eachParaphrase(s.test, s.reference, func(phrase, other span) { s.add(match{paraphrase, phrase, other}) })
}

// eachParaphrase calls do for each phrase of one text and each paraphrase of it in the other.
func (c *corpus) eachParaphrase(of, in []int32, do func(phrase, other span)) {
	for begin := range of {
		at := &c.phrases
		for end := begin; end < len(of); end++ {
			if at = at.next[of[end]]; at == nil {
				break
			}
			for _, words := range at.paraphrases {
				for i := range in {
					if len(in)-i >= len(words) && slices.Equal(in[i:i+len(words)], words) {
						do(span{begin, end + 1 - begin}, span{i, len(words)})
					}
				}
			}
		}
	}
}

// beam is the number of alignments that are kept.
const beam = 40

// half are the weights of the modules in the search.
var half = [modules]float64{1, 0.5, 0.5, 0.5}

// path is an alignment of the words of the reference up to a place.
type path struct {
	chosen                  []*match
	test, reference         int // words that match, by the weights of their modules, cut to whole numbers
	chunks                  int
	at                      int // the next place in the reference
	last                    int // the end of the last match in the test; -1 after a gap
	distance                int
	testUsed, referenceUsed []bool
}

// better orders paths: more matches, then fewer chunks, then a shorter distance.
func better(a, b *path) int {
	return cmp.Or(cmp.Compare(b.test+b.reference, a.test+a.reference), cmp.Compare(a.chunks, b.chunks), cmp.Compare(a.distance, b.distance))
}

func (p *path) clone() *path {
	q := *p
	q.chosen, q.testUsed, q.referenceUsed = slices.Clone(p.chosen), slices.Clone(p.testUsed), slices.Clone(p.referenceUsed)
	return &q
}

// uses reports whether a word of the match is used.
func (p *path) uses(m *match) bool {
	return slices.Contains(p.testUsed[m.test.begin:m.test.end()], true) || slices.Contains(p.referenceUsed[m.reference.begin:m.reference.end()], true)
}

// use marks the words of a match as used, and chooses it.
func (p *path) use(m *match) {
	for i := m.test.begin; i < m.test.end(); i++ {
		p.testUsed[i] = true
	}
	for i := m.reference.begin; i < m.reference.end(); i++ {
		p.referenceUsed[i] = true
	}
}

// take adds a match, which begins at the path's place, to the path's totals.
func (p *path) take(m *match) {
	p.test = int(float64(p.test) + float64(m.test.length)*half[m.module])
	p.reference = int(float64(p.reference) + float64(m.reference.length)*half[m.module])
	if p.last != -1 && m.test.begin != p.last {
		p.chunks++
	}
	p.at, p.last = m.reference.end(), m.test.end()
}

func distanceOf(m *match) int {
	return max(m.reference.begin-m.test.begin, m.test.begin-m.reference.begin)
}

// search returns the best alignment by a beam search over the reference, left to right. Its details
// are METEOR's, also where they look odd, since they decide between alignments of equal worth.
func (s *stage) search() []*match {
	next := []*path{s.certain()}
	for current := 0; current <= len(s.matches); current++ {
		paths := next
		slices.SortStableFunc(paths, better)
		next = nil
		for _, p := range paths[:min(beam, len(paths))] {
			next = s.extend(next, p, current)
		}
		if len(next) == 0 {
			next = paths[:1]
		}
	}
	slices.SortStableFunc(next, better)
	return next[0].chosen
}

// certain returns the path that has the matches whose words have no other match.
func (s *stage) certain() *path {
	p := &path{chosen: make([]*match, len(s.matches)), last: -1, testUsed: make([]bool, len(s.test)), referenceUsed: make([]bool, len(s.reference))}
	several := func(covered int) bool { return covered != 1 }
	for i := range s.matches {
		if len(s.matches[i]) != 1 {
			continue
		}
		m := &s.matches[i][0]
		if slices.ContainsFunc(s.testCovered[m.test.begin:m.test.end()], several) || slices.ContainsFunc(s.referenceCovered[m.reference.begin:m.reference.end()], several) {
			continue
		}
		p.chosen[i] = m
		p.use(m)
	}
	return p
}

// extend appends the paths that follow p at a place in the reference.
func (s *stage) extend(next []*path, p *path, current int) []*path {
	if current == len(s.matches) {
		if p.last != -1 {
			p.chunks++
		}
		return append(next, p)
	}
	if p.referenceUsed[current] {
		switch {
		case current < p.at: // within a match
			return append(next, p)
		case p.chosen[p.at] != nil: // a certain match
			m := p.chosen[p.at]
			p.take(m)
			p.distance += distanceOf(m)
			return append(next, p)
		}
		return next
	}
	for i := range s.matches[current] {
		m := &s.matches[current][i]
		if p.uses(m) {
			continue
		}
		q := p.clone()
		q.use(m)
		q.chosen[current] = m
		q.take(m)
		p.distance += distanceOf(m) // of the paths that come after it, as METEOR has it
		next = append(next, q)
	}
	if p.last != -1 {
		p.chunks++
		p.last = -1
	}
	p.at++
	return append(next, p)
}
