package imagefile

import (
	"encoding/binary"
	"fmt"
)

// AVIFFile holds what the boxes of an AVIF say of its primary image, or of the track of a sequence
// (AV1 Image File Format; ISO/IEC 23008-12; ISO/IEC 14496-12).
type AVIFFile struct {
	Width, Height int // as stored
	Orientation   int // of the properties irot and imir, as an EXIF value; 0 if the file has neither
	Sequence      bool
}

// MaxAVIFPixels bounds an AVIF. Its decoder needs up to 32 bytes for each pixel.
const MaxAVIFPixels = 64 << 20

// ReadAVIF reads the boxes. As in libavif, the major brand decides between the primary image and
// the track, and the EXIF orientation does not count. The clean aperture (clap) is ignored.
func ReadAVIF(b []byte) (*AVIFFile, error) {
	a := &AVIFFile{}
	var meta, moov []byte
	for rest := b; len(rest) >= 8; {
		box, err := nextBox(rest)
		if err != nil {
			return nil, err
		}
		rest = box.rest
		switch {
		case box.cut && (box.kind == "meta" || box.kind == "moov" || box.kind == "ftyp"):
			return nil, fmt.Errorf("%w: box %q", ErrTruncated, box.kind)
		case box.kind == "meta" && meta == nil && len(box.data) >= 4:
			meta = box.data[4:] // behind version and flags
		case box.kind == "moov" && moov == nil:
			moov = box.data
		}
	}
	if major := isoBrand(b); major == "avis" || major != "avif" && moov != nil {
		a.Sequence = true
		if moov == nil {
			return nil, fmt.Errorf("%w: a sequence without a moov box", ErrTruncated)
		}
		return a, a.readMovie(moov, b)
	}
	if meta == nil {
		return nil, fmt.Errorf("%w: no meta box", ErrTruncated)
	}
	return a, a.readMeta(meta, b)
}

// isoBox is a box and what follows it (ISO/IEC 14496-12, section 4.2).
type isoBox struct {
	kind       string
	data, rest []byte
	cut        bool // the file ends within the box
}

func nextBox(b []byte) (box isoBox, err error) {
	size, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
	box.kind = string(b[4:8])
	switch {
	case size == 0: // to the end
		size = uint64(len(b))
	case size == 1 && len(b) < 16:
		return box, fmt.Errorf("%w: box %q", ErrTruncated, box.kind)
	case size == 1:
		size, head = binary.BigEndian.Uint64(b[8:]), 16
	}
	if size < head {
		return box, fmt.Errorf("%w: box %q of %d bytes", ErrCorrupt, box.kind, size)
	}
	box.cut = size > uint64(len(b))
	size = min(size, uint64(len(b)))
	box.data, box.rest = b[head:size], b[size:]
	return box, nil
}

// boxes lists the boxes in a box.
func boxes(b []byte) (list []isoBox, err error) {
	for len(b) >= 8 {
		box, err := nextBox(b)
		if err != nil {
			return nil, err
		}
		if box.cut {
			return nil, fmt.Errorf("%w: box %q is longer than the one around it", ErrCorrupt, box.kind)
		}
		list, b = append(list, box), box.rest
	}
	return list, nil
}

// child returns the contents of the first box of a kind in b, or nil.
func child(b []byte, kind string) []byte {
	list, err := boxes(b)
	if err != nil {
		return nil
	}
	for _, box := range list {
		if box.kind == kind {
			return box.data
		}
	}
	return nil
}

// fields reads big-endian numbers. After the end they are zero and short is set.
type fields struct {
	rest  []byte
	short bool
}

func (f *fields) number(bytes int) (v uint64) {
	if bytes > len(f.rest) {
		f.short, f.rest = true, nil
		return 0
	}
	for _, b := range f.rest[:bytes] {
		v = v<<8 | uint64(b)
	}
	f.rest = f.rest[bytes:]
	return v
}

// readMeta reads the properties of the primary item and checks that its data are in the file.
func (a *AVIFFile) readMeta(meta, file []byte) error {
	list, err := boxes(meta)
	if err != nil {
		return err
	}
	var primary uint64
	var properties []isoBox
	var associations [][]byte
	for _, box := range list {
		switch box.kind {
		case "pitm":
			f := fields{rest: box.data}
			if version := f.number(4) >> 24; version == 0 {
				primary = f.number(2)
			} else {
				primary = f.number(4)
			}
		case "iprp":
			inner, err := boxes(box.data)
			if err != nil {
				return err
			}
			for _, box := range inner {
				switch box.kind {
				case "ipco":
					if properties, err = boxes(box.data); err != nil {
						return err
					}
				case "ipma":
					associations = append(associations, box.data)
				}
			}
		}
	}
	if primary == 0 {
		return fmt.Errorf("%w: no primary image", ErrCorrupt)
	}
	var own []isoBox
	for _, association := range associations {
		for _, index := range propertiesOf(association, primary) {
			if index >= 1 && index <= len(properties) {
				own = append(own, properties[index-1])
			}
		}
	}
	if a.readProperties(own); a.Width == 0 || a.Height == 0 {
		return fmt.Errorf("%w: the primary image has no size", ErrCorrupt)
	}
	if kind := itemKind(child(meta, "iinf"), primary); kind != "av01" && kind != "grid" && kind != "" {
		return fmt.Errorf("%w: AVIF whose primary image is of type %q", ErrUnsupported, kind)
	}
	return checkExtents(child(meta, "iloc"), primary, file, child(meta, "idat"))
}

