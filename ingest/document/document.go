package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"iter"
	"maps"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/ordered"
	"github.com/pali3/pali3/ingest/internal/pdf"
	"github.com/pali3/pali3/shards"
)

// Reasons for rejecting documents and pages.
const (
	BadDocument = "document"  // not a PDF, or one that cannot be read
	Encrypted   = "encrypted" // needs a password
	NoFonts     = "fonts"     // much of a page's text cannot be drawn: the document does not embed its fonts
)

// PDF reads documents, and the .pdf files of folders in path order. It draws each page and takes
// the document's text for it ([shards.OCR]). The key of a page is the document's name (its path
// below a folder), # and the page number; title, author, subject and keywords become metadata. A
// page or document that cannot be read is a reject. Finally it counts the other files of the
// folders as left out.
type PDF struct {
	Paths     []string
	Side      int    // pixels of the longer side of a drawn page; default 1064, the largest of PaLI-3
	Language  string // of the text, if known
	Words     bool   // adds each word as a box
	Documents bool   // makes one record per document, with its pages as images and its path as the key
	Cache     string // folder for the compiled library; NewPDF sets the user's cache, "" keeps none

	meter *input.Meter
}

// MaxSide is the largest [PDF.Side].
const MaxSide = pdf.MaxSide

// pageSide is the default of [PDF.Side].
const pageSide = 1064

// NewPDF returns a source of the documents at paths, or an error if one does not exist.
func NewPDF(paths ...string) (*PDF, error) {
	if len(paths) == 0 {
		return nil, errors.New("no documents given")
	}
	if err := input.Local(paths...); err != nil {
		return nil, err
	}
	for _, name := range paths {
		if info, err := os.Stat(name); err != nil {
			return nil, err
		} else if !info.IsDir() && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is neither a regular file nor a folder", name)
		}
	}
	return &PDF{Paths: paths, Cache: pdf.UserCache(), meter: new(input.Meter)}, nil
}

// Name implements [ingest.Source].
func (p *PDF) Name() string { return "pdf " + strings.Join(p.Paths, " ") }

// Fingerprint implements [ingest.Source].
func (p *PDF) Fingerprint() (string, error) {
	all := fmt.Sprint(p.side(), p.Documents, p.Words, p.Language)
	for _, name := range p.Paths {
		print, err := input.FingerprintFiles(nil, name)
		if info, statErr := os.Stat(name); statErr == nil && info.IsDir() {
			print, err = input.FingerprintFolder(name, "")
		}
		if err != nil {
			return "", err
		}
		all += " " + print
	}
	return shards.Hash([]byte(all)), nil
}

func (p *PDF) side() int {
	if p.Side == 0 {
		return pageSide
	}
	return p.Side
}

// Part implements [ingest.Measured].
func (p *PDF) Part() float64 { return p.meter.Part() }

// Records implements [ingest.Source].
//
// Pages before the cursor and known pages are not drawn.
func (p *PDF) Records(ctx context.Context, from ingest.Cursor) iter.Seq[shards.Record] {
	n := from.Skip()
	return func(yield func(shards.Record) bool) {
		engine, err := pdf.Start(p.Cache)
		if err != nil {
			yield(shards.Bad(p.Name(), "", ingest.Unreadable, fmt.Errorf("%w: %w", ingest.ErrUnavailable, err)))
			return
		}
		defer engine.Close()
		desk := &desk{engine: engine}
		defer desk.clear()
		work := func(ctx context.Context, s sheet) shards.Record {
			if s.left != nil {
				return shards.Aside("", s.left...)
			}
			if s.err != nil || from.Known(s.key()) {
				return s.record(shards.Sample{}, s.err)
			}
			return p.draw(ctx, desk, s)
		}
		for record := range ordered.Map(ctx, p.sheets(ctx, desk, n), runtime.GOMAXPROCS(0), work) {
			if ctx.Err() != nil || !yield(record) {
				return
			}
		}
	}
}

// sheet is the unit of one record: a page, a whole document, or a document that could not be
// opened.
type sheet struct {
	file  paper
	page  int // from 1; 0 for all
	count int // of the document
	err   error
	left  []shards.LeftOut // if not nil, the sheet only reports what was left out
}

// key returns the record's key.
func (s sheet) key() string {
	if s.page == 0 {
		return s.file.name
	}
	return s.file.name + "#" + strconv.Itoa(s.page)
}

