package shards

import (
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync"
)

// View is a choice of a dataset's columns and rows. What it leaves out is not read.
type View struct {
	d       *Dataset
	chosen  []bool // of columns
	filters []Filter
}

var everything = func() []bool {
	all := make([]bool, len(columns))
	for i := range all {
		all[i] = true
	}
	return all
}()

// All returns the view of everything.
func (d *Dataset) All() *View { return d.all }

// Select returns a view of the named columns, as FORMAT.md names them: "texts" is all of the texts,
// "images.format" one column of the images. The other fields of its samples are zero.
func (d *Dataset) Select(names ...string) (*View, error) { return d.all.Select(names...) }

// Without returns a view of all columns but the named, for example "images.bytes".
func (d *Dataset) Without(names ...string) (*View, error) {
	left, err := selected(names)
	if err != nil {
		return nil, err
	}
	for i := range left {
		left[i] = !left[i]
	}
	return &View{d: d, chosen: left}, nil
}

// Where returns a view of the rows that the filters keep, all of them. Row groups and parts whose
// statistics exclude every row are not read; of the others the filtered columns are read first.
func (d *Dataset) Where(filters ...Filter) (*View, error) { return d.all.Where(filters...) }

// Select narrows the view's columns; see [Dataset.Select].
func (v *View) Select(names ...string) (*View, error) {
	chosen, err := selected(names)
	if err != nil {
		return nil, err
	}
	return &View{v.d, chosen, v.filters}, nil
}

// Where adds filters to the view; see [Dataset.Where].
func (v *View) Where(filters ...Filter) (*View, error) {
	for _, f := range filters {
		if err := f.check(); err != nil {
			return nil, err
		}
	}
	return &View{v.d, v.chosen, append(v.filters[:len(v.filters):len(v.filters)], filters...)}, nil
}

// Samples yields the view's rows in order, and ends after an error. They stay valid.
func (v *View) Samples() iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		for s, err := range v.rows(false) {
			if err != nil {
				yield(Sample{}, err)
				return
			}
			if !yield(*s, nil) {
				return
			}
		}
	}
}

// Scan yields the view's rows in order, and ends after an error. A sample and all it holds are valid
// until the next is asked for: their memory is used again, which makes it the fastest way through a dataset.
func (v *View) Scan() iter.Seq2[*Sample, error] { return v.rows(true) }

// groupRows is a row group read ahead.
type groupRows struct {
	samples []Sample
	buffer  []byte
	err     error
}

// rows reads row groups ahead of the caller, a few at a time.
func (v *View) rows(reuse bool) iter.Seq2[*Sample, error] {
	return func(yield func(*Sample, error) bool) {
		readers := min(runtime.GOMAXPROCS(0), 4)
		spare := make(chan []byte, readers+1) // as many groups are in memory
		for range cap(spare) {
			spare <- nil
		}
		ahead, done := make(chan chan groupRows, cap(spare)), make(chan struct{})
		var readAhead sync.WaitGroup
		readAhead.Go(func() {
			defer close(ahead)
			v.readAhead(ahead, spare, done)
		})
		defer readAhead.Wait()
		defer close(done)
		for next := range ahead {
			g := <-next
			if g.err != nil {
				yield(nil, g.err)
				return
			}
			for i := range g.samples {
				if !yield(&g.samples[i], nil) {
					return
				}
			}
			if !reuse {
				g.buffer = nil
			}
			spare <- g.buffer
		}
	}
}

// readAhead begins to read the view's row groups in order, each as soon as a buffer is spare.
func (v *View) readAhead(ahead chan<- chan groupRows, spare <-chan []byte, done <-chan struct{}) {
	var reading sync.WaitGroup
	defer reading.Wait()
	for n := range v.d.groups {
		if v.excludedPart(v.d.groups[n].part) {
			continue
		}
		select {
		case buffer := <-spare:
			next := make(chan groupRows, 1)
			ahead <- next // has room for as many as there are buffers
			reading.Go(func() {
				samples, buffer, err := v.readGroup(n, buffer)
				next <- groupRows{samples, buffer, err}
			})
		case <-done:
			return
		}
	}
}

// readGroup reads the rows of a row group that the filters keep.
func (v *View) readGroup(n int, buffer []byte) ([]Sample, []byte, error) {
	g := &v.d.groups[n]
	p, err := v.d.part(g.part)
	if err != nil {
		return nil, buffer, err
	}
	keep, some, err := v.matches(p, g.number)
	if err != nil || !some {
		return nil, buffer, err
	}
	samples, buffer, err := p.readGroup(g.number, v.chosen, buffer)
	if err != nil || keep == nil {
		return samples, buffer, err
	}
	kept := samples[:0]
	for i, k := range keep {
		if k {
			kept = append(kept, samples[i])
		}
	}
	return kept, buffer, nil
}