// propertiesOf returns the 1-based indices that an ipma box gives an item (ISO/IEC 23008-12,
// section 9.3.1).
func propertiesOf(ipma []byte, item uint64) (indices []int) {
	f := fields{rest: ipma}
	version := f.number(4)
	wide := version&1 != 0
	for range f.number(4) {
		id := f.number(2 + 2*int(min(version>>24, 1)))
		for range f.number(1) {
			index := 0
			if wide {
				index = int(f.number(2) & 0x7fff)
			} else {
				index = int(f.number(1) & 0x7f)
			}
			if id == item {
				indices = append(indices, index)
			}
		}
		if f.short {
			break
		}
	}
	return indices
}

// readProperties reads the size and the orientation. The first property of each kind counts.
func (a *AVIFFile) readProperties(list []isoBox) {
	angle, axis := -1, -1
	for _, p := range list {
		switch {
		case p.kind == "ispe" && len(p.data) >= 12 && a.Width == 0:
			a.Width, a.Height = int(binary.BigEndian.Uint32(p.data[4:])), int(binary.BigEndian.Uint32(p.data[8:]))
		case p.kind == "irot" && len(p.data) >= 1 && angle < 0:
			angle = int(p.data[0] & 3)
		case p.kind == "imir" && len(p.data) >= 1 && axis < 0:
			axis = int(p.data[0] & 1)
		}
	}
	if angle >= 0 || axis >= 0 {
		a.Orientation = avifOrientation[max(angle, 0)][axis+1]
	}
}

// avifOrientation is the EXIF orientation by quarter turns to the left (irot) and by mirror (imir):
// none, top to bottom, left to right. The rotation comes first (MIAF, section 7.3.6.7).
var avifOrientation = [4][3]int{{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}}

// itemKind returns the type of an item, or "" if the iinf box does not list it.
func itemKind(iinf []byte, item uint64) string {
	f := fields{rest: iinf}
	if version := f.number(4) >> 24; version == 0 {
		f.number(2)
	} else {
		f.number(4)
	}
	entries, err := boxes(f.rest)
	if err != nil {
		return ""
	}
	for _, entry := range entries {
		f := fields{rest: entry.data}
		version := f.number(4) >> 24
		if entry.kind != "infe" || version < 2 || version > 3 {
			continue
		}
		id := f.number(2 * int(version-1))
		f.number(2) // protection
		if id == item && len(f.rest) >= 4 {
			return string(f.rest[:4])
		}
	}
	return ""
}

// checkExtents returns an error if data of an item are missing (ISO/IEC 14496-12, section 8.11.3).
func checkExtents(iloc []byte, item uint64, file, idat []byte) error {
	f := fields{rest: iloc}
	version := f.number(4) >> 24
	sizes := f.number(2)
	offsetSize, lengthSize, baseSize, indexSize := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	if version == 0 {
		indexSize = 0
	}
	wide := 2 + 2*int(version/2)
	for range f.number(min(wide, 4)) {
		id, method := f.number(min(wide, 4)), uint64(0)
		if version >= 1 {
			method = f.number(2) & 15
		}
		f.number(2) // data reference
		base, extents := f.number(baseSize), f.number(2)
		if indexSize+offsetSize+lengthSize == 0 {
			extents = min(extents, 1) // they take no space, so that their number is not bounded
		}
		for range extents {
			f.number(indexSize)
			offset, length := f.number(offsetSize), f.number(lengthSize)
			if id != item || f.short {
				continue
			}
			whole := uint64(len(file))
			if method == 1 {
				whole = uint64(len(idat))
			}
			if start := base + offset; start < base || start > whole || length > whole-start {
				return fmt.Errorf("%w: data of the primary image end at byte %d of %d", ErrTruncated, start+length, whole)
			}
		}
		if f.short {
			return fmt.Errorf("%w: an iloc box of %d bytes", ErrCorrupt, len(iloc))
		}
		if id == item {
			return nil
		}
	}
	return fmt.Errorf("%w: no data of the primary image", ErrCorrupt)
}
