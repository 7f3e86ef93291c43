package shards

import (
	"container/list"
	"errors"
	"io"
	"sync"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// CacheLimits bound what is kept of the datasets of a [Cache].
type CacheLimits struct {
	// Parts with their footers, at most; their files are open. Default: 256.
	Parts int
	// Footers is how many bytes the footers take, at most, unless that of one part takes more.
	// Default: 64 MiB.
	Footers int64
	// Pages is how many bytes of decoded pages are kept for row access. Default: 256 MiB.
	Pages int64
	// Blocks is how many bytes of files in object stores are kept, in blocks of 64 KiB. Default:
	// 64 MiB.
	Blocks int64
}

func (l CacheLimits) withDefaults() CacheLimits {
	if l.Parts < 1 {
		l.Parts = 256
	}
	if l.Footers < 1 {
		l.Footers = 64 << 20
	}
	if l.Pages < 1 {
		l.Pages = 256 << 20
	}
	if l.Blocks < 1 {
		l.Blocks = 64 << 20
	}
	return l
}

// Cache keeps what was read of datasets last: open parts, decoded pages, blocks of files in object
// stores. Each dataset has one of its own unless it shares another with [Dataset.Share]. It is safe
// for concurrent use.
type Cache struct {
	parts  openParts
	pages  pageCache
	blocks blockCache
}

// NewCache returns an empty cache.
func NewCache(l CacheLimits) *Cache {
	l = l.withDefaults()
	return &Cache{
		parts:  openParts{limit: l.Parts, limitBytes: l.Footers, parts: map[inDataset]*list.Element{}},
		pages:  pageCache{limit: l.Pages, groups: map[inDataset]*list.Element{}},
		blocks: blockCache{limit: int(max(1, l.Blocks/smallBlock)), blocks: map[blockAt]*list.Element{}},
	}
}

// Share has the dataset use a cache that others use too, so that many datasets together take no
// more memory and open files than one. It must be called before rows are read. Closing the dataset
// drops what the cache has of it.
func (d *Dataset) Share(c *Cache) { d.cache = c }

// inDataset identifies a part or a row group.
type inDataset struct {
	dataset *Dataset
	n       int
}

// openParts keeps the most recently used parts open.
type openParts struct {
	limit      int
	limitBytes int64

	mu    sync.Mutex
	parts map[inDataset]*list.Element
	order list.List // of *openedPart, most recently used first
	bytes int64     // of footers
}

// openedPart is a part in use or kept for later. It is guarded by the mutex of openParts, but its
// users may read the results of opening.
type openedPart struct {
	at      inDataset
	users   int
	dropped bool // it is closed after its last user

	opening sync.Once
	part    *part
	file    io.ReaderAt
	err     error
}

// use returns a part, and opens it if needed. The caller calls leave with it.
func (o *openParts) use(at inDataset, open func() (*part, io.ReaderAt, error)) (*openedPart, error) {
	p := o.find(at)
	p.opening.Do(func() {
		part, file, err := open()
		o.opened(p, part, file, err)
	})
	if p.err != nil {
		o.leave(p)
		return nil, p.err
	}
	return p, nil
}

// find returns the entry of a part, with one user more.
func (o *openParts) find(at inDataset) *openedPart {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.parts[at]
	if ok {
		o.order.MoveToFront(e)
	} else {
		e = o.order.PushFront(&openedPart{at: at})
		o.parts[at] = e
	}
	p := e.Value.(*openedPart)
	p.users++
	return p
}

// opened sets the results of opening a part, and drops those over the limits.
func (o *openParts) opened(p *openedPart, opened *part, file io.ReaderAt, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.drop(p) // so that the next user tries again
		p.err = err
		return
	}
	p.part, p.file = opened, file
	if !p.dropped {
		o.bytes += p.part.bytes()
	}
	for o.order.Len() > 1 && (o.order.Len() > o.limit || o.bytes > o.limitBytes) {
		o.drop(o.order.Back().Value.(*openedPart))
	}
}

// drop forgets a part, which is closed when it is not in use. The mutex is held.
func (o *openParts) drop(p *openedPart) {
	e, kept := o.parts[p.at]
	if p.dropped || !kept || e.Value.(*openedPart) != p {
		return
	}
	delete(o.parts, p.at)
	o.order.Remove(e)
	p.dropped = true
	if p.part != nil {
		o.bytes -= p.part.bytes()
	}
	if p.users == 0 {
		p.close()
	}
}

// leave ends the use of a part.
func (o *openParts) leave(p *openedPart) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p.users--; p.users == 0 && p.dropped {
		p.close()
	}
}

func (p *openedPart) close() error {
	if closer, ok := p.file.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// dropAll closes the parts of a dataset.
func (o *openParts) dropAll(d *Dataset) (all error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for at, e := range o.parts {
		if at.dataset != d {
			continue
		}
		p := e.Value.(*openedPart)
		p.users++ // so that drop leaves closing to this function
		o.drop(p)
		all = errors.Join(all, p.close())
	}
	return all
}

// pageCache keeps decoded pages of the most recently used row groups.
type pageCache struct {
	limit int64

	mu     sync.Mutex
	groups map[inDataset]*list.Element
	order  list.List // of *cachedGroup
	bytes  int64
}

// cachedGroup holds the decoded pages of a row group.
type cachedGroup struct {
	at           inDataset
	cache        *pageCache
	mu           sync.Mutex
	locations    [][]pages.Location // of the pages of each column; nil if not read yet
	pages        [][]*pages.Page    // of each column; all of them if the chunk was read whole
	dictionaries []*pages.Page
	bytes        int64 // guarded by the cache's mutex
}

// emptyGroup is about the size of a cachedGroup without pages.
const emptyGroup = 2 << 10

// get returns the cached pages of a row group.
func (c *pageCache) get(at inDataset) *cachedGroup {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.groups[at]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*cachedGroup)
	}
	g := &cachedGroup{
		at: at, cache: c,
		locations: make([][]pages.Location, len(columns)), pages: make([][]*pages.Page, len(columns)), dictionaries: make([]*pages.Page, len(columns)),
	}
	c.groups[at] = c.order.PushFront(g)
	c.count(g, emptyGroup)
	return g
}

// grew counts bytes added to a group, and drops groups over the limit.
func (g *cachedGroup) grew(by int64) {
	g.cache.mu.Lock()
	defer g.cache.mu.Unlock()
	g.cache.count(g, by)
}

func (c *pageCache) count(g *cachedGroup, by int64) {
	if e, kept := c.groups[g.at]; !kept || e.Value.(*cachedGroup) != g {
		return
	}
	g.bytes += by
	c.bytes += by
	for c.bytes > c.limit && c.order.Len() > 1 {
		c.drop(c.order.Back())
	}
}

func (c *pageCache) drop(e *list.Element) {
	dropped := c.order.Remove(e).(*cachedGroup)
	delete(c.groups, dropped.at)
	c.bytes -= dropped.bytes
}

// dropAll drops the pages of a dataset.
func (c *pageCache) dropAll(d *Dataset) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at, e := range c.groups {
		if at.dataset == d {
			c.drop(e)
		}
	}
}
