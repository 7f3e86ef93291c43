package fetch

import (
	"context"
	"sync"
)

// Budget limits the memory of bodies that are read concurrently and consumed in order. Each body
// has a ticket, from 1 in the order of consumption. Done releases the memory of a ticket. The
// lowest ticket that is not done never waits, so the others cannot block it. A nil Budget has no
// limit.
type Budget struct {
	mu      sync.Mutex
	limit   int64
	used    int64
	held    map[int64]int64
	next    int64 // the lowest ticket that is not done
	changed chan struct{}
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, held: map[int64]int64{}, next: 1, changed: make(chan struct{})}
}

// add reserves n bytes for the ticket even over the limit, because they are in memory already.
func (b *Budget) add(ticket, n int64) {
	if b == nil || ticket == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += n
	b.held[ticket] += n
}

// try reserves n bytes for the ticket, or returns false if there is no room.
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

// Take waits until it can reserve n bytes for the ticket; with 0 bytes it waits for any room. It
// returns false if ctx ends before.
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

// change returns a channel that is closed when memory is released.
func (b *Budget) change() chan struct{} {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Done releases the memory of the ticket. Tickets are done in their order.
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
