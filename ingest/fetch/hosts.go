package fetch

import (
	"context"
	"sync"
	"time"
)

// hosts limits the requests to each host.
type hosts struct {
	perHost int           // simultaneous requests
	delay   time.Duration // minimum for each host
	mu      sync.Mutex
	known   map[string]*host
}

// host is the state of a host with requests in progress or a delay to wait for.
type host struct {
	slots chan struct{} // one for each request in progress
	users int           // requests that hold or wait for a slot
	next  time.Time     // when the next request may begin
	delay time.Duration // between the beginnings of requests
}

// enter waits until another request to the host may begin. The request calls leave at its end.
// enter returns nil if ctx ends before.
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

// entry returns the state of a host and creates it if necessary. The caller holds the lock.
func (h *hosts) entry(name string) *host {
	entry := h.known[name]
	if entry == nil {
		entry = &host{slots: make(chan struct{}, h.perHost), delay: h.delay}
		h.known[name] = entry
	}
	return entry
}

// turn reserves the next time at which a request may begin, and returns how long to wait.
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

// drop removes the state of a host that is no longer used. If there are many hosts, it removes all
// that are unused.
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

// pause delays the next request to the host by d.
func (h *hosts) pause(name string, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if entry := h.entry(name); time.Now().Add(d).After(entry.next) {
		entry.next = time.Now().Add(d)
	}
}

// slow sets the minimum delay between requests to the host.
func (h *hosts) slow(name string, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	entry := h.entry(name)
	entry.delay = max(entry.delay, d)
}
