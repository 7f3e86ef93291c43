package contamination

import (
	"fmt"

	"github.com/pali3/pali3/shards"
)

// findings merges what is found in the rows, whatever their order.
type findings struct {
	audit   *Audit
	train   []*shards.Dataset
	sources []Source
	images  map[ruled]*evidence
	texts   map[ruled]*evidence
	pairs   map[int32]*evidence // by item
	covered map[ruled]*coverage // of PaLM and Llama2
	rows    map[string]int      // by rule: training rows
	touched int                 // training rows with any match

	keep func(*rowFindings) // gets what is found, for a part that is merged later; may be nil
}

// ruled is an image or a text by a rule.
type ruled struct {
	n    int32
	rule string
}

// evidence is the first training row in which something was found, and the number of such rows.
type evidence struct {
	row
	key   string
	rows  int
	last  row // counted
	at    int // the training image
	image Likeness
	text  textHit
	of    string
}

func newFindings(a *Audit, train []*shards.Dataset) *findings {
	f := &findings{
		audit: a, train: train, sources: make([]Source, len(train)), images: map[ruled]*evidence{}, texts: map[ruled]*evidence{},
		pairs: map[int32]*evidence{}, covered: map[ruled]*coverage{}, rows: map[string]int{},
	}
	for i, d := range train {
		f.sources[i].Dataset = d.Dir()
	}
	return f
}

// before returns the number of rows of the datasets before one.
func (f *findings) before(dataset int) (rows int) {
	for _, d := range f.train[:dataset] {
		rows += d.Len()
	}
	return rows
}

// add adds what was found in a row.
func (f *findings) add(found *rowFindings) {
	if f.keep != nil {
		f.keep(found)
	}
	source := &f.sources[found.dataset]
	source.Images += found.decoded
	for _, bad := range found.bad {
		source.Undecodable.addMany(1, found.row, fmt.Sprintf("row %d (%s) %s", found.row.row, found.key, bad))
	}
	if found.givenUp > 0 {
		source.GivenUp.addMany(found.givenUp, found.row, fmt.Sprintf("row %d (%s)", found.row.row, found.key))
	}
	rules := map[string]bool{}
	for i := range found.images {
		hit := &found.images[i]
		rules[hit.rule] = true
		e := add(f.images, ruled{hit.image, hit.rule}, found)
		if e != nil {
			e.at, e.image = hit.at, hit.Likeness
		}
	}
	for i := range found.texts {
		hit := &found.texts[i]
		key := ruled{hit.text, hit.rule}
		f.cover(key, hit)
		if hit.covered == nil {
			rules[hit.rule] = true
		}
		if e := add(f.texts, key, found); e != nil {
			e.text = *hit
			e.text.covered = nil
		}
	}
	for i := range found.pairs {
		hit := &found.pairs[i]
		rules[PairRule] = true
		if e := add(f.pairs, hit.item, found); e != nil {
			e.at, e.of, e.text = hit.image, hit.of, textHit{text: hit.text, where: hit.where, length: f.audit.texts.words.Length(int(hit.text))}
		}
	}
	for rule := range rules {
		f.rows[rule]++
	}
	if len(rules) > 0 {
		f.touched++
	}
}

// add counts a row in the evidence of a key, and returns the evidence if the row is the first.
func add[K comparable](all map[K]*evidence, key K, found *rowFindings) *evidence {
	e := all[key]
	if e == nil {
		e = &evidence{row: found.row, key: found.key, rows: 1, last: found.row}
		all[key] = e
		return e
	}
	if e.last == found.row {
		return nil
	}
	e.last = found.row
	e.rows++
	if found.row.before(e.row) {
		e.row, e.key = found.row, found.key
		return e
	}
	return nil
}

// cover adds the ranges of a hit to what is covered of a text.
func (f *findings) cover(key ruled, hit *textHit) {
	if hit.covered == nil {
		return
	}
	c := f.covered[key]
	if c == nil {
		c = newCoverage(f.audit.texts.words, int(key.n), key.rule == PaLM)
		f.covered[key] = c
	}
	for _, r := range hit.covered {
		c.add(int(r[0]), int(r[1]))
	}
}

// holds reports whether the evidence suffices for the rule, and the share that it has.
func (f *findings) holds(key ruled, e *evidence) (share float64, ok bool) {
	switch key.rule {
	case PaLM:
		share = f.covered[key].share()
		return share, share >= paLMShare
	case Llama2:
		share = f.covered[key].share()
		return share, share >= llamaShare
	}
	return e.text.share, true
}
