package mixture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Rows is a dataset of a program's own: samples by number, from wherever they are. A recipe names
// it by a URL whose scheme is in [Registry.Rows]. It must be safe for concurrent use, and a row
// must be equal whenever it is read: batches are a function of the recipe and the step alone.
//
// An evaluation reads them too: see [Registry.OpenData] and [Named].
//
// Rows that are also an io.Closer are closed with the stream. Rows with a method
//
//	Scan() iter.Seq2[*shards.Sample, error]
//
// are scanned by it when a recipe is opened, rather than by Row: its samples, in order, may lack
// the bytes of images, and each may be overwritten by the next. Rows with a method
//
//	Fingerprint() string
//
// are known by it when a run or an evaluation is resumed; others by their name and number of rows.
type Rows interface {
	// Len returns the number of rows.
	Len() int
	// Row returns a sample by its number, from 0 to Len-1.
	Row(i int) (shards.Sample, error)
}

// OpenRows opens what a URL names. ctx bounds every later read.
type OpenRows func(ctx context.Context, name string) (Rows, error)

// Data is what a task draws samples from, and what a model is evaluated on: a *[shards.Dataset], or
// [Rows] under a name.
type Data interface {
	// Dir returns the folder, URL or other name.
	Dir() string
	// Len returns the number of rows.
	Len() int
	// Row returns a sample by its number, from 0 to Len-1.
	Row(i int) (shards.Sample, error)
	Close() error
}

// Named returns rows under a name, which messages and results show.
func Named(name string, r Rows) Data { return namedRows{r, name} }

// OpenData opens what a recipe may name as data: [Rows], if the name is a URL of their scheme, or
// else a dataset, a folder or a URL. ctx bounds every later read.
func (g *Registry) OpenData(ctx context.Context, name string) (Data, error) {
	if rows, ok, err := g.openRows(ctx, name); ok {
		if err != nil {
			return nil, err
		}
		return rows, nil
	}
	d, err := g.OpenDataset(ctx, name)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// namedRows are Rows as a recipe names them.
type namedRows struct {
	Rows
	name string
}

func (r namedRows) Dir() string { return r.name }

func (r namedRows) Close() error {
	if c, ok := r.Rows.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Scan yields all samples, which the next may overwrite. They may lack the bytes of images.
func (r namedRows) Scan() iter.Seq2[*shards.Sample, error] {
	if s, ok := r.Rows.(interface {
		Scan() iter.Seq2[*shards.Sample, error]
	}); ok {
		return s.Scan()
	}
	return scanByRow(r.Rows)
}

// Fingerprint identifies the content of the rows, as far as it is known.
func (r namedRows) Fingerprint() string {
	if f, ok := r.Rows.(interface{ Fingerprint() string }); ok {
		return f.Fingerprint()
	}
	return fmt.Sprintf("%s with %d rows", r.name, r.Len())
}

// openRows opens rows of a program's own; ok is false if the name is not that of any.
func (g *Registry) openRows(ctx context.Context, name string) (r namedRows, ok bool, err error) {
	scheme, _, isURL := strings.Cut(name, "://")
	if g == nil || !isURL || g.Rows[scheme] == nil {
		return namedRows{}, false, nil
	}
	rows, err := g.Rows[scheme](ctx, name)
	if err == nil && rows == nil {
		err = errors.New("no rows")
	}
	if err != nil {
		err = fmt.Errorf("opening %s: %w", name, err)
	}
	return namedRows{rows, name}, true, err
}

// find finds the samples of tasks in rows.
func (r namedRows) find(finders []*finder) error {
	row := 0
	for s, err := range r.Scan() {
		if err != nil {
			return fmt.Errorf("%s row %d: %w", r.name, row, err)
		}
		for _, f := range finders {
			f.see(row, s)
		}
		row++
	}
	if row != r.Len() {
		return fmt.Errorf("%s: a scan has %d rows of %d", r.name, row, r.Len())
	}
	for _, f := range finders {
		f.scanErr = f.finish(r)
	}
	return nil
}

// Scan yields all samples of data in order, without the bytes of images if they need not be read.
// The next may overwrite a sample.
func Scan(d Data) iter.Seq2[*shards.Sample, error] {
	switch d := d.(type) {
	case *shards.Dataset:
		view, err := d.Without("images.bytes")
		if err == nil {
			return view.Scan()
		}
		return func(yield func(*shards.Sample, error) bool) { yield(nil, err) }
	case interface {
		Scan() iter.Seq2[*shards.Sample, error]
	}:
		return d.Scan()
	}
	return scanByRow(d)
}

// scanByRow reads one row after the other.
func scanByRow(r Rows) iter.Seq2[*shards.Sample, error] {
	return func(yield func(*shards.Sample, error) bool) {
		for i := range r.Len() {
			s, err := r.Row(i)
			if !yield(&s, err) || err != nil {
				return
			}
		}
	}
}

// Samples yields all samples of data in order, with the bytes of their images.
func Samples(d Data) iter.Seq2[shards.Sample, error] {
	if d, ok := d.(*shards.Dataset); ok {
		return d.Samples()
	}
	return func(yield func(shards.Sample, error) bool) {
		for i := range d.Len() {
			s, err := d.Row(i)
			if err != nil {
				err = fmt.Errorf("%s row %d: %w", d.Dir(), i, err)
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// DataFingerprint identifies the content of data that are no dataset, which has a manifest, as far
// as it is known: see [Rows].
func DataFingerprint(d Data) string {
	if f, ok := d.(interface{ Fingerprint() string }); ok {
		return f.Fingerprint()
	}
	return fmt.Sprintf("%s with %d rows", d.Dir(), d.Len())
}
