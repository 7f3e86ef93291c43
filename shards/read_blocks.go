package shards

import (
	"container/list"
	"io"
	"sync"
)

const smallBlock = 64 << 10 // bytes of a block

// blockCache keeps the most recently used blocks of files in an object store. Reading one row needs
// a few bytes in many places that are close together, and without the cache each would be a
// request.
type blockCache struct {
	limit int // blocks

	mu     sync.Mutex
	blocks map[blockAt]*list.Element
	order  list.List // of cachedBlock, most recently used first
}

// blockAt identifies a block of a part.
type blockAt struct {
	part   inDataset
	number int64
}

type cachedBlock struct {
	at      blockAt
	content []byte
}

// blocked reads a part: small reads through the cache, large ones directly.
type blocked struct {
	r     io.ReaderAt
	part  inDataset
	size  int64
	cache *blockCache
}

// ReadAt implements [io.ReaderAt].
func (b *blocked) ReadAt(p []byte, at int64) (n int, err error) {
	if len(p) >= smallBlock {
		return b.r.ReadAt(p, at)
	}
	for n < len(p) {
		if at+int64(n) >= b.size {
			return n, io.EOF
		}
		block, err := b.block((at + int64(n)) / smallBlock)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], block[(at+int64(n))%smallBlock:])
	}
	return n, nil
}

func (b *blocked) block(number int64) ([]byte, error) {
	at := blockAt{b.part, number}
	if content := b.cache.get(at); content != nil {
		return content, nil
	}
	content := make([]byte, min(smallBlock, b.size-number*smallBlock))
	if n, err := b.r.ReadAt(content, number*smallBlock); n < len(content) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	b.cache.put(at, content)
	return content, nil
}

// exact returns the reader without the cache: a scan reads only what it needs.
func exact(r io.ReaderAt) io.ReaderAt {
	if b, ok := r.(*blocked); ok {
		return b.r
	}
	return r
}

func (c *blockCache) get(at blockAt) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, there := c.blocks[at]
	if !there {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(cachedBlock).content
}

func (c *blockCache) put(at blockAt, content []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, there := c.blocks[at]; there {
		return
	}
	c.blocks[at] = c.order.PushFront(cachedBlock{at, content})
	if c.order.Len() > c.limit {
		c.drop(c.order.Back())
	}
}

func (c *blockCache) drop(e *list.Element) {
	dropped := c.order.Remove(e).(cachedBlock)
	delete(c.blocks, dropped.at)
}

// dropAll drops the blocks of a dataset.
func (c *blockCache) dropAll(d *Dataset) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at, e := range c.blocks {
		if at.part.dataset == d {
			c.drop(e)
		}
	}
}
