package wups

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// pos is a part of speech, in the order in which senses are looked for.
type pos uint8

const (
	noun pos = iota
	verb
	adjective
	adverb
	noPos
)

// suffixes are those of WordNet's files, and posLetters the letters in them. Satellite adjectives
// ("s") are in the files of adjectives.
var (
	suffixes   = [...]string{noun: "noun", verb: "verb", adjective: "adj", adverb: "adv"}
	posLetters = [...]string{noun: "n", verb: "v", adjective: "a", adverb: "r"}
)

func posOf(letter string) (pos, bool) {
	for p, of := range posLetters {
		if letter == of || letter == "s" && pos(p) == adjective {
			return pos(p), true
		}
	}
	return noPos, false
}

// lexicon is WordNet.
type lexicon struct {
	senses     [noPos]map[string][]int32 // synsets by lemma, the most frequent first
	exceptions [noPos]map[string][]string
	synsets    []synset
}

// synset is a set of synonyms.
type synset struct {
	pos                pos
	name               string  // such as "dog.n.01", by which NLTK orders
	hypernyms          []int32 // synsets above, of classes and of instances
	shortest, farthest int16   // path to a synset without hypernyms
}

// release is the version of WordNet that NLTK's corpus wordnet is.
const release = "3.0"

var copyright = regexp.MustCompile(`WordNet (\d+|\d+\.\d+) Copyright`)

// reader reads WordNet's files (wndb(5WN)). Synsets are named by their offsets in the files, as
// the lines themselves say, so files whose line ends were changed are read too.
type reader struct {
	*lexicon
	at     [noPos]map[int]int32 // synsets by offset
	first  []string             // lemma of each synset, in lower case
	letter []string             // part of speech, as written
	above  [][]pointer
	index  [noPos]map[string][]int // offsets by lemma
}

type pointer struct {
	pos    pos
	offset int
}

// readLexicon reads WordNet.
func readLexicon(d folder) (*lexicon, error) {
	r := reader{lexicon: &lexicon{}}
	for p := range noPos {
		if err := r.readFiles(d, p); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(r.resolve(), r.measure()); err != nil {
		return nil, fmt.Errorf("%s: %w", string(d), err)
	}
	return r.lexicon, nil
}

// readFiles reads the files of a part of speech.
func (r *reader) readFiles(d folder, p pos) error {
	r.at[p], r.index[p], r.exceptions[p] = map[int]int32{}, map[string][]int{}, map[string][]string{}
	version := ""
	err := d.eachLine("data."+suffixes[p], func(line string) error {
		if strings.HasPrefix(line, " ") {
			if found := copyright.FindStringSubmatch(line); found != nil && version == "" {
				version = found[1]
			}
			return nil
		}
		if version != release {
			return fmt.Errorf("this is WordNet %q; scores are by WordNet %s, NLTK's corpus wordnet", version, release)
		}
		return r.readSynset(p, line)
	})
	if err != nil {
		return err
	}
	if err := d.eachLine("index."+suffixes[p], func(line string) error { return r.readIndex(p, line) }); err != nil {
		return err
	}
	return d.eachLine(suffixes[p]+".exc", func(line string) error {
		if forms := strings.Fields(line); len(forms) > 0 {
			r.exceptions[p][forms[0]] = forms[1:]
		}
		return nil
	})
}

// fields takes fields of a line one by one.
type fields struct {
	rest []string
	err  error
}

func (f *fields) next() string {
	if len(f.rest) == 0 {
		f.err = errors.New("the line ends too early")
		return ""
	}
	field := f.rest[0]
	f.rest = f.rest[1:]
	return field
}

func (f *fields) number(base int) int {
	field := f.next()
	n, err := strconv.ParseUint(field, base, 31)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("%q is no number", field)
	}
	return int(n)
}

// skip skips n fields.
func (f *fields) skip(n int) {
	for range min(n, len(f.rest)+1) {
		f.next()
	}
}

