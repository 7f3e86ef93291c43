package augment

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// maxScans bounds the work that a small progressive file can ask for: each scan may touch every block.
const maxScans = 200

// jpegHeader is what the markers of a JPEG file say (ITU-T T.81, annex B).
type jpegHeader struct {
	height, width int
	process       byte // the SOF marker: 0xC0 baseline, 0xC2 progressive
	precision     byte
	components    int
	orientation   int // EXIF, 1 to 8; 0 where absent
	scans         int
	wholeScans    int  // scans that hold all components
	restarts      bool // restart markers divide the coded data
	complete      bool // ends with EOI
}

// readJPEGHeader walks the markers. With toEnd it goes on through the scans to the end of the image,
// which finds truncated files; without, it stops at the first scan.
func readJPEGHeader(data []byte, toEnd bool) (jpegHeader, error) {
	var h jpegHeader
	rest := data[2:] // past SOI
	for {
		marker, segment, after, err := nextSegment(rest)
		if err != nil {
			return h, err
		}
		rest = after
		switch {
		case marker == 0xD9: // EOI
			h.complete = true
		case isFrame(marker):
			if err := h.readFrame(marker, segment); err != nil {
				return h, err
			}
		case marker == 0xE1 && h.orientation == 0:
			h.orientation = exifOrientation(segment)
		case marker == 0xDD && len(segment) >= 2: // DRI
			h.restarts = segment[0] != 0 || segment[1] != 0
		case marker == 0xDA: // SOS
			if h.width == 0 {
				return h, fmt.Errorf("%w: a scan before the frame header", ErrCorrupt)
			}
			if h.scans++; h.scans > maxScans {
				return h, fmt.Errorf("%w: more than %d scans", ErrTooLarge, maxScans)
			}
			if len(segment) > 0 && int(segment[0]) == h.components {
				h.wholeScans++
			}
			rest = skipEntropy(rest)
		}
		if h.complete || !toEnd && h.width > 0 && marker == 0xDA {
			break
		}
	}
	if h.width == 0 || h.scans == 0 {
		return h, fmt.Errorf("%w: no picture before the end marker", ErrCorrupt)
	}
	return h, nil
}

// isFrame says whether the marker is one of SOF0 to SOF15 (the gaps are DHT, JPG and DAC).
func isFrame(marker byte) bool {
	return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
}

// nextSegment returns the next marker, its parameters and what follows.
func nextSegment(data []byte) (marker byte, segment, rest []byte, err error) {
	start := bytes.IndexByte(data, 0xFF)
	if start < 0 {
		return 0, nil, nil, fmt.Errorf("%w: no end marker", ErrTruncated)
	}
	for data = data[start:]; len(data) > 0 && data[0] == 0xFF; data = data[1:] {
	}
	if len(data) == 0 {
		return 0, nil, nil, fmt.Errorf("%w: ends in a marker", ErrTruncated)
	}
	marker, data = data[0], data[1:]
	switch {
	case marker == 0xD9, marker == 0, marker >= 0xD0 && marker <= 0xD7: // these have no parameters
		return marker, nil, data, nil
	case marker == 0x01, marker == 0xD8: // decoders disagree on what follows, so sizes could be smuggled in
		return 0, nil, nil, fmt.Errorf("%w: marker %#x within the file", ErrCorrupt, marker)
	}
	if len(data) < 2 {
		return 0, nil, nil, fmt.Errorf("%w: ends in marker %#x", ErrTruncated, marker)
	}
	length := int(binary.BigEndian.Uint16(data))
	if length < 2 {
		return 0, nil, nil, fmt.Errorf("%w: marker %#x of length %d", ErrCorrupt, marker, length)
	}
	if length > len(data) {
		return 0, nil, nil, fmt.Errorf("%w: ends in marker %#x", ErrTruncated, marker)
	}
	return marker, data[2:length], data[length:], nil
}

func (h *jpegHeader) readFrame(marker byte, segment []byte) error {
	if h.width != 0 {
		return fmt.Errorf("%w: two frame headers", ErrCorrupt)
	}
	if len(segment) < 6 {
		return fmt.Errorf("%w: frame header of %d bytes", ErrCorrupt, len(segment))
	}
	h.process, h.precision, h.components = marker, segment[0], int(segment[5])
	h.height, h.width = int(binary.BigEndian.Uint16(segment[1:])), int(binary.BigEndian.Uint16(segment[3:]))
	if h.height == 0 || h.width == 0 {
		return fmt.Errorf("%w: size %dx%d", ErrCorrupt, h.width, h.height)
	}
	return nil
}

// skipEntropy returns what follows the coded data of a scan: the first marker that is neither a
// stuffed zero nor a restart.
func skipEntropy(data []byte) []byte {
	for {
		i := bytes.IndexByte(data, 0xFF)
		if i < 0 || i+1 >= len(data) {
			return nil
		}
		if next := data[i+1]; next != 0 && next != 0xFF && (next < 0xD0 || next > 0xD7) {
			return data[i:]
		} else if next == 0xFF { // fill byte
			data = data[i+1:]
		} else {
			data = data[i+2:]
		}
	}
}

// exifOrientation returns tag 0x0112 of the first directory of an APP1 segment, or 0.
func exifOrientation(segment []byte) int {
	tiff, isExif := bytes.CutPrefix(segment, []byte("Exif\x00\x00"))
	if !isExif || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	start := uint64(order.Uint32(tiff[4:]))
	if start+2 > uint64(len(tiff)) {
		return 0
	}
	directory := tiff[start:]
	entries := int(order.Uint16(directory))
	for directory = directory[2:]; entries > 0 && len(directory) >= 12; entries, directory = entries-1, directory[12:] {
		const short = 3
		if order.Uint16(directory) == 0x0112 && order.Uint16(directory[2:]) == short {
			if v := int(order.Uint16(directory[8:])); v <= 8 {
				return v
			}
			return 0
		}
	}
	return 0
}
