package picture

import (
	"encoding/binary"
	"fmt"
)

// tiffDirectory is a TIFF's first image file directory (TIFF 6.0, section 2).
type tiffDirectory struct {
	order   binary.ByteOrder
	file    []byte
	entries []byte // of 12 bytes each
}

const tiffEntry = 12 // bytes

// firstTIFFDirectory finds the directory that the header points to.
func firstTIFFDirectory(b []byte) (*tiffDirectory, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("%w: TIFF of %d bytes", ErrTruncated, len(b))
	}
	d := &tiffDirectory{order: binary.BigEndian, file: b}
	if b[0] == 'I' {
		d.order = binary.LittleEndian
	}
	at := d.order.Uint32(b[4:])
	if at < 8 {
		return nil, fmt.Errorf("%w: TIFF without a directory", ErrCorrupt)
	}
	entries, whole := d.at(at)
	if !whole {
		return nil, fmt.Errorf("%w: TIFF with its directory at byte %d of %d", ErrTruncated, at, len(b))
	}
	d.entries = entries
	return d, nil
}

// at returns the entries of the directory at a byte of the file, and whether all are within it.
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

const maxTIFFPages = 1 << 16 // are counted

// pages counts the directories, each of which names the next. It stops where one is named twice.
func (d *tiffDirectory) pages() int {
	seen := map[uint32]bool{}
	offset := d.order.Uint32(d.file[4:])
	for offset >= 8 && !seen[offset] && len(seen) < maxTIFFPages {
		entries, whole := d.at(offset)
		if !whole {
			break
		}
		seen[offset] = true
		next := int64(offset) + 2 + int64(len(entries))
		if next+4 > int64(len(d.file)) {
			break
		}
		offset = d.order.Uint32(d.file[next:])
	}
	return len(seen)
}

// values returns a tag's first values, as many as are asked for and are within the file, and whether the tag is there
// with a type of whole numbers.
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

// number returns a tag's first value.
func (d *tiffDirectory) number(tag uint16, absent uint32) uint32 {
	if v, _ := d.values(tag, 1); len(v) > 0 {
		return v[0]
	}
	return absent
}

// has reports whether there is a tag, of any type.
func (d *tiffDirectory) has(tag uint16) bool {
	for e := d.entries; len(e) >= tiffEntry; e = e[tiffEntry:] {
		if d.order.Uint16(e) == tag {
			return true
		}
	}
	return false
}

// notReduced refuses a first page that is not the image itself: cameras' raw files are TIFFs that begin with a small preview.
func (d *tiffDirectory) notReduced() error {
	const reduced, mask = 1, 4
	kind := d.number(tiffSubfileType, 0)
	switch {
	case d.has(tiffDNGVersion):
		return fmt.Errorf("%w: TIFF that is a camera's raw image (DNG)", ErrUnsupported)
	case kind&reduced != 0:
		return fmt.Errorf("%w: TIFF whose first page is a reduced version of another, as in cameras' raw images", ErrUnsupported)
	case kind&mask != 0:
		return fmt.Errorf("%w: TIFF whose first page is the mask of another", ErrUnsupported)
	}
	return nil
}
