package imagefile

import (
	"encoding/binary"
	"fmt"
)

// tiffDirectory is an image file directory of a TIFF (TIFF 6.0, section 2).
type tiffDirectory struct {
	order   binary.ByteOrder
	file    []byte
	entries []byte // of 12 bytes each
}

const tiffEntry = 12 // bytes

// openTIFF reads the header and returns the offset of the first directory.
func openTIFF(b []byte) (d *tiffDirectory, first uint32, err error) {
	if len(b) < 8 {
		return nil, 0, fmt.Errorf("%w: TIFF of %d bytes", ErrTruncated, len(b))
	}
	d = &tiffDirectory{order: binary.BigEndian, file: b}
	if b[0] == 'I' {
		d.order = binary.LittleEndian
	}
	return d, d.order.Uint32(b[4:]), nil
}

// read reads the directory at an offset of the file.
func (d *tiffDirectory) read(offset uint32) error {
	if offset < 8 {
		return fmt.Errorf("%w: TIFF without a directory", ErrCorrupt)
	}
	entries, whole := d.at(offset)
	if !whole {
		return fmt.Errorf("%w: TIFF with its directory at byte %d of %d", ErrTruncated, offset, len(d.file))
	}
	d.entries = entries
	return nil
}

// at returns the entries of the directory at an offset, and whether all are within the file.
func (d *tiffDirectory) at(offset uint32) (entries []byte, whole bool) {
	start := int64(offset) + 2
	if start > int64(len(d.file)) {
		return nil, false
	}
	end := start + tiffEntry*int64(d.order.Uint16(d.file[offset:]))
	if end > int64(len(d.file)) {
		return nil, false
	}
	return d.file[start:end], true
}

// Bounds of TIFFPages.
const (
	maxTIFFPages   = 1 << 16
	maxTIFFEntries = 1 << 20 // of all directories
)

// TIFFPages follows the chain of directories and returns the offsets of those of pages. Smaller
// versions of a page and masks do not count as pages, unless they come first. TIFFPages stops at a
// directory that it has seen before. If a directory is not within the file, it returns an error
// along with the pages before.
func TIFFPages(b []byte) (pages []uint32, err error) {
	d, offset, err := openTIFF(b)
	if err != nil {
		return nil, err
	}
	seen := map[uint32]bool{}
	for entries := 0; offset != 0 && !seen[offset] && len(seen) < maxTIFFPages; {
		if err := d.read(offset); err != nil {
			return pages, err
		}
		if entries += len(d.entries) / tiffEntry; entries > maxTIFFEntries {
			break
		}
		if len(pages) == 0 || d.number(tiffSubfileType, 0)&(tiffReduced|tiffMask) == 0 {
			pages = append(pages, offset)
		}
		seen[offset] = true
		next := int64(offset) + 2 + int64(len(d.entries))
		if next+4 > int64(len(b)) {
			break
		}
		offset = d.order.Uint32(b[next:])
	}
	return pages, nil
}

// values returns at most the given number of a tag's values, those that are within the file, and
// whether the directory has the tag with an integer type.
func (d *tiffDirectory) values(tag uint16, most int) (values []uint32, there bool) {
	for e := d.entries; len(e) >= tiffEntry; e = e[tiffEntry:] {
		if d.order.Uint16(e) != tag {
			continue
		}
		size := map[uint16]int64{1: 1, 3: 2, 4: 4, 7: 1}[d.order.Uint16(e[2:])] // BYTE, SHORT, LONG, UNDEFINED
		if size == 0 {
			return nil, false
		}
		count, raw := int64(d.order.Uint32(e[4:])), e[8:tiffEntry]
		if count*size > 4 {
			raw = d.file[min(int64(d.order.Uint32(e[8:])), int64(len(d.file))):]
		}
		n := min(count, int64(len(raw))/size, int64(most))
		values = make([]uint32, n)
		for i := range values {
			switch v := raw[int64(i)*size:]; size {
			case 1:
				values[i] = uint32(v[0])
			case 2:
				values[i] = uint32(d.order.Uint16(v))
			default:
				values[i] = d.order.Uint32(v)
			}
		}
		return values, true
	}
	return nil, false
}

// number returns a tag's first value, or absent if there is none.
func (d *tiffDirectory) number(tag uint16, absent uint32) uint32 {
	if v, _ := d.values(tag, 1); len(v) > 0 {
		return v[0]
	}
	return absent
}

// has reports whether the directory has a tag, of any type.
func (d *tiffDirectory) has(tag uint16) bool {
	for e := d.entries; len(e) >= tiffEntry; e = e[tiffEntry:] {
		if d.order.Uint16(e) == tag {
			return true
		}
	}
	return false
}

// Bits of NewSubfileType.
const (
	tiffReduced = 1
	tiffMask    = 4
)

// notReduced returns an error if the first page is not the image itself: cameras' raw files are
// TIFFs that begin with a small preview.
func (d *tiffDirectory) notReduced() error {
	kind := d.number(tiffSubfileType, 0)
	switch {
	case d.has(tiffDNGVersion):
		return fmt.Errorf("%w: TIFF that is a camera's raw image (DNG)", ErrUnsupported)
	case kind&tiffReduced != 0:
		return fmt.Errorf("%w: TIFF whose first page is a smaller version of another, as in cameras' raw images", ErrUnsupported)
	case kind&tiffMask != 0:
		return fmt.Errorf("%w: TIFF whose first page is the mask of another", ErrUnsupported)
	}
	return nil
}
