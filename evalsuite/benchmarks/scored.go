package benchmarks

import (
	"bufio"
	"encoding/json/jsontext"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite/compare"
)

// scoredWriter writes scored items as JSON lines, which package compare reads. It encodes in a
// goroutine of its own, chunk by chunk, and syncs a file there, so that scoring hardly waits for
// it.
type scoredWriter struct {
	bench  *Benchmark
	whole  bool // write what a statistic of the corpus needs, too
	task   string
	to     io.Writer
	out    *bufio.Writer
	chunks chan scoredChunk
	closed bool
	done   chan struct{}
	err    error // after done
}

// scoredChunk holds items that follow each other, with the values of their metrics.
type scoredChunk struct {
	items    []Item
	unparsed []string
	columns  []scoredColumn
	evidence []scoredEvidence
}

// scoredEvidence is what each item adds to the statistics of a family.
type scoredEvidence struct {
	family string
	of     []map[string]string
}

// scoredColumn holds the values of a metric for the items of a chunk. The protocol is empty for the
// owner's.
type scoredColumn struct {
	protocol, metric string
	values           []float64
}

// close says that there are no more chunks. It may be called again.
func (w *scoredWriter) close() {
	if w != nil && !w.closed {
		w.closed = true
		close(w.chunks)
	}
}

// newScoredWriter starts to write. The caller calls close and waits for done.
func newScoredWriter(b *Benchmark, to io.Writer) *scoredWriter {
	w := &scoredWriter{bench: b, task: b.Name, to: to, out: bufio.NewWriterSize(to, 1<<18), chunks: make(chan scoredChunk, 2), done: make(chan struct{})}
	w.whole = slices.ContainsFunc(b.Metrics, func(m Metric) bool { return m.Statistic != nil })
	go w.run()
	return w
}

func (w *scoredWriter) run() {
	defer close(w.done)
	var line []byte
	for c := range w.chunks {
		for n := range c.items {
			if w.err != nil {
				break
			}
			line = w.append(line[:0], &c, n)
			_, w.err = w.out.Write(line)
		}
	}
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if file, ok := w.to.(interface{ Sync() error }); ok && w.err == nil {
		w.err = file.Sync()
	}
}

// writeTo makes the scorer write scored items, unless to is nil.
func (s *scorer) writeTo(to io.Writer) {
	if to != nil {
		s.scored = newScoredWriter(s.bench, to)
	}
}

// endWriting waits until the scored items are written. It returns the error of writing, unless
// scoring has failed before.
func (s *scorer) endWriting(r *Result, err error) (*Result, error) {
	if s.scored == nil {
		return r, err
	}
	s.scored.close()
	<-s.scored.done
	if err == nil && s.scored.err != nil {
		return nil, fmt.Errorf("writing the scored items: %w", s.scored.err)
	}
	return r, err
}

// append appends the line of an item, with the members of [compare.Item] in their order.
func (w *scoredWriter) append(b []byte, c *scoredChunk, n int) []byte {
	i := &c.items[n]
	text := func(name, value string) {
		if value != "" {
			b = append(b, name...)
			b = appendText(b, value)
		}
	}
	b = appendText(append(b, `{"task":`...), w.task)
	b = appendText(append(b, `,"id":`...), i.ID)
	text(`,"cluster":`, w.bench.clusterOf(i))
	text(`,"language":`, i.Language)
	text(`,"image":`, i.Image)
	b = w.appendSlices(b, i)
	text(`,"question":`, i.Question)
	if len(i.References) > 0 {
		b = appendTexts(append(b, `,"references":`...), i.References)
	}
	if len(i.Choices) > 0 {
		b = appendTexts(append(b, `,"choices":`...), i.Choices)
	}
	if w.whole && len(i.Fields) > 0 {
		b = appendFields(b, i.Fields)
	}
	b = appendText(append(b, `,"prediction":`...), i.Prediction)
	text(`,"error":`, i.Error)
	if c.unparsed != nil {
		text(`,"unparsed":`, c.unparsed[n])
	}
	return append(c.appendEvidence(c.appendValues(b, n), n), '}', '\n')
}

// appendEvidence appends the evidence of item n.
func (c *scoredChunk) appendEvidence(b []byte, n int) []byte {
	begin := `,"evidence":{`
	for _, e := range c.evidence {
		b = append(appendText(append(b, begin...), e.family), `:{`...)
		for at, about := range slices.Sorted(maps.Keys(e.of[n])) {
			if at > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, about), ':')
			b = appendText(b, e.of[n][about])
		}
		b, begin = append(b, '}'), ","
	}
	if begin == "," {
		b = append(b, '}')
	}
	return b
}

