package fetch

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// Resolver looks up the addresses of a host, as [net.Resolver] does.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Limits of the cache of names.
const (
	keepName    = 5 * time.Minute
	keepFailure = 30 * time.Second
	maxNames    = 1 << 16
	maxLookUps  = 64 // simultaneous
)

// names caches the addresses of hosts. The zero value with a resolver is ready to use.
type names struct {
	resolver Resolver
	once     sync.Once
	asking   chan struct{}
	mu       sync.Mutex
	known    map[string]*name
}

// name is the result of a look-up, or one in progress.
type name struct {
	done      chan struct{}
	addresses []netip.Addr
	err       error
	until     time.Time
}

// lookUp returns the addresses of a host. Concurrent calls for one host share a look-up.
func (n *names) lookUp(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	n.once.Do(func() { n.asking, n.known = make(chan struct{}, maxLookUps), map[string]*name{} })
	n.mu.Lock()
	entry := n.known[host]
	if entry == nil || entry.old(time.Now()) {
		if len(n.known) >= maxNames {
			n.forget(time.Now())
		}
		entry = &name{done: make(chan struct{})}
		n.known[host] = entry
		go n.ask(host, entry)
	}
	n.mu.Unlock()
	select {
	case <-entry.done:
		return entry.addresses, entry.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask looks the host up and fills in the entry, even if all callers have given up waiting.
func (n *names) ask(host string, entry *name) {
	n.asking <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	entry.addresses, entry.err = n.resolver.LookupNetIP(ctx, "ip", host)
	cancel()
	<-n.asking
	if entry.err == nil && len(entry.addresses) == 0 {
		entry.err = failed(NoName, "%s has no address", host)
	}
	entry.until = time.Now().Add(keepName)
	if entry.err != nil {
		entry.err = &Error{Reason: NoName, Err: fmt.Errorf("looking up %s: %w", host, entry.err)}
		entry.until = time.Now().Add(keepFailure)
	}
	close(entry.done)
}

func (e *name) old(now time.Time) bool {
	select {
	case <-e.done:
		return now.After(e.until)
	default:
		return false
	}
}

// forget removes old entries, and then any until at most half of maxNames are left.
func (n *names) forget(now time.Time) {
	for host, entry := range n.known {
		if entry.old(now) {
			delete(n.known, host)
		}
	}
	for host := range n.known {
		if len(n.known) <= maxNames/2 {
			return
		}
		delete(n.known, host)
	}
}
