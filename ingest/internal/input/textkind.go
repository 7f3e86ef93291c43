package input

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/internal/imagefile"
)

// CheckText returns an error that names the actual kind of a file given as a text table, or nil if
// it may be one.
func CheckText(content *bufio.Reader) error {
	head, _ := content.Peek(headBytes)
	if len(head) == 0 {
		return errors.New("the file is empty")
	}
	kind, binary := imagefile.Kind(head), bytes.IndexByte(head, 0) >= 0
	said := func(advice string) error {
		return fmt.Errorf("%w: this is %s, not a table: %s", ErrWrongKind, kind, advice)
	}
	switch {
	case kind == "a zip archive" && (bytes.Contains(head, []byte("xl/")) || bytes.Contains(head, []byte("[Content_Types].xml"))):
		kind = "an Excel workbook"
		return said("save it as CSV")
	case kind == "a zip archive":
		return said("unpack it first; save a workbook as CSV")
	case kind == "a Microsoft Office document":
		return said("save a workbook as CSV")
	case binary && imagefile.Format(head) != "":
		return said("the source folder reads images")
	}
	for _, other := range otherKinds {
		isMarkup := other.kind == "an HTML page" || other.kind == "an XML document" || other.kind == "a Git LFS pointer" || other.kind == "a PDF document"
		if strings.HasPrefix(kind, other.kind) && (binary && other.kind != "plain text" && other.kind != "JSON" || isMarkup) {
			return said(other.advice)
		}
	}
	return nil
}
