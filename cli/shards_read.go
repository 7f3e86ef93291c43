package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/contactsheet"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

type shardsLs struct {
	Dataset string `arg:"" help:"${dataset}"`
	JSON    bool   `help:"Print one JSON object: the manifest."`
}

func (c shardsLs) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	m := d.Manifest()
	if c.JSON {
		return con.printJSON(m)
	}
	files := slices.Clone(m.Files)
	if m.Rejects != nil {
		files = append(files, *m.Rejects)
	}
	con.printf("%-22s %10s %13s %7s  %s\n", "file", "rows", "bytes", "groups", "sha256")
	for _, f := range files {
		con.printf("%-22s %10d %13d %7d  %.16s\n", f.Name, f.Rows, f.Bytes, len(f.RowGroups), f.SHA256)
	}
	return nil
}

type shardsCat struct {
	Dataset string   `arg:"" help:"${dataset}"`
	Columns []string `help:"Columns to read, as FORMAT.md names them, for example key,texts; by default all but image bytes."`
	Where   []string `help:"Keep rows with COLUMN=VALUE, COLUMN>=VALUE or COLUMN<=VALUE; may be repeated." sep:"none"`
}

func (c shardsCat) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	rows, err := chosenRows(d, c.Columns, c.Where)
	if err != nil {
		return err
	}
	encoder := con.lines()
	for s, err := range rows.Scan() {
		if err == nil {
			err = encoder.Encode(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// chosenRows returns a view of the chosen rows and columns, without image bytes.
func chosenRows(d *shards.Dataset, columns, where []string) (*shards.View, error) {
	v, err := d.Without("images.bytes")
	if err == nil && len(columns) > 0 {
		v, err = v.Select(columns...)
	}
	for _, condition := range where {
		if err != nil {
			return nil, err
		}
		var f shards.Filter
		if f, err = parseFilter(condition); err == nil {
			v, err = v.Where(f)
		}
	}
	return v, err
}

// parseFilter reads COLUMN=VALUE, COLUMN>=VALUE or COLUMN<=VALUE. Values of numeric
// columns are numbers.
func parseFilter(condition string) (shards.Filter, error) {
	at := strings.IndexAny(condition, "<>=")
	if at <= 0 {
		return shards.Filter{}, fmt.Errorf("--where %q: want COLUMN=VALUE, COLUMN>=VALUE or COLUMN<=VALUE", condition)
	}
	column, text, op := condition[:at], strings.TrimPrefix(condition[at+1:], "="), condition[at]
	if op != '=' && condition[at+1:] == text {
		return shards.Filter{}, fmt.Errorf("--where %q: the comparisons are =, >= and <=", condition)
	}
	var value any = text
	if shards.IsNumber(column) {
		if n, err := strconv.Atoi(text); err == nil {
			value = n
		} else if f, err := strconv.ParseFloat(text, 64); err == nil {
			value = f
		}
	}
	switch op {
	case '>':
		return shards.Filter{Column: column, Low: value}, nil
	case '<':
		return shards.Filter{Column: column, High: value}, nil
	}
	return shards.Equal(column, value), nil
}

type shardsGet struct {
	Dataset string `arg:"" help:"${dataset}"`
	Row     string `arg:"" help:"Row number from 0, or key=KEY."`
	Images  string `help:"Folder to save the row's images in." placeholder:"DIR"`
}

func (c shardsGet) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	s, err := c.find(d)
	if err != nil {
		return err
	}
	if c.Images != "" {
		if err := os.MkdirAll(c.Images, 0o755); err != nil {
			return err
		}
	}
	for i := range s.Images {
		if c.Images == "" {
			break
		}
		path := filepath.Join(c.Images, fmt.Sprintf("%d.%s", i, s.Images[i].Format))
		if err := atomicfile.WriteBytes(path, s.Images[i].Bytes); err != nil {
			return err
		}
		fmt.Fprintln(con.err, "wrote", path)
	}
	return con.printJSON(s)
}

func (c shardsGet) find(d *shards.Dataset) (shards.Sample, error) {
	if key, isKey := strings.CutPrefix(c.Row, "key="); isKey {
		v, err := d.Where(shards.Equal("key", key))
		if err != nil {
			return shards.Sample{}, err
		}
		for s, err := range v.Samples() {
			return s, err
		}
		return shards.Sample{}, fmt.Errorf("%s has no row with the key %q", c.Dataset, key)
	}
	row, err := strconv.Atoi(c.Row)
	if err != nil {
		return shards.Sample{}, fmt.Errorf("%q is neither a row number nor key=KEY", c.Row)
	}
	return d.Row(row)
}

type shardsSample struct {
	Dataset string `arg:"" help:"${dataset}"`
	N       int    `short:"n" default:"5" help:"Number of rows."`
	Seed    uint64 `default:"1" help:"The same seed draws the same rows."`
	To      string `help:"Write the rows as a dataset, a folder or a URL, instead of printing them." placeholder:"DATASET"`
}

func (c shardsSample) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.N < 0 {
		return errors.New("-n must be 0 or more")
	}
	rows := drawn(d.Len(), min(c.N, d.Len()), c.Seed)
	if c.To != "" {
		return writeDataset(con, c.To, shards.Limits{}, "shards sample", []string{c.Dataset}, d.Rows(rows))
	}
	encoder := con.lines()
	for s, err := range d.Rows(rows) {
		if err == nil {
			err = encoder.Encode(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// drawn returns n distinct numbers below total in ascending order, drawn uniformly (Floyd's
// algorithm).
func drawn(total, n int, seed uint64) []int {
	rng, taken := random.New(seed), map[int]bool{}
	for last := total - n; last < total; last++ {
		if i := rng.IntN(last + 1); taken[i] {
			taken[last] = true
		} else {
			taken[i] = true
		}
	}
	rows := make([]int, 0, n)
	for i := range taken {
		rows = append(rows, i)
	}
	slices.Sort(rows)
	return rows
}

type shardsView struct {
	Dataset string `arg:"" help:"${dataset}"`
	Out     string `default:"view.html" help:"HTML file to write."`
	Tiles   int    `default:"120" help:"Rows on the contact sheet."`
}

func (c shardsView) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	name, _, _ := strings.Cut(c.Dataset, "?")
	name = filepath.Base(filepath.Clean(name))
	if err := atomicfile.Write(c.Out, func(w io.Writer) error { return contactsheet.Write(w, d, name, c.Tiles) }); err != nil {
		return err
	}
	con.printf("wrote %s: open it in a browser\n", c.Out)
	return nil
}
