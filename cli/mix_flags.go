package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// span is a range of steps.
type span struct{ from, to int }

// UnmarshalText reads A:B.
func (s *span) UnmarshalText(text []byte) error {
	from, to, ok := strings.Cut(string(text), ":")
	a, err1 := strconv.Atoi(from)
	b, err2 := strconv.Atoi(to)
	if !ok || err1 != nil || err2 != nil || a < 0 || b <= a {
		return fmt.Errorf("%q: want A:B, two step numbers with A below B", text)
	}
	*s = span{a, b}
	return nil
}

// hostShare is host h of H, from 0.
type hostShare struct{ host, hosts int }

// UnmarshalText reads h/H.
func (s *hostShare) UnmarshalText(text []byte) error {
	host, hosts, ok := strings.Cut(string(text), "/")
	h, err1 := strconv.Atoi(host)
	n, err2 := strconv.Atoi(hosts)
	if !ok || err1 != nil || err2 != nil || h < 0 || n < 1 {
		return fmt.Errorf("%q: want h/H, for example 0/2 for the first of two hosts", text)
	}
	if h >= n {
		return fmt.Errorf("%q: hosts are counted from 0: the last of %d is %d/%[2]d", text, n, n-1)
	}
	*s = hostShare{h, n}
	return nil
}

// dumpTarget is where examples are written: to a page, or to standard output as JSON lines.
type dumpTarget struct {
	page  string
	lines bool
}

func (d dumpTarget) given() bool { return d.lines || d.page != "" }

// Decode reads the flag, whose value may be missing.
func (d *dumpTarget) Decode(ctx *kong.DecodeContext) error {
	if !ctx.Scan.Peek().IsValue() {
		*d = dumpTarget{lines: true}
		return nil
	}
	path := ctx.Scan.Pop().String()
	switch path {
	case "true", "-", "":
		*d = dumpTarget{lines: true}
	default:
		if !strings.HasSuffix(path, ".html") {
			return fmt.Errorf("%q: want a name that ends in .html, or --dump alone for JSON lines", path)
		}
		*d = dumpTarget{page: path}
	}
	return nil
}
