package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pali3/pali3/internal/jsonerr"
)

const (
	// maxHeader is the reference implementation's limit for a header, in bytes.
	maxHeader = 100_000_000
	// maxRank is numpy's limit for the dimensions of an array.
	maxRank = 64
	// maxName is the most bytes of a tensor's name.
	maxName = 4096
	// maxMember is more than a tensor's dtype, shape and offsets take, in bytes.
	maxMember = 4096

	metadataKey = "__metadata__"
)

func (f *File) readHeader() error {
	var length [8]byte
	if _, err := f.file.ReadAt(length[:], 0); err != nil {
		return fmt.Errorf("the file has %d bytes, too few for a header", f.file.Size())
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > uint64(f.file.Size()-8) {
		return fmt.Errorf("the header claims %d bytes in a file of %d: not a safetensors file, or cut short", n, f.file.Size())
	}
	if n > maxHeader {
		return fmt.Errorf("the header claims %d bytes, more than the format's %d", n, maxHeader)
	}
	header := make([]byte, n)
	if _, err := f.file.ReadAt(header, 8); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the header: %w", err)
	}
	f.data = 8 + int64(n)
	return f.parseHeader(header, f.file.Size()-f.data)
}

// parseHeader fills entries, index and metadata from the header of a file with size bytes of
// tensors.
func (f *File) parseHeader(header []byte, size int64) error {
	if err := f.parseEntries(header, size); err != nil {
		return err
	}
	slices.SortFunc(f.entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.Name, b.Name))
	})
	at := int64(0)
	for i, e := range f.entries {
		if e.begin != at {
			return fmt.Errorf("tensor %q begins at %d, the one before it ends at %d", e.Name, e.begin, at)
		}
		at = e.end
		f.index[e.Name] = i
	}
	if at != size {
		return fmt.Errorf("the tensors end at byte %d, the file's data at %d", at, size)
	}
	return nil
}

// parseEntries reads one member of the header after the other. The decoder rejects a name that
// occurs twice.
func (f *File) parseEntries(header []byte, size int64) error {
	notJSON := func(err error) error { return fmt.Errorf("the header is not JSON: %w", jsonerr.Explain(err)) }
	if len(header) == 0 || header[0] != '{' {
		return fmt.Errorf("the header is not JSON: it does not begin with {")
	}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(header))
	if _, err := decoder.ReadToken(); err != nil {
		return notJSON(err)
	}
	for decoder.PeekKind() != '}' {
		token, err := decoder.ReadToken()
		if err != nil {
			return notJSON(err)
		}
		name := token.String()
		if len(name) > maxName {
			return fmt.Errorf("a tensor's name has %d bytes, more than %d: it begins with %q", len(name), maxName, name[:40])
		}
		value, err := decoder.ReadValue()
		if err != nil {
			return notJSON(err)
		}
		if name == metadataKey {
			if err := jsonerr.Explain(jsonv2.Unmarshal(value, &f.metadata)); err != nil {
				return fmt.Errorf("%s: %w", metadataKey, err)
			}
			continue
		}
		entry, err := parseEntry(name, value, size)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		f.entries = append(f.entries, entry)
	}
	if _, err := decoder.ReadToken(); err != nil {
		return notJSON(err)
	}
	if rest := bytes.TrimRight(header[decoder.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return fmt.Errorf("the header has %d bytes after its JSON object", len(rest))
	}
	return nil
}

func parseEntry(name string, value []byte, size int64) (Entry, error) {
	if len(value) > maxMember {
		return Entry{}, fmt.Errorf("its entry takes %d bytes, more than %d", len(value), maxMember)
	}
	var parsed struct {
		DType   DType   `json:"dtype"`
		Shape   *[]int  `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := jsonerr.Explain(jsonv2.Unmarshal(value, &parsed, jsonv2.RejectUnknownMembers(true))); err != nil {
		return Entry{}, err
	}
	width, known := parsed.DType.Size()
	switch {
	case !known:
		return Entry{}, fmt.Errorf("dtype %q is not supported", string(parsed.DType))
	case parsed.Shape == nil:
		return Entry{}, errors.New("it has no shape")
	case len(parsed.Offsets) != 2:
		return Entry{}, fmt.Errorf("data_offsets has %d numbers, not 2", len(parsed.Offsets))
	case len(*parsed.Shape) > maxRank:
		return Entry{}, fmt.Errorf("its shape has %d dimensions, more than %d", len(*parsed.Shape), maxRank)
	}
	begin, end := parsed.Offsets[0], parsed.Offsets[1]
	if begin < 0 || end < begin || end > size {
		return Entry{}, fmt.Errorf("bytes %d to %d do not lie in the file, whose data has %d: cut short?", begin, end, size)
	}
	if want, ok := byteCount(*parsed.Shape, width, size); !ok || want != end-begin {
		return Entry{}, fmt.Errorf("shape %v of %s does not take the %d bytes given", *parsed.Shape, parsed.DType, end-begin)
	}
	return Entry{Name: name, DType: parsed.DType, Shape: *parsed.Shape, begin: begin, end: end}, nil
}

// byteCount returns the bytes of a shape, and false if that is more than limit or a dimension is
// negative.
func byteCount(shape []int, width int, limit int64) (int64, bool) {
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
	}
	if slices.Contains(shape, 0) {
		return 0, true
	}
	count := int64(width)
	for _, d := range shape {
		if int64(d) > limit/count {
			return 0, false
		}
		count *= int64(d)
	}
	return count, true
}
