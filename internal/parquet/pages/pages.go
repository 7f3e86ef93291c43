// Package pages reads the parts of Parquet files: footers, and pages of every encoding, compression
// and version, whoever wrote them. It knows levels and values, and no rows: package shards makes
// samples of them, package table the rows of any file.
//
// A file is a row of column chunks and, at its end, a footer that says where they lie
// ([ReadFooter]). A chunk is one column's values of a row group, in pages; a dictionary page may
// come first. A page is a [Header], and a body that [DecodeRows] or [DecodeSlots] decodes. [Chunks]
// reads the pages of a chunk one after another.
//
// Files may be hostile. Nothing that a file says of itself is believed before room is made for it:
// sizes are compared with the bytes at hand, runs are cut at the number of values that the page's
// header gives, and that number at the memory that the caller grants a page. Every loop advances in
// its input or in its output.
//
// Source of the format: https://parquet.apache.org/docs/file-format/
package pages

import (
	"fmt"
	"math"
)

// MaxPage bounds the size of a page of a dataset's part, in the file and decoded, in bytes, and the
// values of any page.
const MaxPage = 1 << 30

// maxSize bounds the size of a page of others in bytes: a page header cannot say more.
const maxSize = math.MaxInt32

// take counts n elements of size bytes each, for which room is about to be made, against the page's
// grant.
func (p *Page) take(n, size int) error {
	if n < 0 || size > 0 && n > p.left/size {
		return fmt.Errorf("a page of %d times %d bytes more than is granted", n, size)
	}
	p.left -= n * size
	return nil
}
