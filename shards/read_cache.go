package shards

import (
	"container/list"
	"errors"
	"io"
	"sync"

	"github.com/pali3/pali3/internal/parquet/pages"
)

const (
	keptParts = 256       // parts whose footers are kept, with their files open
	keptPages = 256 << 20 // bytes of decoded pages kept for row access
)

// openParts keeps the most recently used parts open.
type openParts struct {
	mu    sync.Mutex
	parts map[int]*list.Element
	order list.List // of openedPart, most recently used first
}

type openedPart struct {
	n    int
	part *part
	file io.ReaderAt
}

// get returns part n, and opens it if needed. A part that is dropped is closed after its last
// reader has finished.
func (o *openParts) get(n int, open func() (*part, io.ReaderAt, error)) (*part, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if e, ok := o.parts[n]; ok {
		o.order.MoveToFront(e)
		return e.Value.(openedPart).part, nil
	}
	p, file, err := open()
	if err != nil {
		return nil, err
	}
	if o.parts == nil {
		o.parts = map[int]*list.Element{}
	}
	o.parts[n] = o.order.PushFront(openedPart{n, p, file})
	if o.order.Len() > keptParts {
		dropped := o.order.Remove(o.order.Back()).(openedPart)
		delete(o.parts, dropped.n) // the garbage collector closes the file after its last reader
	}
	return p, nil
}

func (o *openParts) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all error
	for e := o.order.Front(); e != nil; e = e.Next() {
		if closer, ok := e.Value.(openedPart).file.(io.Closer); ok {
			all = errors.Join(all, closer.Close())
		}
	}
	o.order.Init()
	clear(o.parts)
	return all
}

// pageCache keeps decoded pages of the most recently used row groups.
type pageCache struct {
	mu     sync.Mutex
	groups map[int]*list.Element
	order  list.List // of *cachedGroup
	bytes  int64
}

// cachedGroup holds the decoded pages of a row group.
type cachedGroup struct {
	n            int
	mu           sync.Mutex
	locations    [][]pages.Location // of the pages of each column; nil if not read yet
	pages        [][]*pages.Page    // of each column; all of them if the chunk was read whole
	dictionaries []*pages.Page
	bytes        int64 // guarded by the cache's mutex
}

// get returns the cached pages of a row group.
func (c *pageCache) get(n int) *cachedGroup {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.groups[n]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*cachedGroup)
	}
	if c.groups == nil {
		c.groups = map[int]*list.Element{}
	}
	g := &cachedGroup{n: n, locations: make([][]pages.Location, len(columns)), pages: make([][]*pages.Page, len(columns)), dictionaries: make([]*pages.Page, len(columns))}
	c.groups[n] = c.order.PushFront(g)
	return g
}

// grew counts bytes added to a group, and drops groups over the limit.
func (c *pageCache) grew(g *cachedGroup, by int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, kept := c.groups[g.n]; !kept {
		return
	}
	g.bytes += by
	c.bytes += by
	for c.bytes > keptPages && c.order.Len() > 1 {
		dropped := c.order.Remove(c.order.Back()).(*cachedGroup)
		delete(c.groups, dropped.n)
		c.bytes -= dropped.bytes
	}
}
