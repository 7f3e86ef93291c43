package fetch

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
)

// Named returns a transport for a server that the user named, which may have any address. Other
// hosts that it redirects to must have public addresses, as for [Client], unless the address of the
// server is not public either: a mirror within a network has its files there, too. The transport
// uses the proxy of the environment.
func Named(server *url.URL) *http.Transport {
	n := &named{host: server.Hostname(), guarded: &dialer{names: names{resolver: net.DefaultResolver}}}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = n.dial
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		proxy, err := http.ProxyFromEnvironment(r)
		if proxy != nil {
			n.proxy.Store(proxy.Hostname())
		}
		return proxy, err
	}
	return t
}

// named dials the named server, a proxy, and hosts that the server redirects to.
type named struct {
	host    string
	proxy   atomic.Value // string
	private atomic.Bool  // the server's address is not public
	open    net.Dialer
	guarded *dialer
}

func (n *named) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	itself := host == n.host
	if !itself && host != n.proxy.Load() && !n.private.Load() {
		return n.guarded.dial(ctx, network, hostPort)
	}
	conn, err := n.open.DialContext(ctx, network, hostPort)
	if err != nil || !itself {
		return conn, err
	}
	if address, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || n.guarded.guard.check(address.AddrPort().Addr()) != nil {
		n.private.Store(true)
	}
	return conn, nil
}
