package fetch

import (
	"context"
	"sync"
)

// Budget bounds the memory of bodies that are read at once and handed on in an order. Callers have
// tickets, from 1 on, in the order in which they hand on; what is taken for a ticket comes back
// when it is done. The holder of the least ticket always gets what it needs: the others may wait
// for it, it waits for nobody. A nil Budget has no bound.
type Budget struct {
	mu      sync.Mutex
	limit   int64
	used    int64
	held    map[int64]int64
	next    int64 // the least ticket that is not done
	changed chan struct{}
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, held: map[int64]int64{}, next: 1, changed: make(chan struct{})}
}

// add takes n bytes for the ticket, whether or not there is room: they are there already.
func (b *Budget) add(ticket, n int64) {
	if b == nil || ticket == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += n
	b.held[ticket] += n
}

// try takes n bytes for the ticket, or returns false.
func (b *Budget) try(ticket, n int64) bool {
	if b == nil || ticket == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if ticket > b.next && b.used+n > b.limit {
		return false
	}
	b.used += n
	b.held[ticket] += n
	return true
}

// Take waits until it can take n bytes for the ticket; 0 bytes wait for any room. It returns false
// if ctx ended before.
func (b *Budget) Take(ctx context.Context, ticket, n int64) bool {
	for {
		changed := b.change()
		if b.try(ticket, n) {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// change returns what is closed when something comes back.
func (b *Budget) change() chan struct{} {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Done gives back what was taken for the ticket, whose turn it was.
func (b *Budget) Done(ticket int64) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= b.held[ticket]
	delete(b.held, ticket)
	b.next = ticket + 1
	close(b.changed)
	b.changed = make(chan struct{})
}
