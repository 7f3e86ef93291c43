package tabular

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// errNoColumn ends a run: no row has a requested column, which is known only at the end of a table.
var errNoColumn = errors.New("no row has the column")

// reading is the state of one pass over a table's files.
type reading struct {
	*work
	skipped int64               // records to skip
	done    int64               // records so far
	fileAt  int                 // index of the current file
	keys    map[uint64]struct{} // hashes of the keys taken from images
	missing map[string]bool     // requested columns that no row has had yet, in tables whose rows may lack columns
	told    map[string]bool     // columns that were reported as left out
	left    []shards.LeftOut
	rows    int64               // readable rows
	take    func(numbered) bool // if not nil, receives each row instead of the caller
}

// rows yields the rows after the first n. It waits for room in the budget before each row.
func (w *work) rows(ctx context.Context, n int64) iter.Seq[numbered] {
	return func(yield func(numbered) bool) {
		if w.GroupBy != "" {
			w.grouped(ctx, n, yield)
			return
		}
		w.reading(n).all(ctx, yield)
	}
}

// reading returns a new pass over the table's files that skips the first n records.
func (w *work) reading(n int64) *reading {
	r := &reading{work: w, skipped: n, keys: map[uint64]struct{}{}, missing: map[string]bool{}, told: map[string]bool{}}
	for _, name := range w.names() {
		if name != "" {
			r.missing[name] = true
		}
	}
	r.left = slices.Clone(w.leftFiles)
	return r
}

// all yields the rows of every file.
func (r *reading) all(ctx context.Context, yield func(numbered) bool) {
	files := r.parts()
	if len(files) > 1 {
		r.meter.Begin(int64(len(files)))
	}
	for at, file := range files {
		if r.fileAt = at; !r.file(ctx, file, len(files) == 1, yield) {
			return
		}
		if len(files) > 1 {
			r.meter.Add(1)
		}
	}
	if missing := sortedKeys(r.missing); len(missing) > 0 && r.rows > 0 && ctx.Err() == nil {
		err := fmt.Errorf("%w %s", errNoColumn, strings.Join(missing, ", "))
		if told := sortedKeys(r.told); len(told) > 0 {
			err = fmt.Errorf("%w; the columns are %s", err, strings.Join(told[:min(len(told), 50)], ", "))
		}
		r.skipped = min(r.skipped, r.done)
		r.give(ctx, numbered{file: files[len(files)-1], err: &ingest.Fatal{Err: err}}, yield)
	}
}

// give counts the next record and yields it unless it is to be skipped. It returns false to stop.
func (r *reading) give(ctx context.Context, n numbered, yield func(numbered) bool) bool {
	r.done++
	left := r.left
	r.left, n.fileAt = nil, r.fileAt
	if r.take != nil {
		n.left, n.root = left, r.roots[n.file.root]
		return ctx.Err() == nil && r.take(n)
	}
	if r.done <= r.skipped {
		return ctx.Err() == nil
	}
	n.ticket, n.left, n.root = r.done-r.skipped, left, r.roots[n.file.root]
	return r.budget.Take(ctx, n.ticket, 0) && yield(n)
}

// file yields the rows of a file. It returns false to stop.
func (r *reading) file(ctx context.Context, file tableFile, only bool, yield func(numbered) bool) bool {
	m := r.meter
	if !only {
		m = nil
	}
	rows, err := openRows(r.Stores, file.path, m, r.Dialect, r.names())
	if err != nil {
		return r.give(ctx, numbered{file: file, err: fmt.Errorf("%w: %w", errBroken, err)}, yield)
	}
	defer rows.close()
	if err := r.choose(rows); err != nil {
		return r.give(ctx, numbered{file: file, err: fmt.Errorf("%w: %w", errBroken, err)}, yield)
	}
	if _, sparse := rows.(interface{ sparse() }); !sparse {
		clear(r.missing)
	}
	counted, isCounted := rows.(interface{ len() int64 })
	first, err := r.skip(rows)
	if err != nil {
		return r.give(ctx, numbered{file: file, number: first, err: fmt.Errorf("%w: %w", errBroken, err)}, yield)
	}
	if isCounted {
		m.Begin(counted.len())
		m.Add(first - 1)
	}
	for number := first; ctx.Err() == nil; number++ {
		next, err := rows.next()
		if errors.Is(err, errEnd) {
			return true
		}
		if isCounted {
			m.Add(1)
		}
		r.note(rows, next)
		n := numbered{number: number, file: file, row: next, err: err}
		if err == nil {
			r.rows++
			n.root, n.err = r.roots[file.root], r.checkLanguages(next)
		}
		if n.err == nil && r.take == nil {
			n.key = r.key(&n, r.keys)
		}
		if !r.give(ctx, n, yield) {
			return false
		}
		if errors.Is(err, errBroken) {
			return true
		}
	}
	return false
}

// choose tells a table which columns to read and notes the others, which the next record reports as
// left out.
func (r *reading) choose(rows rowReader) error {
	names, all := r.names(), []string(nil)
	if _, tells := rows.(leaver); !tells {
		all, _ = rows.columns()
	}
	if chooser, ok := rows.(chooser); ok {
		if err := chooser.choose(names); err != nil {
			return err
		}
	}
	top := topColumns(all, names)
	for _, name := range all {
		if !slices.Contains(top, name) {
			r.leave(name)
		}
	}
	return nil
}

// leave notes each column that is not taken, once.
func (r *reading) leave(name string) {
	if !r.told[name] && r.taken != nil {
		r.told[name] = true
		r.left = append(r.left, shards.LeftOut{Reason: shards.LeftColumn, Name: name, N: 1})
	}
}

// note notes the columns that occur in a row.
func (r *reading) note(rows rowReader, next row) {
	for name := range r.missing {
		if top, _, _ := strings.Cut(name, "/"); mapping.Lookup(next, name) != nil || hasKey(next, name) || hasKey(next, top) {
			delete(r.missing, name)
		}
	}
	if leaver, ok := rows.(leaver); ok {
		for _, name := range leaver.left() {
			r.leave(name)
		}
	}
}

// skip skips rows without reading them, if the table supports that. It returns the number of the
// next row.
func (r *reading) skip(rows rowReader) (first int64, err error) {
	skipper, ok := rows.(interface {
		skip(n int64) error
		len() int64
	})
	if !ok || !r.namesStandAlone() || r.done >= r.skipped {
		return 1, nil
	}
	n := min(r.skipped-r.done, skipper.len())
	if err := skipper.skip(n); err != nil {
		return n + 1, err
	}
	r.done += n
	r.rows += n
	if n > 0 {
		r.left = nil // already reported with the first of the skipped rows
	}
	return n + 1, nil
}

func hasKey(values row, name string) bool {
	_, has := values[name]
	return has
}
