package pdf

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// maxChars bounds the characters of a page.
const maxChars = 1 << 20

// char is a character of a page and its box in page coordinates: points from the lower left.
type char struct {
	r                        rune
	left, right, bottom, top float64
}

// read reads the page's text, and if wanted its words.
func (d *Document) read(page requests.Page, words bool, p *Page) error {
	loaded, err := d.pdfium.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return err
	}
	defer d.pdfium.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage})
	chars, err := d.chars(loaded.TextPage, words)
	if err != nil {
		return err
	}
	logical(chars)
	runes := make([]rune, len(chars))
	for i := range chars {
		runes[i] = chars[i].r
	}
	p.Text = clean(runes)
	if words {
		p.Words, err = d.words(page, chars)
	}
	return err
}

// chars reads the page's characters, in the library's order; with boxes if wanted, or if some are written from right to left.
func (d *Document) chars(text references.FPDF_TEXTPAGE, boxes bool) ([]char, error) {
	count, err := d.pdfium.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text})
	if err != nil {
		return nil, err
	}
	if count.Count < 0 || count.Count > maxChars {
		return nil, fmt.Errorf("%d characters, the limit is %d", count.Count, maxChars)
	}
	chars := make([]char, count.Count)
	for i := range chars {
		code, err := d.pdfium.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: i})
		if err != nil {
			return nil, err
		}
		chars[i].r = rune(code.Unicode)
		boxes = boxes || fromRight(chars[i].r)
	}
	for i := 0; boxes && i < len(chars); i++ {
		box, err := d.pdfium.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: text, Index: i})
		if err != nil {
			continue // of a space that the library put in
		}
		c := &chars[i]
		c.left, c.right, c.bottom, c.top = box.Left, box.Right, box.Bottom, box.Top
	}
	return chars, nil
}

// hyphen stands for the one that divides a word at the end of a line.
const hyphen = '\uFFFE'

// clean makes the library's characters a text: lines end with \n, words divided at the end of a line are whole
// again, and there are no control characters, no spaces at the ends of lines and no more than one empty line.
func clean(runes []rune) string {
	var b strings.Builder
	divided := false
	for _, r := range runes {
		switch {
		case r == hyphen || r == 2:
			divided = true
			continue
		case divided && (r == '\r' || r == '\n'):
			continue
		case r == '\n' || r == '\t':
		case unicode.IsControl(r), r == '\uFEFF', r == '\uFFFF', !valid(r):
			continue
		}
		divided = false
		b.WriteRune(r)
	}
	lines := strings.Split(b.String(), "\n")
	kept := lines[:0]
	for _, line := range lines {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

func valid(r rune) bool { return r >= 0 && r <= unicode.MaxRune && (r < 0xD800 || r > 0xDFFF) }

// words cuts the characters at spaces and says where each word is.
func (d *Document) words(page requests.Page, chars []char) (words []Word, err error) {
	for at := 0; at < len(chars); {
		end := at
		for end < len(chars) && !between(chars[end].r) {
			end++
		}
		if end > at {
			w, shown, err := d.word(page, chars[at:end])
			if err != nil {
				return nil, err
			}
			if shown {
				words = append(words, w)
			}
		}
		at = end + 1
	}
	return words, nil
}

func between(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == hyphen }

// word is the word of some characters; it is not shown if no box of them is on the page.
func (d *Document) word(page requests.Page, chars []char) (w Word, shown bool, err error) {
	var all char
	var runes []rune
	for _, c := range chars {
		runes = append(runes, c.r)
		switch {
		case c.right <= c.left && c.top <= c.bottom: // has none
		case !shown:
			all, shown = c, true
		default:
			all.left, all.right = min(all.left, c.left), max(all.right, c.right)
			all.bottom, all.top = min(all.bottom, c.bottom), max(all.top, c.top)
		}
	}
	if w.Text = clean(runes); w.Text == "" || !shown {
		return w, false, nil
	}
	x0, y0, err := d.place(page, all.left, all.top)
	if err != nil {
		return w, false, err
	}
	x1, y1, err := d.place(page, all.right, all.bottom)
	if err != nil {
		return w, false, err
	}
	w.X0, w.X1 = min(x0, x1), max(x0, x1)
	w.Y0, w.Y1 = min(y0, y1), max(y0, y1)
	return w, w.X1 > w.X0 && w.Y1 > w.Y0, nil
}

// fine is into how many steps a page's sides are divided where a place is asked for.
const fine = 1 << 16

// place says where a point of the page is once the page is turned and cropped as it is shown: fractions of its
// width and height from the top left.
func (d *Document) place(page requests.Page, x, y float64) (float32, float32, error) {
	at, err := d.pdfium.FPDF_PageToDevice(&requests.FPDF_PageToDevice{Page: page, SizeX: fine, SizeY: fine, PageX: x, PageY: y})
	if err != nil {
		return 0, 0, err
	}
	return float32(min(max(at.DeviceX, 0), fine)) / fine, float32(min(max(at.DeviceY, 0), fine)) / fine, nil
}
