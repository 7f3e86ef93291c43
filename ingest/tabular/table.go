package tabular

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/fetch"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/langcode"
	"github.com/pali3/pali3/ingest/internal/nametext"
	"github.com/pali3/pali3/ingest/internal/ordered"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// Table reads the rows of tables: CSV or TSV, JSON (an object a line, or a list of them), all these
// compressed too, or Parquet, by their extensions.
type Table struct {
	Options

	name      string
	as        string // names the table in keys and origins, which then go by the row's number; default its file
	languages *langcode.Cache
	meter     *input.Meter
	files     []tableFile
	leftFiles []shards.LeftOut // what lies beside the tables
	plan      *mapping.Plan    // of all but keys and images
	taken     *mapping.Plan    // the same, of the columns that are read alone; nil if the plan says what it leaves out
}

// Options say which tables are read, and how.
type Options struct {
	File     string        // or a folder of tables of one kind, or a pattern such as x/*.csv
	Files    []string      // more of them, read after it
	Stores   shards.Stores // open files named by URLs
	Dialect  Dialect       // how text tables are written, where they do not tell themselves
	Root     string        // where image paths begin; nothing outside is read. By default each table's folder; none of one in an object store
	Columns  Columns
	Language string // of the texts, where no column says
	Kind     string // of the texts, for example [shards.Alt], which is the default, or [KindByName]
	Split    string // of the records, where no column says

	// GroupBy names a column: all rows that have one value in it become one record, with the texts,
	// questions and boxes of all of them. The rows need not be adjacent. A column of images groups
	// by the file that a path leads to.
	GroupBy string
	// ImagePattern makes names of what the image columns hold: {} is their value, as in
	// images/{}.png. Bytes, URLs and data URIs stay as they are.
	ImagePattern string
	// TextFrom makes a text of the image's name where a row has none: [nametext.FromFilename] or
	// [nametext.FromFolder]. It is of the kind alt.
	TextFrom string

	Web *Web // fetches what is a URL; without it, that is a reject
}

// New checks the table's file, its columns and the root, so that what is wrong is said before
// any work.
func New(o Options) (*Table, error) {
	t := &Table{Options: o}
	if t.Columns.Image == "" && t.Columns.Text == "" && t.Columns.Question == "" {
		return nil, errors.New("name an image column, a text column, or both")
	}
	err := errors.Join(t.checkPattern(), t.checkGroupBy(), input.CheckLanguageFlag(t.Language), nametext.Check(t.TextFrom))
	if err != nil {
		return nil, err
	}
	if t.Dialect, err = t.Dialect.check(); err != nil {
		return nil, err
	}
	if t.Kind == "" {
		t.Kind = shards.Alt
	}
	t.meter, t.languages = new(input.Meter), new(langcode.Cache)
	if err := t.find(); err != nil {
		return nil, err
	}
	if err := t.checkRoots(); err != nil {
		return nil, err
	}
	return t, t.checkColumns()
}

// NewPlanned returns a source of a single Parquet file whose columns are taken by a plan that was
// made before. Keys and origins call the file as, and count its rows.
func NewPlanned(plan *mapping.Plan, as string, o Options) (*Table, error) {
	o.Kind = cmp.Or(o.Kind, shards.Alt)
	t := &Table{Options: o, as: as, plan: plan}
	return t, t.checkColumns()
}

func (t *Table) checkColumns() error {
	for _, file := range t.parts() {
		if err := t.checkFile(file.path); err != nil {
			return err
		}
	}
	return nil
}

// checkFile checks that a file has the columns asked for.
func (t *Table) checkFile(file string) error {
	rows, err := openRows(t.Stores, file, nil, t.Dialect, t.names())
	if err != nil {
		return err
	}
	defer rows.close()
	if prober, ok := rows.(interface{ probe() }); ok && !shards.IsURL(file) {
		prober.probe()
	}
	names, err := rows.columns()
	if err != nil {
		return fmt.Errorf("reading the columns of %s: %w", file, err)
	}
	for _, want := range t.names() {
		if want != "" && !hasColumn(names, want) {
			hint := ""
			if hinter, ok := rows.(interface{ hint() string }); ok {
				hint = hinter.hint()
			}
			return fmt.Errorf("%s has no column %q; its columns are %s%s", file, want, strings.Join(names, ", "), hint)
		}
	}
	return t.planColumns(rows, names)
}

// Name implements [ingest.Source].
func (t *Table) Name() string { return t.name }

