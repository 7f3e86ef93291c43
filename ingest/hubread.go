package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"

	"github.com/pali3/pali3/internal/parquet/table"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/hf"
	"github.com/pali3/pali3/shards/format/mapping"
	"github.com/pali3/pali3/shards/format/webdataset"
)

// Records implements [Source].
func (h *Hub) Records(ctx context.Context) iter.Seq[shards.Record] { return h.RecordsAfter(ctx, 0) }

// RecordsAfter implements [Skipper]: tables of which nothing is left are not read, and in the
// others only what is left. A file that is no table is one reject; at one that cannot be downloaded
// the records end, with [ErrUnavailable].
func (h *Hub) RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record] {
	return h.RecordsSparing(ctx, n, func(string) bool { return false })
}

// RecordsSparing implements [Sparer].
func (h *Hub) RecordsSparing(ctx context.Context, n int64, there func(key string) bool) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		left := n
		h.meter.begin(int64(len(h.files)))
		for i, file := range h.files {
			h.meter.at(int64(i))
			records, err := h.after(ctx, file, &left, there)
			if ctx.Err() != nil {
				return
			}
			if errors.Is(err, ErrUnavailable) {
				yield(shards.Bad(h.origin(file.name), "", Unreadable, err))
				return
			}
			if err != nil {
				if left--; left < 0 && !yield(shards.Bad(h.origin(file.name), "", Unreadable, err)) {
					return
				}
				continue
			}
			for record := range records {
				if !yield(record) {
					return
				}
			}
		}
	}
}

// after returns the records of a file but for those that are left to skip, which it counts down.
func (h *Hub) after(ctx context.Context, file hubFile, left *int64, there func(key string) bool) (iter.Seq[shards.Record], error) {
	local, err := h.cache.get(ctx, file.name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if file.archive() {
		return h.members(ctx, local, file, left), nil
	}
	t, rows, err := h.table(local, file)
	if err != nil {
		return nil, err
	}
	skipped := min(max(0, *left), rows)
	*left -= skipped
	if skipped == rows {
		return func(func(shards.Record) bool) {}, nil
	}
	return t.RecordsSparing(ctx, skipped, there), nil
}

// table opens a downloaded file as a table.
func (h *Hub) table(local string, file hubFile) (t *Table, rows int64, err error) {
	f, err := os.Open(local)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	parts, err := table.Open(f, info.Size())
	if err != nil {
		if kind := checkKind(f, "parquet"); kind != nil {
			err = kind
		}
		return nil, 0, err
	}
	o := h.options
	plan, err := h.planOf(parts)
	if err != nil {
		return nil, 0, err
	}
	t = &Table{File: local, Columns: o.Columns, Language: o.Language, Kind: cmp.Or(o.Kind, shards.Alt), plan: plan}
	if err := t.checkColumns(); err != nil {
		return nil, 0, err
	}
	t.as, t.Split = h.origin(file.name), file.split
	return t, parts.Len(), nil
}

// observed is how many rows of a table are looked at before the work begins.
const observed = 64

// planOf plans which columns of a table are taken. Where it has boxes its first rows say what their
// numbers are.
func (h *Hub) planOf(file *table.File) (*mapping.Plan, error) {
	plan, err := h.mapping().For(hf.Columns(file))
	if err != nil || !plan.HasBoxes() {
		return plan, err
	}
	chosen, err := file.Select(topColumns(file.Columns(), h.options.Columns.names())...)
	if err != nil {
		return nil, err
	}
	n := 0
	for values, err := range chosen.Rows() {
		if n++; err != nil || n > observed {
			break // reading the table says what is wrong
		}
		plan.Observe(values)
	}
	return plan, nil
}

// members returns the records of a downloaded archive. Their keys begin with the file's name, since
// archives of one dataset may count from the same number. Language and split are those of the
// options and the file, where a record says nothing.
func (h *Hub) members(ctx context.Context, local string, file hubFile, left *int64) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		f, err := os.Open(local)
		if err != nil {
			if *left--; *left < 0 {
				yield(shards.Bad(h.origin(file.name), "", Unreadable, err))
			}
			return
		}
		defer f.Close()
		for record := range webdataset.Read(f, h.origin(file.name)) {
			if *left > 0 {
				*left--
				continue
			}
			if record.Sample.Key != "" {
				record.Sample.Key = h.origin(file.name) + ":" + record.Sample.Key
			}
			record.Sample.Split = cmp.Or(record.Sample.Split, file.split)
			for i := range record.Sample.Texts {
				text := &record.Sample.Texts[i]
				text.Language = cmp.Or(text.Language, h.options.Language)
			}
			if ctx.Err() != nil || !yield(record) {
				return
			}
		}
	}
}
