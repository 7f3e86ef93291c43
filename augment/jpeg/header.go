package jpeg

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// maxScans limits the work that a small progressive file can cause: each scan may touch every
// block.
const maxScans = 200

// Markers (ITU-T T.81, table B.1).
const (
	sof0  = 0xC0 // baseline
	sof1  = 0xC1 // extended sequential
	sof2  = 0xC2 // progressive
	dht   = 0xC4
	rst0  = 0xD0
	rst7  = 0xD7
	soi   = 0xD8
	eoi   = 0xD9
	sos   = 0xDA
	dqt   = 0xDB
	dri   = 0xDD
	app0  = 0xE0
	app1  = 0xE1
	app14 = 0xEE
)

// Model is what the components mean.
type Model int

// Color models.
const (
	Grey Model = iota
	YCbCr
	RGB
	CMYK
	YCCK
)

// Component is a component of a frame.
type Component struct {
	ID    byte
	H, V  int // sampling factors, 1 to 4
	Quant int // quantization table
}

// Header is what the marker segments of a file say (ITU-T T.81, annex B).
type Header struct {
	Height, Width int
	Process       byte // the SOF marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive
	Precision     byte
	Count         int // of components
	Components    [4]Component
	Orientation   int // from EXIF, 1 to 8; 0 if absent

	Scans int  // read so far
	Whole bool // the first scan holds all components

	jfif, adobe bool
	transform   byte // from the Adobe marker
}

// Model returns what the components mean, by the rules of libjpeg (jdapimin.c,
// default_decompress_parms): a JFIF marker takes precedence over an Adobe marker, and both over the
// components' identifiers.
func (h *Header) Model() Model {
	switch {
	case h.Count == 1:
		return Grey
	case h.Count == 4 && h.adobe && h.transform != 0:
		return YCCK
	case h.Count == 4:
		return CMYK
	case h.jfif:
		return YCbCr
	case h.adobe && h.transform == 0:
		return RGB
	case !h.adobe && h.Components[0].ID == 'R' && h.Components[1].ID == 'G' && h.Components[2].ID == 'B':
		return RGB
	}
	return YCbCr
}

// Supported returns an error for a file that [Decode] cannot decode. It wraps [ErrUnsupported]
// and names the reason.
func (h *Header) Supported() error {
	process := map[byte]string{0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical",
		0xC9: "arithmetic", 0xCA: "arithmetic", 0xCB: "arithmetic lossless", 0xCD: "hierarchical", 0xCE: "hierarchical", 0xCF: "hierarchical"}
	switch {
	case process[h.Process] != "":
		return fmt.Errorf("%w: JPEG with %s coding", ErrUnsupported, process[h.Process])
	case h.Precision != 8:
		return fmt.Errorf("%w: JPEG of %d bits a sample", ErrUnsupported, h.Precision)
	case h.Count != 1 && h.Count != 3 && h.Count != 4:
		return fmt.Errorf("%w: JPEG of %d components", ErrUnsupported, h.Count)
	}
	maxH, maxV := h.Sampling()
	for _, c := range h.Components[:h.Count] {
		if maxH%c.H != 0 || maxV%c.V != 0 {
			return fmt.Errorf("%w: JPEG with sampling factors %dx%d in %dx%d", ErrUnsupported, c.H, c.V, maxH, maxV)
		}
	}
	return nil
}

// Sampling returns the largest sampling factors of the components.
func (h *Header) Sampling() (maxH, maxV int) {
	for _, c := range h.Components[:h.Count] {
		maxH, maxV = max(maxH, c.H), max(maxV, c.V)
	}
	return maxH, maxV
}

// ReadHeader reads the marker segments of a file that begins with SOI, through the header of the
// first scan.
func ReadHeader(data []byte) (Header, error) {
	var h Header
	if len(data) < 2 || data[0] != 0xFF || data[1] != soi {
		return h, fmt.Errorf("%w: no start marker", ErrCorrupt)
	}
	for at := 2; h.Scans == 0; {
		m, err := nextMarker(data, at)
		if err != nil {
			return h, err
		}
		if m.kind == eoi {
			return h, fmt.Errorf("%w: no scan before the end marker", ErrCorrupt)
		}
		if err := h.read(m); err != nil {
			return h, err
		}
		at = m.end
	}
	return h, nil
}

// read adds what a marker segment says to the header.
func (h *Header) read(m marker) error {
	switch s := m.segment; {
	case isFrame(m.kind):
		return h.readFrame(m.kind, s)
	case m.kind == app0 && len(s) >= 14 && string(s[:5]) == "JFIF\x00":
		h.jfif = true
	case m.kind == app14 && len(s) >= 12 && string(s[:5]) == "Adobe":
		h.adobe, h.transform = true, s[11]
	case m.kind == app1 && h.Orientation == 0:
		if bytes.HasPrefix(s, []byte(exifPrefix)) {
			h.Orientation = Orientation(s)
		}
	case m.kind == sos:
		if h.Width == 0 {
			return fmt.Errorf("%w: a scan before the frame header", ErrCorrupt)
		}
		if h.Scans++; h.Scans > maxScans {
			return fmt.Errorf("%w: more than %d scans", ErrTooLarge, maxScans)
		}
		if h.Scans == 1 {
			h.Whole = len(s) > 0 && int(s[0]) == h.Count
		}
	}
	return nil
}