// appendSlices appends the groups of an item by slice.
func (w *scoredWriter) appendSlices(b []byte, i *Item) []byte {
	begin := `,"slices":{`
	for n := range w.bench.Slices {
		s := &w.bench.Slices[n]
		var groups []string
		if s.Many != nil {
			groups = s.Many(i)
		} else if group := s.Of(i); group != "" {
			groups = []string{group}
		}
		if len(groups) == 0 {
			continue
		}
		b = appendText(append(b, begin...), s.Name)
		b = appendTexts(append(b, ':'), groups)
		begin = ","
	}
	if begin == "," {
		b = append(b, '}')
	}
	return b
}

// appendFields appends fields by name. Of fields with the same name the first counts.
func appendFields(b []byte, fields []Field) []byte {
	by := map[string]string{}
	for _, f := range fields {
		if _, known := by[f.Name]; !known {
			by[f.Name] = f.Value
		}
	}
	b = append(b, `,"fields":`...)
	begin := byte('{')
	for _, name := range slices.Sorted(maps.Keys(by)) {
		b = appendText(append(b, begin), name)
		b = appendText(append(b, ':'), by[name])
		begin = ','
	}
	return append(b, '}')
}

// appendValues appends the values of item n, the owner's first.
func (c *scoredChunk) appendValues(b []byte, n int) []byte {
	b = append(b, `,"values":{`...)
	protocol, first := "", true
	for _, column := range c.columns {
		if column.protocol != protocol {
			if protocol == "" {
				b = append(b, `},"protocols":{`...)
			} else {
				b = append(b, `},`...)
			}
			protocol, first = column.protocol, true
			b = append(appendText(b, protocol), `:{`...)
		}
		if n >= len(column.values) || math.IsNaN(column.values[n]) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		b, first = append(appendText(b, column.metric), ':'), false
		b = strconv.AppendFloat(b, column.values[n], 'g', -1, 64)
	}
	if protocol != "" {
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for n, text := range texts {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendText(b, text)
	}
	return append(b, ']')
}

// appendText appends a string of JSON. Bytes that are not UTF-8 become U+FFFD.
func appendText(b []byte, text string) []byte {
	for n := range len(text) {
		if c := text[n]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := jsontext.AppendQuote(b, strings.ToValidUTF8(text, "\uFFFD")) // which fails for others only
			return quoted
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// clusterOf returns the name of the cluster of an item, or "" for one that stands alone.
func (b *Benchmark) clusterOf(i *Item) string {
	if b.ClusterOf != nil {
		return b.ClusterOf(i)
	}
	return i.Image
}

// Statistics returns the benchmark's scores of all items together, such as BLEU, for the comparison
// of two models by their scored items. Those that scored items do not suffice for have no function.
func (b *Benchmark) Statistics() (all []compare.Statistic) {
	families := map[*Family]*compare.Family{}
	for n := range b.Metrics {
		m := &b.Metrics[n]
		if m.Family != nil {
			of := compare.Statistic{Task: b.Name, Metric: m.Name, LowerIsBetter: m.LowerIsBetter, Part: m.Part}
			if m.Family.FromEvidence != nil {
				if families[m.Family] == nil {
					families[m.Family] = m.Family.compared()
				}
				of.Family = families[m.Family]
			}
			all = append(all, of)
			continue
		}
		if m.Statistic == nil {
			continue
		}
		all = append(all, compare.Statistic{Task: b.Name, Metric: m.Name, LowerIsBetter: m.LowerIsBetter, Of: func(items []*compare.Item) (func([]int) float64, error) {
			return m.Statistic(corpusOf(items))
		}})
	}
	return all
}

// compared returns the family for the comparison of two models.
func (f *Family) compared() *compare.Family {
	return &compare.Family{Name: f.Name, Of: func(evidence []map[string]string) (*compare.Scores, error) {
		s, err := f.FromEvidence(evidence)
		if err != nil {
			return nil, err
		}
		return &compare.Scores{Values: s.Values, Slice: s.Slice, Groups: s.Groups, Alone: s.Alone}, nil
	}}
}

// corpusOf returns scored items as the items of a benchmark.
func corpusOf(scored []*compare.Item) *Corpus {
	c := &Corpus{Items: make([]Item, len(scored))}
	for n, i := range scored {
		c.Items[n] = Item{
			ID: i.ID, Image: i.Image, Language: i.Language, Question: i.Question, References: i.References, Choices: i.Choices,
			Prediction: i.Prediction, Error: i.Error,
		}
		for _, name := range slices.Sorted(maps.Keys(i.Fields)) {
			c.Items[n].Fields = append(c.Items[n].Fields, Field{Question: i.ID, Name: name, Value: i.Fields[name]})
		}
	}
	return c
}