// record returns the sheet's record, or a reject if err is not nil.
func (s sheet) record(sample shards.Sample, err error) shards.Record {
	sample.Key = s.key()
	origin := s.file.origin
	if s.page > 0 {
		origin += " page " + strconv.Itoa(s.page)
	}
	switch {
	case err == nil:
		return shards.Record{Sample: sample, Origin: origin}
	case errors.Is(err, pdf.ErrPassword):
		return shards.Bad(origin, sample.Key, Encrypted, err)
	case errors.Is(err, pdf.ErrFonts):
		return shards.Bad(origin, sample.Key, NoFonts, err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return shards.Bad(origin, sample.Key, ingest.Unreadable, err)
	}
	return shards.Bad(origin, sample.Key, BadDocument, err)
}

// ofDocument is the weight of one document in the progress meter.
const ofDocument = 1000

// sheets yields the sheets of the records after the first n.
func (p *PDF) sheets(ctx context.Context, desk *desk, n int64) iter.Seq[sheet] {
	return func(yield func(sheet) bool) {
		documents := int64(0)
		for range papers(ctx, p.Paths, desk) {
			documents++
		}
		p.meter.Begin(ofDocument * documents)
		for file := range papers(ctx, p.Paths, desk) {
			if ctx.Err() != nil {
				return
			}
			count, err := desk.count(ctx, file)
			if err != nil || p.Documents {
				if n--; n < 0 && !yield(sheet{file: file, count: int(count), err: err}) {
					return
				}
				p.meter.Add(ofDocument)
				continue
			}
			first := min(max(n, 0), count)
			n -= first
			p.meter.Add(ofDocument * first / max(1, count))
			for page := first; page < count; page++ {
				if !yield(sheet{file: file, page: int(page) + 1, count: int(count)}) {
					return
				}
				p.meter.Add(ofDocument*(page+1)/count - ofDocument*page/count)
			}
		}
		if left := otherFiles(ctx, p.Paths); left != nil {
			if n--; n < 0 {
				yield(sheet{left: left})
			}
		}
	}
}

// draw makes the sample of a sheet.
func (p *PDF) draw(ctx context.Context, desk *desk, s sheet) shards.Record {
	d, err := desk.open(ctx, s.file)
	if err != nil {
		return s.record(shards.Sample{}, err)
	}
	defer desk.put(d, false)
	sample := shards.Sample{Metadata: maps.Clone(d.Info())}
	first, last := s.page, s.page
	if s.page == 0 {
		first, last = 1, s.count
		if s.count > input.MaxFrames {
			return s.record(sample, fmt.Errorf("%d pages, the limit for one record is %d", s.count, input.MaxFrames))
		}
	} else {
		sample.Metadata["page"] = strconv.Itoa(s.page)
	}
	sample.Metadata["pages"] = strconv.Itoa(s.count)
	size := 0
	for page := first; page <= last; page++ {
		if err := p.addPage(ctx, d.Document, page, &sample); err != nil {
			return s.record(sample, err)
		}
		if size += len(sample.Images[len(sample.Images)-1].Bytes); size > input.MaxImageFile {
			return s.record(sample, fmt.Errorf("images of over %d bytes", input.MaxImageFile))
		}
	}
	return s.record(sample, nil)
}

// addPage adds a page, counted from 1, to a sample.
func (p *PDF) addPage(ctx context.Context, d *pdf.Document, number int, s *shards.Sample) error {
	page, err := d.Page(ctx, number-1, p.side(), p.Words)
	if err != nil {
		return err
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, withoutColour(page.Image)); err != nil {
		return err
	}
	for _, w := range page.Words {
		s.Boxes = append(s.Boxes, shards.Box{Label: w.Text, Image: int32(len(s.Images)), Y0: w.Y0, X0: w.X0, Y1: w.Y1, X1: w.X1})
	}
	s.Images = append(s.Images, shards.Image{Bytes: encoded.Bytes()})
	if page.Text != "" {
		s.Texts = append(s.Texts, shards.Text{Kind: shards.OCR, Language: p.Language, Value: page.Text})
	}
	return nil
}

// withoutColour returns a grey image if the page has no colour, as most pages have none.
func withoutColour(m *image.RGBA) image.Image {
	grey := image.NewGray(m.Rect)
	for i := range grey.Pix {
		pixel := m.Pix[4*i:][:4]
		if pixel[0] != pixel[1] || pixel[1] != pixel[2] {
			return m
		}
		grey.Pix[i] = pixel[0]
	}
	return grey
}
