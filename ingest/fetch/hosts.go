package fetch

import (
	"context"
	"sync"
	"time"
)

// hosts keeps account of the requests to each host.
type hosts struct {
	perHost int           // requests at once to each
	delay   time.Duration // of each, at least
	mu      sync.Mutex
	known   map[string]*host
}

// host is one that is being asked, or was within its delay.
type host struct {
	slots chan struct{} // one for each request under way
	users int           // that hold or wait for a slot
	next  time.Time     // no request begins before
	delay time.Duration // from the beginning of a request to that of the next
}

// enter waits until another request to the host may begin, and returns what ends it. It returns nil
// if ctx ended.
func (h *hosts) enter(ctx context.Context, name string) (leave func()) {
	h.mu.Lock()
	entry := h.entry(name)
	entry.users++
	h.mu.Unlock()
	select {
	case entry.slots <- struct{}{}:
	case <-ctx.Done():
		h.drop(name, entry)
		return nil
	}
	leave = func() {
		<-entry.slots
		h.drop(name, entry)
	}
	if !sleep(ctx, h.turn(entry)) {
		leave()
		return nil
	}
	return leave
}

// entry returns the host's entry, a new one where there is none. The caller holds the lock.
func (h *hosts) entry(name string) *host {
	entry := h.known[name]
	if entry == nil {
		entry = &host{slots: make(chan struct{}, h.perHost), delay: h.delay}
		h.known[name] = entry
	}
	return entry
}

// turn takes the host's next time to begin, and says how far it is.
func (h *hosts) turn(entry *host) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	at := now
	if entry.next.After(now) {
		at = entry.next
	}
	entry.next = at.Add(entry.delay)
	return at.Sub(now)
}

// drop forgets the host when nobody needs it, and entries past their time once there are many.
func (h *hosts) drop(name string, entry *host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if entry.users--; entry.users == 0 && !entry.next.After(now) && entry.delay == 0 {
		delete(h.known, name)
	}
	if len(h.known) > maxNames {
		for other, e := range h.known {
			if e.users == 0 && !e.next.After(now) {
				delete(h.known, other)
			}
		}
	}
}

// pause lets no request to the host begin for a while.
func (h *hosts) pause(name string, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if entry := h.entry(name); time.Now().Add(d).After(entry.next) {
		entry.next = time.Now().Add(d)
	}
}

// slow sets the least delay between requests to the host.
func (h *hosts) slow(name string, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	entry := h.entry(name)
	entry.delay = max(entry.delay, d)
}
