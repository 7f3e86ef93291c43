package fetch

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestNamed_FollowsRedirectsWithinANetwork(t *testing.T) {
	storage := httptest.NewServer(http.NotFoundHandler())
	defer storage.Close()
	server := httptest.NewServer(http.RedirectHandler(storage.URL, http.StatusFound))
	defer server.Close()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: Named(address)}
	response, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusNotFound {
		t.Error(response.Status)
	}
}

// TestNamed_PublicServerCannotRedirectIntoTheNetwork dials a private address after a public one.
func TestNamed_PublicServerCannotRedirectIntoTheNetwork(t *testing.T) {
	inside := httptest.NewServer(http.NotFoundHandler())
	defer inside.Close()
	n := &named{host: "hub.example", guarded: &dialer{names: names{resolver: net.DefaultResolver}}}
	if _, err := n.dial(t.Context(), "tcp", inside.Listener.Addr().String()); err == nil {
		t.Error("dialled")
	}
	n.private.Store(true)
	conn, err := n.dial(t.Context(), "tcp", inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