func (h *Header) readFrame(kind byte, s []byte) error {
	if h.Width != 0 {
		return fmt.Errorf("%w: two frame headers", ErrCorrupt)
	}
	if len(s) < 6 || len(s) < 6+3*int(s[5]) {
		return fmt.Errorf("%w: frame header of %d bytes", ErrCorrupt, len(s))
	}
	h.Process, h.Precision, h.Count = kind, s[0], int(s[5])
	h.Height, h.Width = int(binary.BigEndian.Uint16(s[1:])), int(binary.BigEndian.Uint16(s[3:]))
	if h.Height == 0 && h.Width != 0 {
		return fmt.Errorf("%w: JPEG whose height stands behind its first scan (DNL)", ErrUnsupported)
	}
	if h.Width == 0 || h.Count == 0 {
		return fmt.Errorf("%w: %d x %d pixels of %d components", ErrCorrupt, h.Width, h.Height, h.Count)
	}
	if h.Count > len(h.Components) {
		return fmt.Errorf("%w: JPEG of %d components", ErrUnsupported, h.Count)
	}
	for i := range h.Count {
		c := s[6+3*i:]
		h.Components[i] = Component{c[0], int(c[1] >> 4), int(c[1] & 15), int(c[2] & 3)}
		if k := h.Components[i]; k.H < 1 || k.H > 4 || k.V < 1 || k.V > 4 || c[2] > 3 {
			return fmt.Errorf("%w: component %d has sampling factors %dx%d and table %d", ErrCorrupt, i, k.H, k.V, c[2])
		}
	}
	return nil
}

// isFrame reports whether the marker is one of SOF0 to SOF15 (the gaps are DHT, JPG and DAC).
func isFrame(kind byte) bool {
	return kind >= 0xC0 && kind <= 0xCF && kind != dht && kind != 0xC8 && kind != 0xCC
}

// marker is a marker with its segment.
type marker struct {
	kind    byte
	segment []byte
	end     int // offset of the byte behind the segment
}

// nextMarker returns the next marker at or behind an offset. Like libjpeg, it skips bytes that
// belong to no marker.
func nextMarker(data []byte, at int) (m marker, err error) {
	for {
		start := bytes.IndexByte(data[at:], 0xFF)
		if start < 0 {
			return m, fmt.Errorf("%w: no end marker", ErrTruncated)
		}
		for at += start; at < len(data) && data[at] == 0xFF; at++ {
		}
		if at >= len(data) {
			return m, fmt.Errorf("%w: ends in a marker", ErrTruncated)
		}
		m.kind = data[at]
		at++
		if m.kind == 0 || m.kind == 0x01 || m.kind >= rst0 && m.kind <= rst7 { // no segment and no meaning here
			continue
		}
		break
	}
	if m.kind == eoi {
		m.end = at
		return m, nil
	}
	if m.kind == soi || m.kind < 0xC0 { // decoders disagree on what follows: a file could show them different sizes
		return m, fmt.Errorf("%w: marker %#x within the file", ErrCorrupt, m.kind)
	}
	if at+2 > len(data) {
		return m, fmt.Errorf("%w: ends in marker %#x", ErrTruncated, m.kind)
	}
	length := int(binary.BigEndian.Uint16(data[at:]))
	if length < 2 && (m.kind == 0xFE || m.kind >= app0 && m.kind <= app0+15) {
		m.end = at + 2 // metadata without a length: libjpeg skips it
		return m, nil
	}
	if length < 2 {
		return m, fmt.Errorf("%w: marker %#x of length %d", ErrCorrupt, m.kind, length)
	}
	if at+length > len(data) {
		return m, fmt.Errorf("%w: ends in marker %#x", ErrTruncated, m.kind)
	}
	m.segment, m.end = data[at+2:at+length], at+length
	return m, nil
}

const exifPrefix = "Exif\x00\x00"

// Orientation returns tag 0x0112 of the first directory of EXIF data: 1 to 8, or 0 if there is
// none. The data begin with a TIFF header, with or without the prefix of an EXIF segment.
func Orientation(exif []byte) int {
	for bytes.HasPrefix(exif, []byte(exifPrefix)) { // some writers repeat it
		exif = exif[len(exifPrefix):]
	}
	if len(exif) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if exif[0] == 'I' {
		order = binary.LittleEndian
	}
	start := uint64(order.Uint32(exif[4:]))
	if start+2 > uint64(len(exif)) {
		return 0
	}
	directory := exif[start:]
	entries := int(order.Uint16(directory))
	for directory = directory[2:]; entries > 0 && len(directory) >= 12; entries, directory = entries-1, directory[12:] {
		if order.Uint16(directory) != 0x0112 {
			continue
		}
		const short, long = 3, 4
		v := uint32(0)
		switch order.Uint16(directory[2:]) {
		case short:
			v = uint32(order.Uint16(directory[8:]))
		case long: // the standard requires short
			v = order.Uint32(directory[8:])
		}
		if v <= 8 {
			return int(v)
		}
		return 0
	}
	return 0
}
