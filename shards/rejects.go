package shards

import (
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/pali3/pali3/shards/table"
)

// readRejects yields the records of a file of rejects, and ends after an error.
func readRejects(r io.ReaderAt, size int64, path string) iter.Seq2[Reject, error] {
	return func(yield func(Reject, error) bool) {
		file, err := table.Open(r, size)
		if err != nil {
			yield(Reject{}, fmt.Errorf("opening %s: %w", path, err))
			return
		}
		for row, err := range file.Rows() {
			if err != nil {
				yield(Reject{}, fmt.Errorf("reading %s: %w", path, err))
				return
			}
			text := func(column string) string {
				s, _ := row[column].(string)
				return s
			}
			if !yield(Reject{text("origin"), text("key"), text("reason"), text("detail")}, nil) {
				return
			}
		}
	}
}

// readRejectsFile is [readRejects] of a file.
func readRejectsFile(path string) iter.Seq2[Reject, error] {
	return func(yield func(Reject, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Reject{}, err)
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			yield(Reject{}, err)
			return
		}
		for reject, err := range readRejects(f, info.Size(), path) {
			if !yield(reject, err) || err != nil {
				return
			}
		}
	}
}
