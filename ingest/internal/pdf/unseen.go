package pdf

import (
	"errors"
	"fmt"
	"unicode"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// A document need not embed its fonts, and the standard fonts are Latin: old documents in Chinese,
// Japanese and Korean rely on the machine's fonts. The library knows the text and position of such
// characters, but draws nothing there.

// ErrFonts is wrapped by the error of a page with much text in fonts that the document does not
// embed.
var ErrFonts = errors.New("text cannot be drawn because the document does not embed its fonts")

const (
	// The box of a character that is not drawn is a thousandth of the font's size high, that of a
	// thin dash some twenty.
	thin = 200 // a character this many times lower than its line is unseen
	few  = 50  // one in this many characters may be unseen
)

// builtIn reports whether the library's own fonts have a character, for documents that do not embed
// the font.
func builtIn(r rune) bool { return r <= unicode.MaxLatin1 }

// unseen returns the indices of the characters that are not drawn, or nil if all are. More than a
// few are an error. It checks one character of each kind, and all of them once one is unseen.
func (d *Document) unseen(text references.FPDF_TEXTPAGE, count int) (map[int]bool, error) {
	codes, looked, some := make([]rune, count), map[rune]bool{}, false
	for i := range codes {
		code, err := d.pdfium.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: i})
		if err != nil {
			return nil, err
		}
		r := rune(code.Unicode)
		if codes[i] = r; !builtIn(r) && !between(r) && !looked[r] {
			looked[r], some = true, some || d.isUnseen(text, i)
		}
	}
	if !some {
		return nil, nil
	}
	all, written := map[int]bool{}, 0
	for i, r := range codes {
		if between(r) {
			continue
		}
		if written++; d.isUnseen(text, i) {
			all[i] = true
		}
	}
	if len(all)*few > written {
		return nil, fmt.Errorf("%d of %d characters: %w", len(all), written, ErrFonts)
	}
	return all, nil
}

// isUnseen reports whether a character is not drawn although it should be. Characters that the
// library inserted have no position.
func (d *Document) isUnseen(text references.FPDF_TEXTPAGE, i int) bool {
	box, err := d.pdfium.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: text, Index: i})
	if err != nil {
		return false
	}
	line, err := d.pdfium.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: text, Index: i})
	if err != nil {
		return false
	}
	height := float64(line.Rect.Top - line.Rect.Bottom)
	return height > 0 && thin*(box.Top-box.Bottom) < height && !d.invisible(text, i)
}

// invisible reports whether a character is meant to be invisible, like the recognised text over a
// scan.
func (d *Document) invisible(text references.FPDF_TEXTPAGE, i int) bool {
	object, err := d.pdfium.FPDFText_GetTextObject(&requests.FPDFText_GetTextObject{TextPage: text, Index: i})
	if err != nil {
		return false
	}
	mode, err := d.pdfium.FPDFTextObj_GetTextRenderMode(&requests.FPDFTextObj_GetTextRenderMode{PageObject: object.TextObject})
	return err == nil && mode.TextRenderMode == enums.FPDF_TEXTRENDERMODE_INVISIBLE
}
