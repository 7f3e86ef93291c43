package main

import (
	"context"
	"fmt"
	"io"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/internal/atomicfile"
)

type ingestWARC struct {
	Files []string `arg:"" help:"Archives: WARC, ARC, WAT, WET; plain, .gz or .zst."`
	ingestFlags
}

func (c ingestWARC) Run(ctx context.Context, out output) error {
	source, err := ingest.NewWARC(c.Files...)
	if err != nil {
		return err
	}
	return c.run(ctx, out, source)
}

type ingestLinks struct {
	Files []string `arg:"" help:"Archives, as for warc."`
	To    string   `required:"" placeholder:"TABLE" help:"Table to write: JSON lines with the columns url, text, language and more."`
}

func (c ingestLinks) Run(ctx context.Context) error {
	source, err := ingest.NewWARC(c.Files...)
	if err != nil {
		return err
	}
	return atomicfile.Write(c.To, func(w io.Writer) error {
		n, err := source.Links(ctx, w)
		if err == nil {
			fmt.Printf("%d pictures in %s; next: pali3 ingest urls %s --url-column url --text-column text --to DATASET\n", n, c.To, c.To)
		}
		return err
	})
}

type ingestHTML struct {
	Dir string `arg:"" help:"Folder of pages."`
	ingestFlags
}

func (c ingestHTML) Run(ctx context.Context, out output) error {
	source, err := ingest.NewHTML(c.Dir)
	if err != nil {
		return err
	}
	return c.run(ctx, out, source)
}
