package npz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/pali3/pali3/internal/safetensors"
)

const (
	magic = "\x93NUMPY"
	// maxHeader is numpy's own limit for headers that are not trusted (max_header_size), in bytes.
	maxHeader = 10_000
	// maxRank is numpy's limit for the dimensions of an array.
	maxRank = 64
)

// header is what a .npy member says of its array.
type header struct {
	descr     string
	dtype     safetensors.DType
	bigEndian bool
	fortran   bool
	shape     []int

	length int   // of the header, magic included, in bytes
	bytes  int64 // of the elements
}

func (h header) width() int    { width, _ := h.dtype.Size(); return width }
func (h header) elements() int { return int(h.bytes) / h.width() }

// readHeader reads the header of a .npy file of version 1.0, 2.0 or 3.0, which differ in the size
// of the length and in the encoding.
func readHeader(r io.Reader) (header, error) {
	begin := make([]byte, len(magic)+2)
	if _, err := io.ReadFull(r, begin); err != nil || string(begin[:len(magic)]) != magic {
		return header{}, errors.New("it does not begin as a .npy file")
	}
	major, minor := begin[6], begin[7]
	if major < 1 || major > 3 || minor != 0 {
		return header{}, fmt.Errorf("version %d.%d of the .npy format is not supported, only 1.0, 2.0 and 3.0", major, minor)
	}
	size := make([]byte, 4)
	if major == 1 {
		size = size[:2]
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return header{}, errors.New("its .npy header is cut short")
	}
	n := int(binary.LittleEndian.Uint32(append(size[:len(size):len(size)], 0, 0)[:4]))
	if n > maxHeader {
		return header{}, fmt.Errorf("its .npy header claims %d bytes, more than %d", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return header{}, errors.New("its .npy header is cut short")
	}
	h, err := parseHeader(string(text))
	if err != nil {
		return header{}, fmt.Errorf("its .npy header: %w", err)
	}
	h.length = len(begin) + len(size) + n
	return h, nil
}

// parseHeader parses the Python literal of a header:
//
//	{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
func parseHeader(text string) (header, error) {
	p := parser{text: text}
	fields, err := p.dict()
	if err != nil {
		return header{}, err
	}
	var h header
	for name, value := range fields {
		var ok bool
		switch name {
		case "descr":
			if h.descr, ok = value.(string); !ok {
				return header{}, errors.New("descr is not a string: arrays of records are not supported")
			}
		case "fortran_order":
			if h.fortran, ok = value.(bool); !ok {
				return header{}, errors.New("fortran_order is neither True nor False")
			}
		case "shape":
			if h.shape, ok = value.([]int); !ok {
				return header{}, errors.New("shape is not a tuple of whole numbers")
			}
		default:
			return header{}, fmt.Errorf("unknown key %q; legal are descr, fortran_order and shape", name)
		}
	}
	if len(fields) != 3 {
		return header{}, errors.New("it must have descr, fortran_order and shape")
	}
	if h.dtype, h.bigEndian, err = elementType(h.descr); err != nil {
		return header{}, err
	}
	var ok bool
	if h.bytes, ok = byteCount(h.shape, h.width()); !ok {
		return header{}, fmt.Errorf("shape %v of %q takes more bytes than a file can have", h.shape, h.descr)
	}
	return h, nil
}

// elementType returns the type that a descr such as "<f4" names: byte order, kind and bytes.
func elementType(descr string) (dtype safetensors.DType, bigEndian bool, err error) {
	order, kind := byte('='), descr
	if descr != "" && strings.IndexByte("<>|=", descr[0]) >= 0 {
		order, kind = descr[0], descr[1:]
	}
	known := map[string]safetensors.DType{
		"f2": safetensors.F16, "f4": safetensors.F32, "f8": safetensors.F64,
		"i1": safetensors.I8, "i2": safetensors.I16, "i4": safetensors.I32, "i8": safetensors.I64,
		"u1": safetensors.U8, "u2": safetensors.U16, "u4": safetensors.U32, "u8": safetensors.U64,
		"b1": safetensors.Bool, "?": safetensors.Bool,
		"V2": safetensors.BF16, "bfloat16": safetensors.BF16, // as big_vision's recover_dtype reads V2
	}
	dtype, ok := known[kind]
	if ok {
		return dtype, order == '>' && dtype != safetensors.BF16, nil // raw bytes have no order
	}
	why := "is not supported; legal are f2, f4, f8, i1 to i8, u1 to u8, b1, and bfloat16 as V2"
	if kind != "" {
		switch kind[0] {
		case 'O':
			why = "is of pickled Python objects, which can run code when they are read: save the array again with a numeric dtype"
		case 'U', 'S', 'a':
			why = "is of strings, not numbers"
		case 'c':
			why = "is of complex numbers"
		case 'M', 'm':
			why = "is of times, not numbers"
		case 'V':
			why = "is of raw bytes of an unknown type; only V2, bfloat16, is understood"
		}
	}
	return "", false, fmt.Errorf("descr %q %s", descr, why)
}

// byteCount returns the bytes of a shape, and false if they do not fit into int64.
func byteCount(shape []int, width int) (int64, bool) {
	count := int64(width)
	for _, d := range shape {
		if d == 0 {
			return 0, true
		}
	}
	for _, d := range shape {
		if int64(d) > math.MaxInt64/count {
			return 0, false
		}
		count *= int64(d)
	}
	return count, true
}
