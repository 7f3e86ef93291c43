package tabular

import (
	"cmp"
	"errors"
	"strings"

	"github.com/pali3/pali3/ingest/fetch"
)

// Web is how a [Table] fetches its URLs: many at once, yielded in the order of the rows.
type Web struct {
	Fetch  fetch.Options // what is asked of the network, see there for the defaults
	Window int           // rows under way or waiting for their turn at once; default 8 for each connection
	Memory int64         // bytes of fetched images that wait for their turn; default 256 MiB
}

// NewURLs returns a source of a table whose image column has URLs of images on the web, or data
// URIs. It reads no files but the table. Without an image column in c, a list of URLs (.txt) is
// meant.
func NewURLs(o Options) (*Table, error) {
	o.Columns.Image = cmp.Or(o.Columns.Image, "url")
	if o.Web == nil {
		o.Web = &Web{}
	}
	if o.Root != "" {
		return nil, errors.New("a source of URLs has no root folder")
	}
	checked, err := New(o)
	if err != nil {
		return nil, err
	}
	checked.name = "urls" + strings.TrimPrefix(checked.name, "table")
	for i := range checked.files {
		checked.files[i].root = ""
	}
	return checked, nil
}

func (w *Web) client() (*fetch.Client, *fetch.Budget) {
	memory := w.Memory
	if memory <= 0 {
		memory = 256 << 20
	}
	budget := fetch.NewBudget(memory)
	return fetch.New(w.Fetch).WithBudget(budget), budget
}

func (w *Web) window() int {
	switch {
	case w.Window > 0:
		return w.Window
	case w.Fetch.Connections > 0:
		return 8 * w.Fetch.Connections
	}
	return 8 * fetch.DefaultConnections
}
