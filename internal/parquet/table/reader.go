package table

import (
	"fmt"
	"io"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// Reader reads rows one by one.
type Reader struct {
	file    *File
	group   int       // that is being read
	left    int64     // rows of it
	row     int64     // the next one's number in the file
	skipped int64     // rows that are to be passed over
	columns []*column // of the leaves; nil those that are not read
	budget  pages.Budget
	cost    int64 // bytes that the row at hand may still take
	err     error
}

// Reader returns a reader of the rows from number first on. Row groups in front of it are not read.
func (f *File) Reader(first int64) *Reader {
	return &Reader{file: f, group: -1, skipped: max(first, 0)}
}

// Next returns the next row, and io.EOF behind the last one. After an error there is no next row.
func (r *Reader) Next() (row Row, err error) {
	if r.err != nil {
		return nil, r.err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
		if err != nil && err != io.EOF {
			err = fmt.Errorf("row %d, in row group %d: %w", r.row, r.group, err)
		}
		r.err = err
	}()
	for r.left == 0 {
		if err := r.nextGroup(); err != nil {
			return nil, err
		}
	}
	r.begin()
	fields, err := r.fields(r.file.root, 0)
	if err != nil {
		return nil, err
	}
	r.row++
	r.left--
	return Row(fields), nil
}

// nextGroup advances to the next row group with a row that is not skipped.
func (r *Reader) nextGroup() error {
	for _, c := range r.columns {
		if c != nil {
			c.pages.Close()
		}
	}
	r.columns = nil
	r.budget.NextRow()
	for r.group++; r.group < len(r.file.footer.Groups); r.group++ {
		rows := r.file.footer.Groups[r.group].Rows
		if rows > r.skipped {
			return r.open(rows)
		}
		r.skipped -= rows
		r.row += rows
	}
	return io.EOF
}

// open begins to read a row group.
func (r *Reader) open(rows int64) error {
	footer := r.file.footer
	r.columns = make([]*column, len(footer.Leaves))
	for _, top := range r.file.root.children {
		for i := top.first; i < top.last; i++ {
			l := &footer.Leaves[i]
			reader, err := pages.NewReader(r.file.r, r.file.size, &footer.Groups[r.group].Chunks[i], &l.Levels, &r.budget)
			if err != nil {
				return fmt.Errorf("column %s: %w", l.Path, err)
			}
			r.columns[i] = &column{leaf: l, pages: reader}
			if err := r.columns[i].skip(r.skipped, &r.budget); err != nil {
				return err
			}
		}
	}
	r.row += r.skipped
	r.left, r.skipped = rows-r.skipped, 0
	return nil
}
