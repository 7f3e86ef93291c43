package pdf

import (
	"fmt"
	"iter"
	"slices"
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
	index                    int // in the page; -1 if it has no box
	left, right, bottom, top float64
}

// read reads the page's text, and if wanted its words.
func (d *Document) read(page requests.Page, words bool, p *Page) error {
	loaded, err := d.pdfium.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return err
	}
	text := loaded.TextPage
	defer d.pdfium.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text})
	count, err := d.pdfium.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text})
	if err != nil {
		return err
	}
	if count.Count <= 0 {
		return nil
	}
	if count.Count > maxChars {
		return fmt.Errorf("%d characters, the limit is %d", count.Count, maxChars)
	}
	all, err := d.pdfium.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: text, Count: count.Count})
	if err != nil {
		return err
	}
	var unseen map[int]bool
	if strings.ContainsFunc(all.Text, func(r rune) bool { return !builtIn(r) }) {
		if unseen, err = d.unseen(text, count.Count); err != nil {
			return err
		}
	}
	if !words && unseen == nil && !strings.ContainsFunc(all.Text, fromRight) {
		p.Text = clean([]rune(all.Text))
		return nil
	}
	chars, err := d.chars(text, count.Count, unseen)
	if err != nil {
		return err
	}
	runes := make([]rune, len(chars))
	for i := range chars {
		runes[i] = chars[i].r
	}
	p.Text = clean(runes)
	if words {
		p.Words, err = d.words(page, text, chars)
	}
	return err
}

// chars reads the page's characters except unseen ones. Lines with right-to-left text are put into
// reading order and have boxes.
func (d *Document) chars(text references.FPDF_TEXTPAGE, count int, unseen map[int]bool) ([]char, error) {
	chars := make([]char, 0, count)
	for i := range count {
		if unseen[i] {
			continue
		}
		code, err := d.pdfium.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: i})
		if err != nil {
			return nil, err
		}
		chars = append(chars, char{r: rune(code.Unicode), index: i})
	}
	for line := range lines(chars) {
		if len(line) > maxLine || !slices.ContainsFunc(line, func(c char) bool { return fromRight(c.r) }) {
			continue
		}
		for i := range line {
			c := &line[i]
			box, err := d.pdfium.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: text, Index: c.index})
			if err != nil {
				c.index = -1 // a space inserted by the library
				continue
			}
			c.left, c.right, c.bottom, c.top = box.Left, box.Right, box.Bottom, box.Top
		}
		logical(line)
	}
	return chars, nil
}

// lines yields the lines.
func lines(chars []char) iter.Seq[[]char] {
	return func(yield func([]char) bool) {
		for len(chars) > 0 {
			end := slices.IndexFunc(chars, func(c char) bool { return c.r == '\n' || c.r == '\r' })
			if end < 0 {
				end = len(chars)
			}
			if !yield(chars[:end]) {
				return
			}
			chars = chars[min(end+1, len(chars)):]
		}
	}
}

// hyphen is the library's mark for a hyphen that divides a word at the end of a line.
const hyphen = '\uFFFE'

// clean turns the library's characters into a text: lines end with \n, words hyphenated at the end
// of a line are rejoined, and there are no control characters, no trailing spaces and no more than
// one empty line in succession.
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

// words splits the characters at spaces and locates each word.
func (d *Document) words(page requests.Page, text references.FPDF_TEXTPAGE, chars []char) (words []Word, err error) {
	for at := 0; at < len(chars); {
		end := at
		for end < len(chars) && !between(chars[end].r) {
			end++
		}
		if end > at {
			w, shown, err := d.word(page, text, chars[at:end])
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

// word returns the word of some characters; it is not shown if none of their boxes is on the page.
func (d *Document) word(page requests.Page, text references.FPDF_TEXTPAGE, chars []char) (w Word, shown bool, err error) {
	runes := make([]rune, len(chars))
	for i, c := range chars {
		runes[i] = c.r
	}
	if w.Text = clean(runes); w.Text == "" {
		return w, false, nil
	}
	all, err := d.around(text, chars)
	if err != nil || all.right <= all.left || all.top <= all.bottom {
		return w, false, err
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

// around returns the box of successive characters, from their own boxes or from the library's box
// of all of them.
func (d *Document) around(text references.FPDF_TEXTPAGE, chars []char) (all char, err error) {
	var boxes []char
	for _, c := range chars {
		if c.right > c.left || c.top > c.bottom {
			boxes = append(boxes, c)
		}
	}
	if len(boxes) == 0 && chars[0].index >= 0 {
		count, err := d.pdfium.FPDFText_CountRects(&requests.FPDFText_CountRects{TextPage: text, StartIndex: chars[0].index, Count: len(chars)})
		if err != nil {
			return all, err
		}
		for i := range count.Count {
			box, err := d.pdfium.FPDFText_GetRect(&requests.FPDFText_GetRect{TextPage: text, Index: i})
			if err != nil {
				return all, err
			}
			boxes = append(boxes, char{left: box.Left, right: box.Right, bottom: box.Bottom, top: box.Top})
		}
	}
	for i, c := range boxes {
		if i == 0 {
			all = c
		}
		all.left, all.right = min(all.left, c.left), max(all.right, c.right)
		all.bottom, all.top = min(all.bottom, c.bottom), max(all.top, c.top)
	}
	return all, nil
}

// fine is the number of steps that a page's sides are divided into when a position is requested.
const fine = 1 << 16

// place returns the position of a point on the page as shown, after rotation and cropping:
// fractions of its width and height from the top left.
func (d *Document) place(page requests.Page, x, y float64) (float32, float32, error) {
	at, err := d.pdfium.FPDF_PageToDevice(&requests.FPDF_PageToDevice{Page: page, SizeX: fine, SizeY: fine, PageX: x, PageY: y})
	if err != nil {
		return 0, 0, err
	}
	return float32(min(max(at.DeviceX, 0), fine)) / fine, float32(min(max(at.DeviceY, 0), fine)) / fine, nil
}
