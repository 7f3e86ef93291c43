package pages

import "errors"

// Bounds on the memory that the columns of a file take while [Reader]s read them. Memory up to a
// fixed multiple of the bytes in the file is not counted: a page that compresses well is not an
// attack.
const (
	PerPage   = 128 << 20 // bytes of one page, beyond Expansion times its bytes in the file
	PerFile   = 512 << 20 // bytes of all pages at hand, beyond Expansion times their bytes in the file
	Expansion = 32
)

// Budget counts what the readers of one file's columns hold. The zero value is a budget of which
// nothing is used.
type Budget struct {
	used usage
	past usage // of it, pages that the row at hand began in
}

// usage is memory, and the bytes of the file that were expanded into it.
type usage struct{ memory, file int }

func (u *usage) add(v usage) { u.memory, u.file = u.memory+v.memory, u.file+v.file }

var errBudget = errors.New("its pages take too much memory at once")

// grant returns how much memory a page may take, given its bytes in the file.
func (b *Budget) grant(size int) (int, error) {
	left := min(PerPage+Expansion*size, PerFile+Expansion*(b.used.file+size)-b.used.memory)
	if left < 0 {
		return 0, errBudget
	}
	return left, nil
}

// NextRow says that the values of the last row are used no more.
func (b *Budget) NextRow() {
	b.used.add(usage{-b.past.memory, -b.past.file})
	b.past = usage{}
}

// File returns how many bytes of the file the pages of the current row take.
func (b *Budget) File() int { return b.used.file }
