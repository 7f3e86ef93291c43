package shards

import (
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync"
)

// room is what a row group is read into. A scan reuses a few rooms; where rows must stay valid,
// each group has its own.
type room struct {
	batch  batch
	buffer []byte   // bytes that were read
	memory *part    // whose mapped file the rows point into, or nil
	held   []span   // of its file
	rows   []int32  // the batch.samples that filters keep; nil for all
	values []Values // of the pages of one column, for Dataset.Column
	err    error
}

// span is a range of a file.
type span struct{ at, end int64 }

// leave releases the memory of the file that the rows point into.
func (r *room) leave() {
	for _, s := range r.held {
		r.memory.memory.release(s.at, s.end)
	}
	r.held, r.memory = r.held[:0], nil
}

// rows yields the view's rows.
func (v *View) rows(reuse bool) iter.Seq2[*Sample, error] {
	return func(yield func(*Sample, error) bool) {
		err := v.groups(reuse, func(n int, r *room) error { return v.readGroup(n, r, reuse) }, func(r *room) bool { return r.yield(yield) })
		if err != nil {
			yield(nil, err)
		}
	}
}

// groups reads row groups into rooms, a few ahead of the caller, and passes them to do in order
// until it returns false.
func (v *View) groups(reuse bool, read func(n int, r *room) error, do func(*room) bool) error {
	rooms := min(runtime.GOMAXPROCS(0), 4) + 1
	if v.d.remote() {
		rooms = 16 // waiting for an answer takes longer than decoding it
	}
	spare := make(chan *room, rooms)
	for range rooms {
		spare <- new(room)
	}
	ahead, done := make(chan chan *room, rooms), make(chan struct{})
	var readAhead sync.WaitGroup
	readAhead.Go(func() {
		defer close(ahead)
		v.readAhead(ahead, spare, done, read)
	})
	defer readAhead.Wait()
	defer close(done)
	for next := range ahead {
		r := <-next
		if r.err != nil {
			return r.err
		}
		if !do(r) {
			return nil
		}
		r.leave()
		if !reuse {
			r = new(room)
		}
		spare <- r
	}
	return nil
}

// yield yields the rows of the room.
func (r *room) yield(yield func(*Sample, error) bool) bool {
	samples := r.batch.samples
	if r.rows != nil {
		for _, i := range r.rows {
			if !yield(&samples[i], nil) {
				return false
			}
		}
		return true
	}
	for i := range samples {
		if !yield(&samples[i], nil) {
			return false
		}
	}
	return true
}

// readAhead starts reading the row groups of the view in order, each as soon as a room is free.
func (v *View) readAhead(ahead chan<- chan *room, spare <-chan *room, done <-chan struct{}, read func(int, *room) error) {
	var reading sync.WaitGroup
	defer reading.Wait()
	for n := range v.d.groups {
		if v.excludedPart(v.d.groups[n].part) {
			continue
		}
		select {
		case r := <-spare:
			next := make(chan *room, 1)
			ahead <- next // has space for as many as there are rooms
			reading.Go(func() {
				r.err = read(n, r)
				next <- r
			})
		case <-done:
			return
		}
	}
}

// readGroup reads the rows of a row group that the filters keep.
func (v *View) readGroup(n int, r *room, inPlace bool) error {
	r.batch.samples, r.rows = r.batch.samples[:0], nil
	g := &v.d.groups[n]
	opened, err := v.d.usePart(g.part)
	if err != nil {
		return err
	}
	defer v.d.leavePart(opened)
	p := opened.part
	keep, some, err := v.matches(p, g.number)
	if err != nil || !some {
		return err
	}
	for i, k := range keep {
		if k {
			r.rows = append(r.rows, int32(i))
		}
	}
	return p.readGroup(g.number, v.chosen, r, inPlace)
}

// readGroup reads the chosen columns of all rows of a row group. With inPlace, values point into
// the mapped file, if it is mapped, otherwise into the buffer of the room.
func (p *part) readGroup(number int, chosen []bool, r *room, inPlace bool) (err error) {
	defer recovered(&err, "reading row group %d of %s", number, p.name)
	group := &p.groups[number]
	r.batch.reset(group.rows)
	f := filler{b: &r.batch}
	chosen = slices.Clone(chosen)
	for i := range columns {
		if c := &group.chunks[i]; chosen[i] && c.size > 0 && c.constant && f.b.setConstant(i, c, p.levels[i].Kind) {
			chosen[i] = false // the statistics have the value
		}
	}
	chunks, err := p.readChunks(number, chosen, r, inPlace)
	if err != nil {
		return err
	}
	for i := range columns {
		if chunks[i] == nil {
			continue
		}
		decoded, err := p.readChunk(number, i, chunks[i])
		if err != nil {
			return err
		}
		lead := f.begin(i)
		for _, page := range decoded {
			if err := f.fill(i, lead, &p.levels[i], page, 0, page.Rows, page.First); err != nil {
				return fmt.Errorf("reading row group %d, column %s of %s: %w", number, columns[i].name, p.name, err)
			}
		}
	}
	return nil
}

// nearby is the largest gap between two chunks that are read together.
const nearby = 64 << 10

// spans returns the ranges of the file with the chosen columns of a row group, and their total
// size.
func (group *partGroup) spans(chosen []bool, spans []span) ([]span, int64) {
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
	var total int64
	for _, s := range spans {
		total += s.end - s.at
	}
	return spans, total
}

// readChunks reads the bytes of the chunks of the chosen columns; chunks without a value stay nil.
func (p *part) readChunks(number int, chosen []bool, r *room, inPlace bool) ([][]byte, error) {
	group := &p.groups[number]
	spans, total := group.spans(chosen, r.held[:0])
	chunks := make([][]byte, len(columns))
	inPlace = inPlace && p.memory != nil
	for _, s := range spans {
		inPlace = inPlace && p.memory.load(s.at, s.end)
	}
	if inPlace {
		p.reads.add(total)
		r.held, r.memory = spans, p
		for i := range columns {
			if c := &group.chunks[i]; chosen[i] && c.size > 0 {
				chunks[i] = p.memory.b[c.at:][:c.size:c.size]
			}
		}
		return chunks, nil
	}
	if int64(cap(r.buffer)) < total {
		r.buffer = make([]byte, total)
	}
	free := r.buffer[:total]
	for _, s := range spans {
		b := free[:s.end-s.at]
		free = free[len(b):]
		if n, err := exact(p.r).ReadAt(b, s.at); n < len(b) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("reading %d bytes at %d of %s: %w", len(b), s.at, p.name, err)
		}
		for i := range columns {
			if c := &group.chunks[i]; chosen[i] && c.size > 0 && c.at >= s.at && c.at+c.size <= s.end {
				chunks[i] = b[c.at-s.at:][:c.size]
			}
		}
	}
	return chunks, nil
}
