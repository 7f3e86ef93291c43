package pdf

import (
	"bytes"
	"cmp"
	"io"
	"regexp"
	"slices"
	"sort"
)

// The library trusts the page count in the root of the page tree. If that is too low, as in
// documents that were assembled by hand, pages would be lost silently. A node without a count makes
// the library count the pages.

// Limits of the search, so that a hostile file takes no longer than others.
const (
	maxRecount = 32 << 20 // bytes of a file
	maxNodes   = 1 << 16  // of the page tree
	maxObject  = 16 << 10 // bytes of a node on each side of its kids
)

var (
	kidsArray = regexp.MustCompile(`/Kids\s*\[((?:\s*\d+\s+\d+\s+R)*)\s*\]`)
	reference = regexp.MustCompile(`\d+\s+\d+\s+R`)
	pageCount = regexp.MustCompile(`/Count\s+-?\d+`)
)

// span is a range of bytes of a file.
type span struct{ from, to int64 }

// undercounted returns the spans of the page counts in a file's page tree, if the tree appears to
// have more pages than declared. It does not look into object streams.
func undercounted(file io.ReadSeeker, size int64, pages int) []span {
	if size > maxRecount {
		return nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(file, content); err != nil {
		return nil
	}
	nodes, kids := 0, 0
	var counts []span
	for from := 0; nodes < maxNodes; {
		at := kidsArray.FindSubmatchIndex(content[from:])
		if at == nil {
			break
		}
		object := objectAround(content, from+at[0], from+at[1])
		if count := pageCount.FindIndex(content[object.from:object.to]); count != nil {
			nodes++
			kids += len(reference.FindAll(content[from+at[2]:from+at[3]], -1))
			counts = append(counts, span{object.from + int64(count[0]), object.from + int64(count[1])})
		}
		from += at[1]
	}
	if kids-nodes+1 <= pages {
		return nil
	}
	slices.SortFunc(counts, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return slices.Compact(counts)
}

// objectAround returns the object that a range of bytes is in.
func objectAround(content []byte, from, to int) span {
	before := content[max(0, from-maxObject):from]
	after := content[to:min(len(content), to+maxObject)]
	if at := bytes.LastIndex(before, []byte(" obj")); at >= 0 {
		before = before[at:]
	}
	if at := bytes.Index(after, []byte("endobj")); at >= 0 {
		after = after[:at]
	}
	return span{int64(from - len(before)), int64(to + len(after))}
}

// blanked is a file in which the given spans, in order, read as spaces.
type blanked struct {
	io.ReadSeeker
	spans []span
	at    int64
}

func (b *blanked) Seek(offset int64, whence int) (int64, error) {
	at, err := b.ReadSeeker.Seek(offset, whence)
	b.at = at
	return at, err
}

func (b *blanked) Read(p []byte) (int, error) {
	n, err := b.ReadSeeker.Read(p)
	first := sort.Search(len(b.spans), func(i int) bool { return b.spans[i].to > b.at })
	for _, s := range b.spans[first:] {
		if s.from >= b.at+int64(n) {
			break
		}
		for i := max(s.from, b.at); i < min(s.to, b.at+int64(n)); i++ {
			p[i-b.at] = ' '
		}
	}
	b.at += int64(n)
	return n, err
}
