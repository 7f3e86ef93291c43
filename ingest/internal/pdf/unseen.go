package pdf

import (
	"errors"
	"fmt"
	"unicode"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// A document need not bring its fonts, and those that every reader has are for Latin: old documents
// in Chinese, Japanese and Korean rely on the machine's. The library knows what such characters
// say, and where, and draws nothing there.

// ErrFonts is wrapped by the error of a page much of whose text is in fonts that the document does
// not have.
var ErrFonts = errors.New("text in fonts that the document does not have, and that is not drawn")

const (
	// The box of a character that is not drawn is a thousandth of the font's size high, that of a
	// thin dash some twenty.
	thin = 200 // times lower than its line is an unseen character
	few  = 50  // of so many characters one may be unseen
)

// builtIn reports whether the library has a character of its own, for a document that does not
// bring the font.
func builtIn(r rune) bool { return r <= unicode.MaxLatin1 }

// unseen returns the numbers of the characters that are not drawn, nil if all are. More than a few
// are an error. It looks at one of each kind of character, and at all once one is unseen.
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

// isUnseen reports whether a character is not drawn although it is to be. Of one that the library
// put in it knows no place.
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

// invisible reports whether a character is not to be drawn: over a scan there lies the text that
// was recognised in it.
func (d *Document) invisible(text references.FPDF_TEXTPAGE, i int) bool {
	object, err := d.pdfium.FPDFText_GetTextObject(&requests.FPDFText_GetTextObject{TextPage: text, Index: i})
	if err != nil {
		return false
	}
	mode, err := d.pdfium.FPDFTextObj_GetTextRenderMode(&requests.FPDFTextObj_GetTextRenderMode{PageObject: object.TextObject})
	return err == nil && mode.TextRenderMode == enums.FPDF_TEXTRENDERMODE_INVISIBLE
}