// readGroup reads the chosen columns of all rows of a row group, its bytes into buffer if they fit.
func (p *part) readGroup(number int, chosen []bool, buffer []byte) (samples []Sample, _ []byte, err error) {
	defer recovered(&err, "reading row group %d of %s", number, p.name)
	group := &p.groups[number]
	f := filler{b: &batch{samples: make([]Sample, group.rows)}}
	chosen = slices.Clone(chosen)
	for i := range columns {
		if c := &group.chunks[i]; chosen[i] && c.size > 0 && c.constant && f.b.setConstant(i, c, p.levels[i].kind) {
			chosen[i] = false // the statistics say it all
		}
	}
	chunks, buffer, err := p.readChunks(number, chosen, buffer)
	if err != nil {
		return nil, buffer, err
	}
	for i := range columns {
		if chunks[i] == nil {
			continue
		}
		pages, err := p.readChunk(number, i, chunks[i])
		if err != nil {
			return nil, buffer, err
		}
		lead := f.begin(i)
		for _, page := range pages {
			if err := f.fill(i, lead, &p.levels[i], page, 0, page.rows, page.first); err != nil {
				return nil, buffer, fmt.Errorf("reading row group %d, column %s of %s: %w", number, columns[i].name, p.name, err)
			}
		}
	}
	return f.b.samples, buffer, nil
}

// nearby is up to which distance two chunks are read at once.
const nearby = 64 << 10

// readChunks reads the bytes of the chosen columns' chunks; those without a value stay nil.
func (p *part) readChunks(number int, chosen []bool, buffer []byte) ([][]byte, []byte, error) {
	group := &p.groups[number]
	type span struct{ at, end int64 }
	var spans []span
	var total int64
	for i := range columns {
		c := &group.chunks[i]
		if !chosen[i] || c.size == 0 {
			continue
		}
		if last := len(spans) - 1; last >= 0 && c.at >= spans[last].at && c.at-spans[last].end <= nearby {
			spans[last].end = max(spans[last].end, c.at+c.size)
		} else {
			spans = append(spans, span{c.at, c.at + c.size})
		}
	}
	for _, s := range spans {
		total += s.end - s.at
	}
	if int64(cap(buffer)) < total {
		buffer = make([]byte, total)
	}
	free, chunks := buffer[:total], make([][]byte, len(columns))
	for _, s := range spans {
		b := free[:s.end-s.at]
		free = free[len(b):]
		if n, err := p.r.ReadAt(b, s.at); n < len(b) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, buffer, fmt.Errorf("reading %d bytes at %d of %s: %w", len(b), s.at, p.name, err)
		}
		for i := range columns {
			if c := &group.chunks[i]; chosen[i] && c.size > 0 && c.at >= s.at && c.at+c.size <= s.end {
				chunks[i] = b[c.at-s.at:][:c.size]
			}
		}
	}
	return chunks, buffer, nil
}

// filler sets values into a batch.
type filler struct {
	b     *batch
	sizes []int32     // reused
	sized []*listing  // the lists that have their length
	read  io.ReaderAt // of values that were not read with their page
}

// begin is called before the pages of a column.
func (f *filler) begin(column int) (lead bool) {
	list := columns[column].list
	if list == nil || slices.Contains(f.sized, list) {
		return false
	}
	f.sized = append(f.sized, list)
	return true
}

// resize makes the lists of the samples that a page's rows from a to b go to.
func (f *filler) resize(column int, l *levels, p *page, a, b, first int) {
	f.sizes = f.sizes[:0]
	for row := a; row < b; row++ {
		from, to := p.slots(row, row+1)
		n := int32(0)
		for slot := from; slot < to; slot++ {
			if (p.rep == nil || p.rep[slot] < 2) && (p.def == nil || p.def[slot] >= l.listDef[0]) {
				n++
			}
		}
		f.sizes = append(f.sizes, n)
	}
	columns[column].list.resize(f.b, first, f.sizes)
}

// fill sets the values of a page's rows from a to b, the first of them into sample first of the batch. Of
// a list's columns the first, which leads, makes the lists.
func (f *filler) fill(column int, lead bool, l *levels, p *page, a, b, first int) error {
	c := &columns[column]
	from, to := p.slots(a, b)
	if lead {
		f.resize(column, l, p, a, b, first)
	}
	next := from // value number
	if p.nulls > 0 {
		next = 0
		for _, d := range p.def[:from] {
			if int(d) == l.maxDef {
				next++
			}
		}
	}
	at := place{row: first - 1}
	for slot := from; slot < to; slot++ {
		at.move(p, slot, l)
		if p.nulls > 0 && int(p.def[slot]) != l.maxDef {
			continue
		}
		if p.at > 0 {
			v, err := f.readValue(p, next)
			if err != nil {
				return err
			}
			c.set(f.b, at, v)
		} else {
			c.set(f.b, at, p.value(next))
		}
		next++
	}
	return nil
}

// move goes on to the place of a slot.
func (at *place) move(p *page, slot int, l *levels) {
	switch {
	case p.rep == nil || p.rep[slot] == 0:
		at.row, at.element, at.inner = at.row+1, 0, 0
	case p.rep[slot] == 1:
		at.element, at.inner = at.element+1, 0
	default:
		at.inner++
	}
}
