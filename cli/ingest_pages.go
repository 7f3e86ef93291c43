package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/pali3/pali3/ingest/crawl"
	"github.com/pali3/pali3/ingest/document"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/shards"
)

type ingestWARC struct {
	Files []string `arg:"" help:"Archives: WARC, ARC, WAT, WET; plain, .gz or .zst; files, folders, patterns, URLs of an object store."`
	languageFlag
	ingestFlags
}

func (c ingestWARC) Run(ctx context.Context, con *console) error {
	source, err := crawl.NewWARC(con.program.Stores, c.Files...)
	if err != nil {
		return err
	}
	return c.run(ctx, con, source, c.Language)
}

type ingestLinks struct {
	Files []string `arg:"" help:"Archives as for warc, or URLs of an object store."`
	To    string   `required:"" placeholder:"TABLE" help:"Table to write, a file: JSON lines with the columns url, text, language and more."`
}

func (c ingestLinks) Run(ctx context.Context, con *console) error {
	source, err := crawl.NewWARC(con.program.Stores, c.Files...)
	if err != nil {
		return err
	}
	if shards.IsURL(c.To) {
		return fmt.Errorf("--to %s: the table must be a local file", c.To)
	}
	return atomicfile.Write(c.To, func(w io.Writer) error {
		summary, err := source.Links(ctx, w)
		if err != nil {
			return err
		}
		if summary.Links == 0 {
			printLinks(con.err, summary)
			return fmt.Errorf("the archives link no images; nothing was written to %s", c.To)
		}
		con.printf("%d images in %s; next: %s ingest urls %s --url-column url --text-column text --to DATASET\n", summary.Links, c.To, con.program.Name, c.To)
		printLinks(con.out, summary)
		return nil
	})
}

// printLinks prints how many links a table leaves out, by reason.
func printLinks(w io.Writer, s crawl.LinkSummary) {
	printCounts(w, "rejected", s.Rejects)
	printCounts(w, "left out", s.LeftOut)
}

type ingestHTML struct {
	Dir string `arg:"" help:"Folder of pages, on this machine."`
	languageFlag
	ingestFlags
}

func (c ingestHTML) Run(ctx context.Context, con *console) error {
	source, err := crawl.NewHTML(c.Dir)
	if err != nil {
		return err
	}
	return c.run(ctx, con, source, c.Language)
}

type ingestPDF struct {
	Paths     []string `arg:"" help:"PDF files and folders of them, on this machine."`
	Side      int      `default:"1064" help:"Longer side of a rendered page, in pixels."`
	Words     bool     `help:"Keep each word with its position, as a box."`
	Documents bool     `help:"Make one record per document, with all its pages."`
	languageFlag
	ingestFlags
}

func (c ingestPDF) Run(ctx context.Context, con *console) error {
	source, err := document.NewPDF(c.Paths...)
	if err != nil {
		return err
	}
	if c.Side < 1 || c.Side > document.MaxSide {
		return fmt.Errorf("--side %d: a page has 1 to %d pixels", c.Side, document.MaxSide)
	}
	source.Side, source.Language, source.Words, source.Documents = c.Side, c.Language, c.Words, c.Documents
	return c.run(ctx, con, source, c.Language)
}
