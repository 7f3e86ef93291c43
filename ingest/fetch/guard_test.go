package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

func TestGuard_Check(t *testing.T) {
	for address, public := range map[string]bool{
		"1.1.1.1": true, "93.184.216.34": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.0.1": true, "198.20.0.1": true,
		"2606:4700::1111": true, "64:ff9b::101:101": true, "2002:101:101::1": true, "::ffff:1.1.1.1": true,
		"127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.0.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.100.100.200": false, "192.0.0.192": false,
		"168.63.129.16": false, "198.18.0.1": false, "224.0.0.1": false, "239.1.1.1": false, "255.255.255.255": false, "240.0.0.1": false,
		"192.0.2.1": false, "203.0.113.5": false,
		"::": false, "::1": false, "::127.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2002:a9fe:a9fe::1": false,
		"fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "2001::1": false, "2001:db8::1": false,
		"fec0::1": false, "100::1": false,
	} {
		if err := (guard{}).check(netip.MustParseAddr(address)); (err == nil) != public {
			t.Errorf("%s: %v, want public %v", address, err, public)
		}
	}
	open := guard{[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	for address, allowed := range map[string]bool{"127.0.0.1": true, "::ffff:127.0.0.1": true, "64:ff9b::7f00:1": true, "10.0.0.1": false, "::1": false} {
		if err := open.check(netip.MustParseAddr(address)); (err == nil) != allowed {
			t.Errorf("with 127.0.0.0/8 allowed, %s: %v", address, err)
		}
	}
}

// resolver returns the addresses of a host in turn, one for each look-up.
type resolver struct {
	answers map[string][]string
	asked   atomic.Int64
}

func (r *resolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n := r.asked.Add(1) - 1
	if answers := r.answers[host]; len(answers) > 0 {
		return []netip.Addr{netip.MustParseAddr(answers[int(n)%len(answers)])}, nil
	}
	return nil, errors.New("no such host")
}

func TestGet_RefusesNamesOfPrivateAddresses(t *testing.T) {
	var reached atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer server.Close()
	at, _ := url.Parse(server.URL)
	names := &resolver{answers: map[string][]string{
		"inside.example": {"127.0.0.1"}, "rebinds.example": {"192.0.2.1", "127.0.0.1"}, "mapped.example": {"::ffff:127.0.0.1"},
		"nat64.example": {"64:ff9b::7f00:1"},
	}}
	client := New(Options{Resolver: names, IgnoreRobots: true, Timeout: time.Second, Backoff: time.Millisecond})
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "inside.example", "rebinds.example", "mapped.example", "nat64.example"} {
		for range 3 {
			if _, err := client.Get(t.Context(), fmt.Sprintf("http://%s:%s/", host, at.Port()), 0); reason(err) != Refused {
				t.Errorf("%s: %v", host, err)
			}
		}
	}
	for _, host := range []string{"2130706433", "0x7f000001", "127.1", "017700000001", "127.0.0.1.", "１２７.0.0.1", "%31%32%37.0.0.1"} { // forms that browsers know
		if _, err := client.Get(t.Context(), fmt.Sprintf("http://%s:%s/", host, at.Port()), 0); reason(err) != Refused {
			t.Errorf("%s: %v", host, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d requests came through", reached.Load())
	}
}

// TestGet_RefusesRedirects follows a redirect from an allowed server to a name that is not allowed.
func TestGet_RefusesRedirects(t *testing.T) {
	var reached atomic.Int64
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inner.Close()
	at, _ := url.Parse(inner.URL)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://other.example:"+at.Port(), http.StatusFound)
	}))
	defer server.Close()
	o := quick()
	o.AllowNets = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	o.IgnoreRobots, o.Resolver = true, &resolver{answers: map[string][]string{"other.example": {"127.0.0.2"}}}
	if _, err := New(o).Get(t.Context(), server.URL, 0); reason(err) != Refused || reached.Load() != 0 {
		t.Errorf("%v, %d requests came through", err, reached.Load())
	}
}

func TestNames_LookUpOnce(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	at, _ := url.Parse(server.URL)
	names := &resolver{answers: map[string][]string{"a.example": {"127.0.0.1"}}}
	o := quick()
	o.Resolver = names
	client := New(o)
	defer client.Close()
	for i := range 20 {
		if _, err := client.Get(t.Context(), fmt.Sprintf("http://a.example:%s/%d", at.Port(), i), 0); reason(err) != "status_404" {
			t.Fatal(err)
		}
	}
	if names.asked.Load() != 1 {
		t.Errorf("asked %d times", names.asked.Load())
	}
}

func TestBudget(t *testing.T) {
	b := NewBudget(100)
	if !b.try(1, 500) || b.try(2, 1) {
		t.Error("the first always gets, the others wait")
	}
	got := make(chan bool)
	go func() { got <- b.Take(t.Context(), 3, 60) }()
	b.Done(1)
	if !<-got || b.try(4, 60) {
		t.Error("what came back is there for the next, once")
	}
	if !b.try(2, 1000) {
		t.Error("it is the second's turn")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if b.Take(ctx, 5, 1) {
		t.Error("took of an ended context")
	}
}
