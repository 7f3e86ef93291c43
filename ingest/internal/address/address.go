// Package address parses URLs in web pages, tables and archives as browsers do, by the WHATWG URL
// Standard (https://url.spec.whatwg.org): it keeps a "%" without two hexadecimal digits, removes
// tabs and line breaks, reads a backslash as a slash and encodes spaces. Package net/url follows
// RFC 3986 and refuses all of these.
//
// [Parse] parses a URL, relative to a base if there is one.
package address

import (
	"errors"
	"net/url"
	"strings"
)

// URL is a parsed URL. Its parts are percent-encoded as the standard requires.
type URL struct {
	Scheme   string // lower-case, without the colon
	Username string
	Password string
	Host     string // a domain in ASCII, an IPv4 address, or an IPv6 address in brackets
	Port     string // "" for the scheme's default
	Path     string // begins with a slash, unless Opaque
	Query    string // without the question mark
	Fragment string // without the #

	HasHost     bool // whether there is an authority, which may be empty as in file:///a
	Opaque      bool // the path is plain text, as in mailto:gull@example.org
	HasQuery    bool
	HasFragment bool
}

// Errors for URLs that browsers do not load.
var (
	ErrRelative = errors.New("a relative address, and no address of a page that it could begin from")
	ErrHost     = errors.New("the host is not a domain or an IP address")
	ErrPort     = errors.New("the port is not a number of 0 to 65535")
)

// Special reports whether the scheme is one of http, https, ws, wss, ftp and file, whose URLs have
// a host and a path.
func (u *URL) Special() bool { return isSpecial(u.Scheme) }

func isSpecial(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss", "ftp", "file":
		return true
	}
	return false
}

func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	case "ftp":
		return "21"
	}
	return ""
}

// String returns the complete URL.
func (u *URL) String() string {
	var b strings.Builder
	b.Grow(len(u.Scheme) + len(u.Host) + len(u.Path) + len(u.Query) + len(u.Fragment) + 8)
	b.WriteString(u.Scheme)
	b.WriteByte(':')
	if u.HasHost {
		b.WriteString("//")
		if u.Username != "" || u.Password != "" {
			b.WriteString(u.Username)
			if u.Password != "" {
				b.WriteByte(':')
				b.WriteString(u.Password)
			}
			b.WriteByte('@')
		}
		b.WriteString(u.Host)
		if u.Port != "" {
			b.WriteByte(':')
			b.WriteString(u.Port)
		}
	} else if !u.Opaque && strings.HasPrefix(u.Path, "//") {
		b.WriteString("/.") // so that the path is not read as a host
	}
	b.WriteString(u.Path)
	if u.HasQuery {
		b.WriteByte('?')
		b.WriteString(u.Query)
	}
	if u.HasFragment {
		b.WriteByte('#')
		b.WriteString(u.Fragment)
	}
	return b.String()
}

// WithoutFragment returns the URL without its fragment.
func (u *URL) WithoutFragment() *URL {
	short := *u
	short.Fragment, short.HasFragment = "", false
	return &short
}

// Standard returns the URL for package net/url, without user and fragment. RawPath is the path as
// browsers send it. If that has a bare "%", [url.URL.EscapedPath] differs from it.
func (u *URL) Standard() *url.URL {
	host := u.Host
	if u.Port != "" {
		host += ":" + u.Port
	}
	if u.Opaque {
		return &url.URL{Scheme: u.Scheme, Opaque: u.Path, RawQuery: u.Query}
	}
	return &url.URL{Scheme: u.Scheme, Host: host, Path: Unescape(u.Path), RawPath: u.Path, RawQuery: u.Query}
}

// Unescape decodes each %XX to its byte. It keeps a "%" without two hexadecimal digits.
func Unescape(text string) string {
	at := strings.IndexByte(text, '%')
	if at < 0 {
		return text
	}
	plain := append(make([]byte, 0, len(text)), text[:at]...)
	for i := at; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			plain = append(plain, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
			continue
		}
		plain = append(plain, text[i])
	}
	return string(plain)
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return (c | 0x20 - 'a') + 10
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