// Fingerprint implements [ingest.Source].
func (t *Table) Fingerprint() (string, error) {
	var files []string
	for _, file := range t.parts() {
		files = append(files, file.path)
	}
	print, err := input.FingerprintFiles(t.Stores, append(files, t.roots()...)...)
	dialect := ""
	if d := t.Dialect; d.fields() || d.Encoding != "" {
		dialect = fmt.Sprintf(" %+v", d)
	}
	for _, option := range []struct{ name, value string }{{"split", t.Split}, {"group by", t.GroupBy}, {"image pattern", t.ImagePattern}, {"text from", t.TextFrom}} {
		if option.value != "" {
			dialect += fmt.Sprintf(" %s %q", option.name, option.value)
		}
	}
	return shards.Hash(fmt.Appendf(nil, "%s %+v %s %s%s", print, t.Columns, t.Language, t.Kind, dialect)), err
}

// Part implements [ingest.Measured].
func (t *Table) Part() float64 { return t.meter.Part() }

// Records implements [ingest.Source].
//
// The images of rows before the cursor, and of rows that are known, are neither read nor fetched.
func (t *Table) Records(ctx context.Context, from ingest.Cursor) iter.Seq[shards.Record] {
	n := from.Skip()
	return func(yield func(shards.Record) bool) {
		w := &work{Table: t, from: from, roots: map[string]*imageRoot{}}
		for _, name := range t.roots() {
			root, err := openImageRoot(name)
			if err != nil {
				yield(shards.Bad(name, "", ingest.Unreadable, err))
				return
			}
			defer root.close()
			w.roots[name] = root
		}
		width := 2 * runtime.GOMAXPROCS(0)
		if t.Web != nil {
			w.client, w.budget = t.Web.client()
			defer w.client.Close()
			width = t.Web.window()
		}
		for done := range ordered.Map(ctx, w.rows(ctx, n), width, w.record) {
			w.budget.Done(done.ticket)
			if ctx.Err() != nil || !yield(done.record) { // a record may be bad only because ctx ended
				return
			}
		}
	}
}

// work is one reading of a table.
type work struct {
	*Table
	from   ingest.Cursor
	roots  map[string]*imageRoot
	client *fetch.Client
	budget *fetch.Budget
}

// numbered is a row on its way to a record.
type numbered struct {
	ticket int64
	number int64 // in its file, from 1
	file   tableFile
	fileAt int        // of the table's files, from 0
	rows   []numbered // of a group: all of its rows, the first of them, too
	over   int64      // rows of a group beyond those
	why    string     // reason of err, if it has one of its own
	root   *imageRoot // nil where no paths are read
	key    string
	row    row
	left   []shards.LeftOut
	err    error
}

// made is a record in its turn.
type made struct {
	ticket int64
	record shards.Record
}

// namesStandAlone reports whether the key of a row does not depend on the rows before.
func (w *work) namesStandAlone() bool {
	return w.Columns.ID != "" || w.as != "" || w.Columns.Image == ""
}

// names are the columns that are read.
func (t *Table) names() []string { return append(t.Columns.Names(), t.GroupBy) }

// key names a row. Several rows about one image, such as five captions of it, are records of their
// own. Taken holds hashes: if two names share one, the second bears its row's number without need.
func (w *work) key(n *numbered, taken map[uint64]struct{}) string {
	if w.Columns.ID != "" {
		return n.row.text(w.Columns.ID)
	}
	if w.as != "" {
		return fmt.Sprintf("%s:%d", w.as, n.number)
	}
	key := w.imageName(strings.TrimSpace(n.row.text(w.Columns.Image)))
	if key == "" || strings.HasPrefix(key, "data:") || base64Image(key) {
		return fmt.Sprintf("%s:%d", n.file.name, n.number)
	}
	if n.root != nil {
		key = n.root.key(key)
	}
	hash := xxhash.Sum64String(key)
	if len(key) > ingest.MaxKey-32 { // of a URL that is longer than a key may be
		key = fmt.Sprintf("%s...%016x", strings.ToValidUTF8(key[:ingest.MaxKey-64], "\uFFFD"), hash)
	}
	if _, there := taken[hash]; there && len(w.parts()) > 1 {
		return fmt.Sprintf("%s#%s:%d", key, n.file.name, n.number)
	} else if there {
		return fmt.Sprintf("%s#%d", key, n.number)
	}
	taken[hash] = struct{}{}
	return key
}