// readSynset reads a line of data.POS: offset, file, part of speech, number of words, words and
// their ids, number of pointers, pointers, and more.
func (r *reader) readSynset(p pos, line string) error {
	columns, _, _ := strings.Cut(line, "|")
	f := &fields{rest: strings.Fields(columns)}
	if len(f.rest) == 0 {
		return nil
	}
	offset := f.number(10)
	f.next()
	letter := f.next()
	words := f.number(16)
	first := f.next()
	f.skip(2*words - 1)
	var above []pointer
	for n := f.number(10); n > 0 && f.err == nil; n-- {
		symbol, to, letter, words := f.next(), f.number(10), f.next(), f.next()
		target, known := posOf(letter)
		switch {
		case f.err != nil:
		case !known:
			f.err = fmt.Errorf("%q is no part of speech", letter)
		case words == "0000" && (symbol == "@" || symbol == "@i"):
			above = append(above, pointer{target, to})
		}
	}
	if of, known := posOf(letter); f.err == nil && (!known || of != p) {
		f.err = fmt.Errorf("%q is no part of speech of this file", letter)
	}
	if f.err == nil && words == 0 {
		f.err = errors.New("a synset without words")
	}
	if f.err != nil {
		return f.err
	}
	if _, double := r.at[p][offset]; double {
		return fmt.Errorf("a second synset %d", offset)
	}
	r.at[p][offset] = int32(len(r.synsets))
	marked, _, _ := strings.Cut(first, "(") // an adjective may say where it stands, as in "(a)"
	r.synsets = append(r.synsets, synset{pos: p})
	r.first, r.letter, r.above = append(r.first, strings.ToLower(marked)), append(r.letter, letter), append(r.above, above)
	return nil
}

// readIndex reads a line of index.POS: lemma, part of speech, number of synsets, number of kinds
// of pointers, these, the number of synsets again, that of ranked ones, offsets.
func (r *reader) readIndex(p pos, line string) error {
	if line == "" || strings.HasPrefix(line, " ") {
		return nil
	}
	f := &fields{rest: strings.Fields(line)}
	lemma := f.next()
	f.next()
	n := f.number(10)
	f.skip(f.number(10))
	if again := f.number(10); f.err == nil && again != n {
		return fmt.Errorf("%d synsets, and %d", n, again)
	}
	f.next()
	if f.err == nil && n != len(f.rest) {
		return fmt.Errorf("%d offsets of %d synsets", len(f.rest), n)
	}
	offsets := make([]int, 0, len(f.rest))
	for len(f.rest) > 0 && f.err == nil {
		offsets = append(offsets, f.number(10))
	}
	if f.err == nil {
		r.index[p][lemma] = offsets
	}
	return f.err
}

// resolve turns offsets into synsets and names these: by the first lemma, and which of its senses
// the synset is.
func (r *reader) resolve() error {
	for p := range noPos {
		r.senses[p] = make(map[string][]int32, len(r.index[p]))
		for lemma, offsets := range r.index[p] {
			for n, offset := range offsets {
				at, ok := r.at[p][offset]
				if !ok {
					return fmt.Errorf("%s in index.%s: there is no synset %d", lemma, suffixes[p], offset)
				}
				r.senses[p][lemma] = append(r.senses[p][lemma], at)
				if r.first[at] == lemma {
					r.synsets[at].name = fmt.Sprintf("%s.%s.%02d", lemma, r.letter[at], n+1)
				}
			}
		}
	}
	for at := range r.synsets {
		s := &r.synsets[at]
		if s.name == "" {
			return fmt.Errorf("a synset of %q in data.%s is not among its senses in index.%[2]s", r.first[at], suffixes[s.pos])
		}
		for _, to := range r.above[at] {
			above, ok := r.at[to.pos][to.offset]
			if !ok {
				return fmt.Errorf("%s: there is no synset %d in data.%s above it", s.name, to.offset, suffixes[to.pos])
			}
			s.hypernyms = append(s.hypernyms, above)
		}
	}
	return nil
}

// maxDepth bounds paths; the longest in WordNet 3.0 has 19 steps.
const maxDepth = 256

func tooDeep(s *synset) error {
	return fmt.Errorf("the synsets above %s form a circle, or a path of more than %d", s.name, maxDepth)
}

// measure computes the lengths of paths from each synset upwards.
func (r *reader) measure() error {
	const unknown, open = -1, -2
	for at := range r.synsets {
		r.synsets[at].farthest = unknown
	}
	var visit func(at int32, depth int) error
	visit = func(at int32, depth int) error {
		s := &r.synsets[at]
		switch {
		case s.farthest == open || depth > maxDepth:
			return tooDeep(s)
		case s.farthest >= 0:
			return nil
		}
		s.farthest = open
		var shortest, farthest int16
		for n, above := range s.hypernyms {
			if err := visit(above, depth+1); err != nil {
				return err
			}
			to := &r.synsets[above]
			if n == 0 || to.shortest+1 < shortest {
				shortest = to.shortest + 1
			}
			farthest = max(farthest, to.farthest+1)
		}
		s.shortest, s.farthest = shortest, farthest
		if farthest > maxDepth {
			return tooDeep(s)
		}
		return nil
	}
	for at := range r.synsets {
		if err := visit(int32(at), 0); err != nil {
			return err
		}
	}
	return nil
}
