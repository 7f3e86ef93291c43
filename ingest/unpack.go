package ingest

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/pali3/pali3/internal/picture"
)

// unpack returns the content of a file that may be compressed, which its first bytes tell, and takes a compression's ending off its name.
func unpack(f io.Reader, name *string) (*bufio.Reader, error) {
	raw := bufio.NewReaderSize(f, 1<<16)
	head, err := raw.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	switch ending := filepath.Ext(*name); ending {
	case ".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz":
		*name = strings.TrimSuffix(*name, ending)
	}
	var content io.Reader
	switch magic := string(head); {
	case strings.HasPrefix(magic, "\x1f\x8b"):
		content, err = gzip.NewReader(raw)
	case strings.HasPrefix(magic, "\x28\xb5\x2f\xfd"), len(magic) >= 4 && magic[0]&0xf0 == 0x50 && magic[1:4] == "\x2a\x4d\x18":
		content, err = zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	case strings.HasPrefix(magic, "BZh"):
		content = bzip2.NewReader(raw)
	case strings.HasPrefix(magic, "\xfd7zXZ"):
		return nil, errors.New("this is an xz file, which is not read: unpack it with xz -d first")
	default:
		return raw, nil
	}
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(content, 1<<16), nil
}

// notText says what a file is that was given as a text table and is none; nil if it may be one.
func notText(content *bufio.Reader) error {
	head, _ := content.Peek(headBytes)
	if len(head) == 0 {
		return errors.New("the file is empty")
	}
	kind, binary := picture.Kind(head), bytes.IndexByte(head, 0) >= 0
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
	case binary && picture.Format(head) != "":
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
