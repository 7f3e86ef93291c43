package mds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards/format/mapping"
)

// imageEncodings are those of images.
var imageEncodings = map[string]bool{"jpeg": true, "png": true, "pil": true, "jpeg_array": true, "jpegarray": true,
	"list[jpeg]": true, "list[png]": true, "list[pil]": true}

// sizes are those of the encodings of fixed size, in bytes.
var sizes = map[string]int{"int": 8, "int64": 8, "uint64": 8, "int32": 4, "uint32": 4, "int16": 2, "uint16": 2, "int8": 1, "uint8": 1,
	"float64": 8, "float32": 4, "float16": 2, "bool": 1}

// scalar reports whether an encoding is of one value that can be shown as text.
func scalar(encoding string) bool {
	return sizes[encoding] > 0 || encoding == "str" || encoding == "json" || strings.HasPrefix(encoding, "str_")
}

// valueOf decodes a column's value as package mapping has it. Arrays and pickles are not decoded,
// nor is what an encoding of another's holds: they are left out. Nothing is ever unpickled.
//
// Source: https://github.com/mosaicml/streaming/blob/v0.13.0/streaming/base/format/mds/encodings.py
func valueOf(encoding string, b []byte) (any, error) {
	if size := sizes[encoding]; size > 0 {
		if len(b) != size {
			return nil, fmt.Errorf("%d bytes, want %d", len(b), size)
		}
		return numberOf(encoding, b), nil
	}
	switch encoding {
	case "str", "str_int", "str_float", "str_decimal", "json":
		if !utf8.Valid(b) {
			return nil, errors.New("not UTF-8")
		}
		if encoding == "json" {
			return mapping.JSON(b), nil
		}
		return string(b), nil
	case "bytes", "jpeg", "png":
		return b, nil
	case "pil":
		return pil(b)
	case "jpeg_array", "jpegarray":
		return list(b, func(b []byte) (any, error) { return b, nil })
	case "list[jpeg]", "list[png]", "list[pil]":
		if len(b) < 4 {
			return nil, errors.New("the list is cut short")
		}
		if encoding == "list[pil]" {
			return list(b[4:], pil) // behind a placeholder
		}
		return list(b[4:], func(b []byte) (any, error) { return b, nil })
	}
	return mapping.Unread(encoding), nil
}

// numberOf decodes a number or truth value of the right size.
func numberOf(encoding string, b []byte) any {
	switch encoding {
	case "int", "int64":
		return int64(binary.LittleEndian.Uint64(b))
	case "uint64":
		return binary.LittleEndian.Uint64(b)
	case "int32":
		return int32(binary.LittleEndian.Uint32(b))
	case "uint32":
		return binary.LittleEndian.Uint32(b)
	case "int16":
		return int16(binary.LittleEndian.Uint16(b))
	case "uint16":
		return binary.LittleEndian.Uint16(b)
	case "int8":
		return int8(b[0])
	case "uint8":
		return b[0]
	case "bool":
		return b[0] != 0
	case "float16":
		return half(binary.LittleEndian.Uint16(b))
	case "float32":
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

// half decodes a number of 16 bits (IEEE 754 binary16).
func half(bits uint16) float32 {
	sign, exponent, fraction := float64(1), int(bits>>10&0x1f), float64(bits&0x3ff)
	if bits>>15 != 0 {
		sign = -1
	}
	switch {
	case exponent == 0x1f && fraction != 0:
		return float32(math.NaN())
	case exponent == 0x1f:
		return float32(math.Inf(int(sign)))
	case exponent == 0:
		return float32(sign * math.Ldexp(fraction, -24))
	}
	return float32(sign * math.Ldexp(1024+fraction, exponent-25))
}

// list decodes a list: its number of elements, their sizes (uint32 each), their bytes.
func list(b []byte, element func([]byte) (any, error)) (any, error) {
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4)/4 {
		return nil, errors.New("the list is cut short")
	}
	n := int(binary.LittleEndian.Uint32(b))
	lengths, b := b[4:4+4*n], b[4+4*n:]
	all := make([]any, 0, n)
	for i := range n {
		size := binary.LittleEndian.Uint32(lengths[4*i:])
		if uint64(size) > uint64(len(b)) {
			return nil, fmt.Errorf("image %d of %d bytes with %d left", i, size, len(b))
		}
		value, err := element(b[:size:size])
		if err != nil {
			return nil, fmt.Errorf("image %d: %w", i, err)
		}
		all, b = append(all, value), b[size:]
	}
	return all, nil
}

// pil makes a PNG of the pixels of a PIL image: width, height, the length of the mode's name
// (uint32 each), the mode's name, the pixels. Modes other than L, RGB and RGBA are left out.
func pil(b []byte) (any, error) {
	if len(b) < 12 {
		return nil, errors.New("the image is cut short")
	}
	width, height, length := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	if uint64(length) > uint64(len(b)-12) {
		return nil, errors.New("the image is cut short")
	}
	mode, pixels := string(b[12:12+length]), b[12+length:]
	channels := map[string]int{"L": 1, "RGB": 3, "RGBA": 4}[mode]
	if channels == 0 {
		return mapping.Unread(fmt.Sprintf("pil of mode %.20q", mode)), nil
	}
	if n := uint64(width) * uint64(height); n == 0 || n > imagefile.MaxPixels || n*uint64(channels) != uint64(len(pixels)) {
		return nil, fmt.Errorf("%d x %d pixels of mode %s in %d bytes", width, height, mode, len(pixels))
	}
	var m image.Image
	bounds := image.Rect(0, 0, int(width), int(height))
	switch channels {
	case 1:
		m = &image.Gray{Pix: pixels, Stride: int(width), Rect: bounds}
	case 3:
		rgb := image.NewRGBA(bounds)
		for i, j := 0, 0; j < len(pixels); i, j = i+4, j+3 {
			rgb.Pix[i], rgb.Pix[i+1], rgb.Pix[i+2], rgb.Pix[i+3] = pixels[j], pixels[j+1], pixels[j+2], 255
		}
		m = rgb
	default:
		m = &image.NRGBA{Pix: pixels, Stride: 4 * int(width), Rect: bounds}
	}
	var out bytes.Buffer
	err := png.Encode(&out, m)
	return out.Bytes(), err
}
