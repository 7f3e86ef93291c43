package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/internal/format/hf"
	"github.com/pali3/pali3/internal/parquet/table"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
	"github.com/pali3/pali3/shards/format/webdataset"
)

// Records implements [ingest.Source].
//
// Files before the cursor are downloaded only to count their rows. A file that is not a table is
// one reject. If a file cannot be downloaded, the records end with [ingest.ErrUnavailable].
func (h *Dataset) Records(ctx context.Context, from ingest.Cursor) iter.Seq[shards.Record] {
	n := from.Skip()
	return func(yield func(shards.Record) bool) {
		left := n
		h.meter.Begin(int64(len(h.files)))
		for i, file := range h.files {
			h.meter.At(int64(i))
			records, err := h.after(ctx, file, &left, from)
			if ctx.Err() != nil {
				return
			}
			if errors.Is(err, ingest.ErrUnavailable) {
				yield(shards.Bad(h.origin(file.name), "", ingest.Unreadable, err))
				return
			}
			if err != nil {
				if left--; left < 0 && !yield(shards.Bad(h.origin(file.name), "", ingest.Unreadable, err)) {
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

// after returns the records of a file without the first *left, and reduces *left by the number
// skipped.
func (h *Dataset) after(ctx context.Context, file file, left *int64, from ingest.Cursor) (iter.Seq[shards.Record], error) {
	local, err := h.cache.get(ctx, file.name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ingest.ErrUnavailable, err)
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
	return t.Records(ctx, ingest.After(skipped).WithKnown(from.Known)), nil
}

// table opens a downloaded file as a table.
func (h *Dataset) table(local string, file file) (t *tabular.Table, rows int64, err error) {
	f, err := os.Open(local)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	parts, err := openParquet(f)
	if err != nil {
		return nil, 0, err
	}
	o := h.options
	plan, err := h.planOf(parts)
	if err != nil {
		return nil, 0, err
	}
	t, err = tabular.NewPlanned(plan, h.origin(file.name), tabular.Options{File: local, Columns: o.Columns, Language: o.Language, Kind: o.Kind, Split: file.split})
	return t, parts.Len(), err
}

// openParquet opens a file as a table; the error names the actual kind of another file.
func openParquet(f input.File) (*table.File, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	file, err := table.Open(f, size)
	if err != nil {
		if kind := input.CheckKind(f, "parquet"); kind != nil {
			err = kind
		}
		return nil, err
	}
	return file, nil
}

// observed is the number of rows inspected before reading begins.
const observed = 64

// planOf plans which columns of a table are taken. If there are boxes, the first rows determine
// their format.
func (h *Dataset) planOf(file *table.File) (*mapping.Plan, error) {
	plan, err := h.mapping().For(hf.Columns(file))
	if err != nil || !plan.HasBoxes() {
		return plan, err
	}
	chosen, err := file.Select(h.options.Columns.Among(file.Columns())...)
	if err != nil {
		return nil, err
	}
	n := 0
	for values, err := range chosen.Rows() {
		if n++; err != nil || n > observed {
			break // reading the table reports the error
		}
		plan.Observe(values)
	}
	return plan, nil
}

// members returns the records of a downloaded archive. Their keys begin with the file's name,
// because the archives of one dataset may restart their numbering. Language and split default to
// those of the options and the file.
func (h *Dataset) members(ctx context.Context, local string, file file, left *int64) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		f, err := os.Open(local)
		if err != nil {
			if *left--; *left < 0 {
				yield(shards.Bad(h.origin(file.name), "", ingest.Unreadable, err))
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
