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
// Rows that are also an io.Closer are closed with the stream. Rows with a method
//
//	Scan() iter.Seq2[*shards.Sample, error]
//
// are scanned by it when a recipe is opened, rather than by Row: its samples, in order, may lack
// the bytes of images, and each may be overwritten by the next. Rows with a method
//
//	Fingerprint() string
//
// are known by it when a run is resumed; others by their name and number of rows.
type Rows interface {
	// Len returns the number of rows.
	Len() int
	// Row returns a sample by its number, from 0 to Len-1.
	Row(i int) (shards.Sample, error)
}

// OpenRows opens what a URL names. ctx bounds every later read.
type OpenRows func(ctx context.Context, name string) (Rows, error)

// openDataset is what a task draws samples from: a *shards.Dataset, or Rows.
type openDataset interface {
	Dir() string
	Len() int
	Row(i int) (shards.Sample, error)
	Close() error
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

// scan yields all samples.
func (r namedRows) scan() iter.Seq2[*shards.Sample, error] {
	if s, ok := r.Rows.(interface {
		Scan() iter.Seq2[*shards.Sample, error]
	}); ok {
		return s.Scan()
	}
	return func(yield func(*shards.Sample, error) bool) {
		for i := range r.Len() {
			s, err := r.Row(i)
			if !yield(&s, err) || err != nil {
				return
			}
		}
	}
}

// fingerprint identifies the content of the rows, as far as it is known.
func (r namedRows) fingerprint() string {
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
	for s, err := range r.scan() {
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

// scanWithoutImages yields all samples of a dataset, without the bytes of images if they need not
// be read.
func scanWithoutImages(d openDataset) iter.Seq2[*shards.Sample, error] {
	switch d := d.(type) {
	case namedRows:
		return d.scan()
	case *shards.Dataset:
		view, err := d.Without("images.bytes")
		if err == nil {
			return view.Scan()
		}
		return func(yield func(*shards.Sample, error) bool) { yield(nil, err) }
	}
	panic(fmt.Sprintf("mixture: a dataset of type %T", d))
}
