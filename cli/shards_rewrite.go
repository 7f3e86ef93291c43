package cli

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// writeDataset writes samples as a new dataset. On errors it writes nothing.
func writeDataset(con *console, dir string, limits shards.Limits, command string, sources []string, samples iter.Seq2[shards.Sample, error]) error {
	return writeCounted(con, dir, limits, command, sources, func(w *shards.Writer) error { return w.AppendAll(samples) })
}

func writeCounted(con *console, dir string, limits shards.Limits, command string, sources []string, fill func(*shards.Writer) error) error {
	stat, err := writeAll(con, dir, limits, command, sources, fill)
	if err != nil {
		return err
	}
	con.printf("wrote %s: %d rows\n", dir, stat.Rows)
	return nil
}

// writeAll writes a new dataset without printing anything. On errors it writes nothing.
func writeAll(con *console, dir string, limits shards.Limits, command string, sources []string, fill func(*shards.Writer) error) (shards.Stat, error) {
	lock, err := lockFor(dir)
	if err != nil {
		return shards.Stat{}, err
	}
	defer lock.Unlock()
	w, err := con.program.Stores.CreateNew(con.ctx, dir, limits)
	if err != nil {
		return shards.Stat{}, err
	}
	defer w.Abort()
	if err := fill(w); err != nil {
		return shards.Stat{}, fmt.Errorf("writing dataset %s: %w", dir, err)
	}
	err = w.Commit(command, sources...)
	return w.Stat(), err
}

type shardsReshard struct {
	Dataset    string `arg:"" help:"${dataset}"`
	To         string `required:"" help:"The new dataset: a folder or a URL." placeholder:"DATASET"`
	PartBytes  int64  `help:"Size of a part; default 256 MiB."`
	GroupBytes int64  `help:"Size of a row group; default 4 MiB."`
	GroupRows  int64  `help:"Maximum rows of a row group; default 4096."`
}

func (c shardsReshard) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	return writeDataset(con, c.To, shards.Limits{PartBytes: c.PartBytes, GroupBytes: c.GroupBytes, GroupRows: c.GroupRows}, "shards reshard",
		[]string{c.Dataset}, d.Samples())
}

type shardsMerge struct {
	Datasets []string `arg:"" help:"Datasets, in order: folders or URLs."`
	To       string   `required:"" help:"The new dataset: a folder or a URL." placeholder:"DATASET"`
}

func (c shardsMerge) Run(con *console) error {
	return writeCounted(con, c.To, shards.Limits{}, "shards merge", c.Datasets, func(w *shards.Writer) error {
		keys := map[string]bool{}
		for _, dir := range c.Datasets {
			if err := mergeInto(con, w, dir, keys); err != nil {
				return err
			}
		}
		return nil
	})
}

func mergeInto(con *console, w *shards.Writer, dir string, keys map[string]bool) error {
	d, err := con.open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	for r, err := range d.Rejects() {
		if err != nil {
			return err
		}
		w.Reject(r)
	}
	return w.AppendAll(func(yield func(shards.Sample, error) bool) {
		for s, err := range d.Samples() {
			if err == nil && keys[s.Key] {
				w.Duplicate()
				continue
			}
			keys[strings.Clone(s.Key)] = true
			if !yield(s, err) {
				return
			}
		}
	})
}

func numbers(from, to int) []int {
	all := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

type shardsSort struct {
	Dataset string `arg:"" help:"${dataset}"`
	To      string `required:"" help:"The new dataset: a folder or a URL." placeholder:"DATASET"`
	By      string `default:"key" help:"Column: key, split, provenance.url, text (the first), width, height, bytes, or the name of a score."`
	Reverse bool   `help:"Sort in descending order."`
}

// sortKey is a row with the value to sort by.
type sortKey struct {
	row    int
	text   string
	number float64
}

func (c shardsSort) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	keys, err := c.keys(d)
	if err != nil {
		return err
	}
	slices.SortStableFunc(keys, func(a, b sortKey) int {
		order := cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
		if c.Reverse {
			return -order
		}
		return order
	})
	rows := make([]int, len(keys))
	for i, k := range keys {
		rows[i] = k.row
	}
	return writeDataset(con, c.To, shards.Limits{}, "shards sort --by "+c.By, []string{c.Dataset}, d.Rows(rows))
}

// keys reads only the column to sort by.
func (c shardsSort) keys(d *shards.Dataset) (keys []sortKey, err error) {
	column := map[string]string{"key": "key", "split": "split", "provenance.url": "provenance.url", "text": "texts.value",
		"width": "images.width", "height": "images.height", "bytes": "images"}[c.By]
	if column == "" {
		column = "scores"
	}
	v, err := d.Select(column)
	if err != nil {
		return nil, err
	}
	found := column != "scores"
	for s, err := range v.Scan() {
		if err != nil {
			return nil, err
		}
		k := sortKey{row: len(keys)}
		switch c.By {
		case "key":
			k.text = s.Key
		case "split":
			k.text = s.Split
		case "provenance.url":
			k.text = s.Provenance.URL
		case "text":
			if len(s.Texts) > 0 {
				k.text = s.Texts[0].Value
			}
		case "width", "height", "bytes":
			if len(s.Images) > 0 {
				k.number = map[string]float64{"width": float64(s.Images[0].Width), "height": float64(s.Images[0].Height), "bytes": float64(len(s.Images[0].Bytes))}[c.By]
			}
		default:
			score, has := s.Scores[c.By]
			k.number, found = score, found || has
		}
		k.text = strings.Clone(k.text)
		keys = append(keys, k)
	}
	if !found && len(keys) > 0 {
		return nil, errors.New("--by " + c.By + ": no such column, and no row has a score of that name")
	}
	return keys, nil
}
