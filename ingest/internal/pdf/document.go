package pdf

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"strings"
	"time"

	"github.com/klippa-app/go-pdfium"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// Errors of documents.
var (
	ErrPassword = errors.New("the document is encrypted and needs a password")
	ErrTime     = fmt.Errorf("it takes more than %s", MaxTime)
)

// MaxSide bounds the width and height of a drawn page, in pixels.
const MaxSide = 4096

// maxPages bounds the number of pages of a document.
const maxPages = 1 << 20

// Document is an open document.
type Document struct {
	engine *Engine
	file   io.ReadSeeker
	size   int64
	pages  int
	info   map[string]string
	asked  bool // for info

	pdfium pdfium.Pdfium // nil when it had a fault
	ref    references.FPDF_DOCUMENT
}

// Page is a page.
type Page struct {
	Image         *image.RGBA
	Width, Height float64 // points, a 72nd of an inch, as it is shown
	Text          string  // in logical order, a line ends with \n
	Words         []Word  // in the order of the text; nil if they were not asked for
}

// Word is a word and where it is: edges as fractions of the page's height and width, from its top
// left.
type Word struct {
	Text           string
	Y0, X0, Y1, X1 float32
}

// Open opens a document of size bytes. The file is read on demand; the caller closes it after the
// document.
func (e *Engine) Open(ctx context.Context, file io.ReadSeeker, size int64) (*Document, error) {
	if size <= 0 {
		return nil, errors.New("the file is empty")
	}
	d := &Document{engine: e, file: file, size: size}
	if err := d.open(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Document) open(ctx context.Context) (err error) {
	if d.pdfium, err = d.engine.instance(ctx); err != nil {
		return err
	}
	if err := d.bounded("opening", d.load); err != nil || d.asked {
		return err
	}
	d.asked = true
	if err := d.bounded("reading its information", d.readInfo); err != nil {
		err = d.open(ctx) // the pages may still be readable
		if err != nil {
			return err
		}
	}
	d.recount(ctx)
	return nil
}

// recount makes the library count the pages if there appear to be more than the document declares.
func (d *Document) recount(ctx context.Context) {
	counts := undercounted(d.file, d.size, d.pages)
	if counts == nil {
		return
	}
	before := *d
	d.file = &blanked{ReadSeeker: d.file, spans: counts}
	if err := d.open(ctx); err != nil || d.pages <= before.pages {
		d.Close()
		*d = before
		return
	}
	before.Close()
}

// load opens the document in the library.
func (d *Document) load() error {
	opened, err := d.pdfium.OpenDocument(&requests.OpenDocument{FileReader: d.file, FileReaderSize: d.size})
	if errors.Is(err, pdfiumerrors.ErrPassword) {
		return ErrPassword
	}
	if err != nil {
		return err
	}
	d.ref = opened.Document
	count, err := d.pdfium.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref})
	if err != nil {
		return err
	}
	if d.pages = count.PageCount; d.pages > maxPages {
		return fmt.Errorf("%d pages, the limit is %d", d.pages, maxPages)
	}
	return nil
}

// readInfo reads the document information dictionary. It is optional (ISO 32000-1, 7.5.5), and a
// faulty entry is skipped. An error means that the library no longer responds.
func (d *Document) readInfo() error {
	d.info = map[string]string{}
	for _, tag := range []string{"Title", "Author", "Subject", "Keywords"} {
		all, err := d.pdfium.GetMetaData(&requests.GetMetaData{Document: d.ref, Tags: &[]string{tag}})
		if err != nil {
			if _, err := d.pdfium.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref}); err != nil {
				return err
			}
			continue
		}
		for _, entry := range all.Tags {
			if value := clean([]rune(entry.Value)); value != "" {
				d.info[strings.ToLower(tag)] = value
			}
		}
	}
	return nil
}

// Len returns the number of pages.
func (d *Document) Len() int { return d.pages }

// Info returns the document's title, author, subject and keywords, as far as it has them.
func (d *Document) Info() map[string]string { return d.info }

// Page draws page i, counted from 0, so that its longer side has the given number of pixels, and
// reads its text. After an error other pages can be read.
func (d *Document) Page(ctx context.Context, i, side int, words bool) (p Page, err error) {
	if i < 0 || i >= d.pages || side < 1 || side > MaxSide {
		return p, fmt.Errorf("page %d of %d at %d pixels", i+1, d.pages, side)
	}
	if d.pdfium == nil {
		if err := d.open(ctx); err != nil {
			d.fail()
			return p, err
		}
	}
	err = d.bounded(fmt.Sprintf("page %d", i+1), func() error {
		loaded, err := d.pdfium.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.ref, Index: i})
		if err != nil {
			return err
		}
		defer d.pdfium.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})
		page := requests.Page{ByReference: &loaded.Page}
		if err := d.read(page, words, &p); err != nil {
			return fmt.Errorf("reading its text: %w", err)
		}
		if err := d.draw(page, side, &p); err != nil {
			return fmt.Errorf("drawing it: %w", err)
		}
		return nil
	})
	return p, err
}

// draw draws the page with its annotations, on white.
func (d *Document) draw(page requests.Page, side int, p *Page) error {
	width, err := d.pdfium.FPDF_GetPageWidthF(&requests.FPDF_GetPageWidthF{Page: page})
	if err != nil {
		return err
	}
	height, err := d.pdfium.FPDF_GetPageHeightF(&requests.FPDF_GetPageHeightF{Page: page})
	if err != nil {
		return err
	}
	p.Width, p.Height = float64(width.PageWidth), float64(height.PageHeight)
	if longer, shorter := max(p.Width, p.Height), min(p.Width, p.Height); !(shorter > 0) || shorter*float64(side) < longer {
		return fmt.Errorf("a page of %g by %g points", p.Width, p.Height)
	}
	drawn, err := d.pdfium.RenderPageInPixels(&requests.RenderPageInPixels{Page: page, Width: side, Height: side, RenderFlags: drawAnnotations})
	if err != nil {
		return err
	}
	defer drawn.Cleanup()
	rgba, ok := drawn.Result.RenderedImage.(*image.RGBA)
	if !ok || rgba.Rect.Dx() > side || rgba.Rect.Dy() > side {
		return fmt.Errorf("an image of %v", drawn.Result.RenderedImage.Bounds())
	}
	p.Image = &image.RGBA{Pix: append([]byte(nil), rgba.Pix...), Stride: rgba.Stride, Rect: rgba.Rect}
	return nil
}

// drawAnnotations is FPDF_ANNOT of fpdfview.h.
const drawAnnotations = 1

// bounded runs calls of the library within [MaxTime]. A fault ends the instance.
func (d *Document) bounded(doing string, calls func() error) (err error) {
	late := make(chan struct{})
	timer := time.AfterFunc(MaxTime, func() {
		close(late)
		d.pdfium.Kill()
	})
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%v", fault)
		}
		if !timer.Stop() {
			<-late
			err = ErrTime
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", doing, err)
		}
		if err != nil && !errors.Is(err, ErrFonts) {
			d.fail()
		}
	}()
	return calls()
}

// fail discards the instance, because its state is unknown after an error.
func (d *Document) fail() {
	if d.pdfium != nil {
		d.pdfium.Kill()
		d.pdfium = nil
	}
}

// Close closes the document.
func (d *Document) Close() error {
	if d.pdfium == nil {
		return nil
	}
	defer func() { d.pdfium = nil }()
	return d.pdfium.Close()
}
