package shards

import (
	"iter"
	"os"

	"github.com/parquet-go/parquet-go"
)

// readTable yields the rows of a Parquet file as the Parquet library reads them.
func readTable[T any](path string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		f, err := os.Open(path)
		if err != nil {
			yield(zero, err)
			return
		}
		defer f.Close()
		rows, err := parquet.Read[T](f, size(f))
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
		if err != nil {
			yield(zero, err)
		}
	}
}

func size(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// openedPartOf returns the first part of a dataset.
func openedPartOf(d *Dataset) (*part, error) {
	opened, err := d.usePart(0)
	if err != nil {
		return nil, err
	}
	d.leavePart(opened)
	return opened.part, nil
}
