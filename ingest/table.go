package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/shards"
)

// Columns names the columns of a [Table]; only Image or Text is needed.
type Columns struct {
	Image    string // a path below the root, or (Parquet) the bytes, or Hugging Face's {bytes, path}
	Text     string
	ID       string // the key; without it the image's path (with the row's number where it comes again), or the row's number
	Language string
	Split    string
}

// Table reads the rows of a table: CSV or TSV with a header, JSON lines, or Parquet, by its extension.
type Table struct {
	File     string
	Root     string // where image paths begin; nothing outside is read
	Columns  Columns
	Language string // of the texts, where no column says
	Kind     string // of the texts, for example [shards.Alt]
}

// Reasons of tables.
const (
	BadRow  = "row"    // the row cannot be parsed
	NoImage = "absent" // the image's file is not there
	Outside = "outside"
)

// NewTable checks the table's file, its columns and the root, so that what is wrong is said before any work.
func NewTable(t Table) (*Table, error) {
	if t.Columns.Image == "" && t.Columns.Text == "" {
		return nil, errors.New("name an image column, a text column, or both")
	}
	if t.Root == "" {
		t.Root = filepath.Dir(t.File)
	}
	if t.Kind == "" {
		t.Kind = shards.Alt
	}
	if info, err := os.Stat(t.Root); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", t.Root)
	}
	rows, err := openRows(t.File)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	names, err := rows.columns()
	if err != nil {
		return nil, fmt.Errorf("reading the columns of %s: %w", t.File, err)
	}
	for _, want := range []string{t.Columns.Image, t.Columns.Text, t.Columns.ID, t.Columns.Language, t.Columns.Split} {
		if want != "" && !slices.Contains(names, want) {
			return nil, fmt.Errorf("%s has no column %q; its columns are %s", t.File, want, strings.Join(names, ", "))
		}
	}
	return &t, nil
}

// Name implements [Source].
func (t *Table) Name() string { return "table " + t.File }

// Fingerprint implements [Source].
func (t *Table) Fingerprint() (string, error) {
	files, err := fingerprintFiles(t.File, t.Root)
	return shards.Hash(fmt.Appendf(nil, "%s %+v %s %s", files, t.Columns, t.Language, t.Kind)), err
}

// Records implements [Source].
func (t *Table) Records(ctx context.Context) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		root, err := os.OpenRoot(t.Root)
		if err != nil {
			yield(shards.Bad(t.File, "", Unreadable, err))
			return
		}
		defer root.Close()
		rows, err := openRows(t.File)
		if err != nil {
			yield(shards.Bad(t.File, "", Unreadable, err))
			return
		}
		defer rows.close()
		taken := map[string]bool{}
		for number := 1; ctx.Err() == nil; number++ {
			row, err := rows.next()
			if errors.Is(err, errEnd) {
				return
			}
			origin := fmt.Sprintf("%s row %d", t.File, number)
			record := shards.Record{}
			if err != nil {
				record = shards.Bad(origin, "", BadRow, err)
			} else {
				record = t.record(root, origin, t.key(row, number, taken), row)
			}
			if !yield(record) || errors.Is(err, errBroken) {
				return
			}
		}
	}
}

// key names a row. Several rows about one image, such as five captions of it, are records of their own.
func (t *Table) key(row row, number int, taken map[string]bool) string {
	if t.Columns.ID != "" {
		return row.text(t.Columns.ID)
	}
	key := row.text(t.Columns.Image)
	switch {
	case key == "":
		return fmt.Sprintf("%s:%d", filepath.Base(t.File), number)
	case taken[key]:
		return fmt.Sprintf("%s#%d", key, number)
	}
	taken[key] = true
	return key
}

// record makes a row's sample.
func (t *Table) record(root *os.Root, origin, key string, row row) shards.Record {
	c := t.Columns
	s := shards.Sample{Key: key, Split: row.text(c.Split)}
	name := row.text(c.Image)
	if value := strings.TrimSpace(row.text(c.Text)); value != "" {
		if !utf8.ValidString(value) {
			return shards.Bad(origin, s.Key, BadText, fmt.Errorf("column %s is not UTF-8", c.Text))
		}
		language := row.text(c.Language)
		if language == "" {
			language = t.Language
		}
		s.Texts = []shards.Text{{Kind: t.Kind, Language: language, Value: value}}
	}
	if c.Image != "" {
		content, reason, err := rowImage(root, row, c.Image, name)
		if err != nil {
			return shards.Bad(origin, s.Key, reason, fmt.Errorf("column %s: %w", c.Image, err))
		}
		s.Images = []shards.Image{{Bytes: content}}
	}
	if len(s.Images) == 0 && len(s.Texts) == 0 {
		return shards.Bad(origin, s.Key, shards.NoContent, errors.New("neither image nor text"))
	}
	return shards.Record{Sample: s, Origin: origin}
}

func rowImage(root *os.Root, row row, column, name string) (content []byte, reason string, err error) {
	if content := row.bytes(column); len(content) > 0 {
		if len(content) > maxImageFile {
			return nil, TooLarge, fmt.Errorf("%d bytes, the limit is %d", len(content), maxImageFile)
		}
		return content, "", nil
	}
	if name == "" {
		return nil, NoImage, errors.New("empty")
	}
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) {
		return nil, Outside, fmt.Errorf("%q is not below the root folder", name)
	}
	content, reason, err = readWithin(root, local, maxImageFile)
	if errors.Is(err, os.ErrNotExist) {
		reason = NoImage
	}
	return content, reason, err
}
