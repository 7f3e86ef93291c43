package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/ingest/fetch"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/mapping"
)

// Table reads the rows of a table: CSV or TSV with a header, JSON lines (all these as .gz or .zst too) or Parquet,
// by its extension.
type Table struct {
	File     string
	Root     string // where image paths begin; nothing outside is read. By default the table's folder; none if it is in an object store
	Columns  Columns
	Language string // of the texts, where no column says
	Kind     string // of the texts, for example [shards.Alt]
	Web      *Web   // fetches what is a URL; without it, that is a reject

	name  string
	as    string // names the table in keys and origins, which then go by the row's number; default its file
	split string // where no column says
	meter *meter
	plan  *mapping.Plan // of all but keys and images
}

// Reasons of tables.
const (
	BadRow     = "row"      // the row cannot be parsed
	NoImage    = "absent"   // the image's file is not there
	Outside    = "outside"  // the image's path leads out of the root
	BadDataURI = "data_uri" // it cannot be decoded
)

// NewTable checks the table's file, its columns and the root, so that what is wrong is said before any work.
func NewTable(t Table) (*Table, error) {
	if t.Columns.Image == "" && t.Columns.Text == "" && t.Columns.Question == "" {
		return nil, errors.New("name an image column, a text column, or both")
	}
	if t.Root == "" && !shards.IsURL(t.File) {
		t.Root = filepath.Dir(t.File)
	}
	if t.Kind == "" {
		t.Kind = shards.Alt
	}
	t.name, t.meter = "table "+t.File, new(meter)
	if t.Root == "" {
		return &t, t.checkColumns()
	}
	if err := Local(t.Root); err != nil {
		return nil, fmt.Errorf("the root of image paths: %w", err)
	}
	if info, err := os.Stat(t.Root); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", t.Root)
	}
	return &t, t.checkColumns()
}

func (t *Table) checkColumns() error {
	rows, err := openRows(t.File, nil)
	if err != nil {
		return err
	}
	defer rows.close()
	names, err := rows.columns()
	if err != nil {
		return fmt.Errorf("reading the columns of %s: %w", t.File, err)
	}
	c := t.Columns
	for _, want := range c.names() {
		if want != "" && !hasColumn(names, want) {
			return fmt.Errorf("%s has no column %q; its columns are %s", t.File, want, strings.Join(names, ", "))
		}
	}
	return t.planColumns(rows, names)
}

// Name implements [Source].
func (t *Table) Name() string { return t.name }

// Fingerprint implements [Source].
func (t *Table) Fingerprint() (string, error) {
	files := []string{t.File}
	if t.Root != "" {
		files = append(files, t.Root)
	}
	print, err := fingerprintFiles(files...)
	return shards.Hash(fmt.Appendf(nil, "%s %+v %s %s", print, t.Columns, t.Language, t.Kind)), err
}

// Part implements [Measured].
func (t *Table) Part() float64 { return t.meter.part() }

// Records implements [Source].
func (t *Table) Records(ctx context.Context) iter.Seq[shards.Record] { return t.RecordsAfter(ctx, 0) }

// RecordsAfter implements [Skipper]: of the first n rows no picture is read.
func (t *Table) RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record] {
	return t.RecordsSparing(ctx, n, func(string) bool { return false })
}

// RecordsSparing implements [Sparer]: of rows that are there no picture is read, or fetched.
func (t *Table) RecordsSparing(ctx context.Context, n int64, there func(key string) bool) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		w := &tableWork{Table: t, there: there}
		if t.Root != "" {
			root, err := os.OpenRoot(t.Root)
			if err != nil {
				yield(shards.Bad(t.File, "", Unreadable, err))
				return
			}
			defer root.Close()
			w.root = root
		}
		width := 2 * runtime.GOMAXPROCS(0)
		if t.Web != nil {
			w.client, w.budget = t.Web.client()
			defer w.client.Close()
			width = t.Web.window()
		}
		for done := range inOrder(ctx, w.rows(ctx, n), width, w.record) {
			w.budget.Done(done.ticket)
			if ctx.Err() != nil || !yield(done.record) { // a record may be bad only because ctx ended
				return
			}
		}
	}
}

// tableWork is one reading of a table.
type tableWork struct {
	*Table
	there  func(key string) bool
	root   *os.Root // nil where no paths are read
	client *fetch.Client
	budget *fetch.Budget
}

// numbered is a row on its way to a record.
type numbered struct {
	ticket int64
	number int64 // from 1
	key    string
	row    row
	err    error
}

// made is a record in its turn.
type made struct {
	ticket int64
	record shards.Record
}

// rows yields the rows after the first n. A new row begins when the budget has room.
func (w *tableWork) rows(ctx context.Context, n int64) iter.Seq[numbered] {
	return func(yield func(numbered) bool) {
		rows, err := openRows(w.File, w.meter)
		if err != nil {
			yield(numbered{ticket: 1, err: fmt.Errorf("%w: %w", errBroken, err)})
			return
		}
		defer rows.close()
		if chooser, ok := rows.(interface{ choose(names []string) error }); ok {
			if err := chooser.choose(w.Columns.names()); err != nil {
				yield(numbered{ticket: 1, err: fmt.Errorf("%w: %w", errBroken, err)})
				return
			}
		}
		taken := map[uint64]struct{}{}
		first := int64(1)
		if skipper, ok := rows.(interface{ skip(n int64) error }); ok && w.namesStandAlone() {
			if err := skipper.skip(n); err != nil {
				yield(numbered{ticket: 1, number: n + 1, err: fmt.Errorf("%w: %w", errBroken, err)})
				return
			}
			first += n
		}
		counted, isCounted := rows.(interface{ len() int64 })
		if isCounted {
			w.meter.begin(counted.len())
			w.meter.add(first - 1)
		}
		for number := first; ctx.Err() == nil; number++ {
			row, err := rows.next()
			if errors.Is(err, errEnd) {
				return
			}
			if isCounted {
				w.meter.add(1)
			}
			next := numbered{ticket: number - n, number: number, row: row, err: err}
			if err == nil {
				next.key = w.key(row, number, taken)
			}
			if number > n && (!w.budget.Take(ctx, next.ticket, 0) || !yield(next)) || errors.Is(err, errBroken) {
				return
			}
		}
	}
}

// namesStandAlone reports whether the key of a row does not depend on the rows before.
func (w *tableWork) namesStandAlone() bool {
	return w.Columns.ID != "" || w.as != "" || w.Columns.Image == ""
}

// key names a row. Several rows about one image, such as five captions of it, are records of their own. Taken
// holds hashes: if two names share one, the second bears its row's number without need.
func (w *tableWork) key(row row, number int64, taken map[uint64]struct{}) string {
	if w.Columns.ID != "" {
		return row.text(w.Columns.ID)
	}
	if w.as != "" {
		return fmt.Sprintf("%s:%d", w.as, number)
	}
	key := strings.TrimSpace(row.text(w.Columns.Image))
	if key == "" || strings.HasPrefix(key, "data:") {
		return fmt.Sprintf("%s:%d", filepath.Base(called(w.File)), number)
	}
	hash := xxhash.Sum64String(key)
	if len(key) > maxKey-32 { // of a URL that is longer than a key may be
		key = fmt.Sprintf("%s...%016x", strings.ToValidUTF8(key[:maxKey-64], "\uFFFD"), hash)
	}
	if _, there := taken[hash]; there {
		return fmt.Sprintf("%s#%d", key, number)
	}
	taken[hash] = struct{}{}
	return key
}
