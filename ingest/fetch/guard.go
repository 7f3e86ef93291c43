package fetch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// special are the address ranges that do not belong to the public internet: the IANA registries of
// special-purpose addresses (RFC 6890 and its successors), multicast, reserved space, and the
// metadata server of one cloud, which has a public address. Those of other clouds are in
// link-local, unique-local and shared ranges.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
	"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7",
	"fe80::/10", "fec0::/10", "ff00::/8",
)

// translated are the ranges of IPv6 addresses that contain an IPv4 address, and its position.
var translated = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4, RFC 3056
}

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// guard decides which addresses may be dialled.
type guard struct{ allowed []netip.Prefix }

// check returns an error for an address that is not public. For an IPv6 address that contains an
// IPv4 address (mapped, NAT64, 6to4) it checks the latter.
func (g guard) check(address netip.Addr) error {
	address = address.Unmap()
	if address.Zone() != "" || !address.IsValid() {
		return fmt.Errorf("%s is not a public address", address)
	}
	if within(address, g.allowed) {
		return nil
	}
	if within(address, special) {
		return fmt.Errorf("%s is not a public address", address)
	}
	for _, t := range translated {
		if t.prefix.Contains(address) {
			bytes := address.As16()
			return g.check(netip.AddrFrom4([4]byte(bytes[t.at : t.at+4])))
		}
	}
	return nil
}

func within(address netip.Addr, ranges []netip.Prefix) bool {
	for _, prefix := range ranges {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// dialer connects to hosts. It looks a name up once and dials the addresses that it has checked,
// which defeats names that resolve to another address the second time (DNS rebinding).
type dialer struct {
	guard guard
	names names
}

func (d *dialer) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, &Error{Reason: BadURL, Err: err}
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, failed(BadURL, "port %q of %s", portText, host)
	}
	addresses, err := d.names.lookUp(ctx, host)
	if err != nil {
		return nil, err
	}
	open := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: -1}
	var refused, last error
	for _, address := range addresses {
		if err := d.guard.check(address); err != nil {
			refused = err
			continue
		}
		var conn net.Conn
		if conn, last = open.DialContext(ctx, network, netip.AddrPortFrom(address.Unmap(), uint16(port)).String()); last == nil {
			return conn, nil
		}
	}
	if last == nil {
		return nil, failed(Refused, "%s: %w", host, refused)
	}
	return nil, last
}
