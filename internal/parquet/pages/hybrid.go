package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Small numbers, such as levels and places in a dictionary, are written as a hybrid of runs of one
// value and of groups of eight that are packed in bits.

// hybrid fills out with what Parquet's RLE and bit-packing hybrid holds; every value must be below
// limit.
func hybrid[T byte | int32](out []T, b []byte, width, limit int) ([]T, error) {
	for n := 0; n < len(out); {
		header, size := binary.Uvarint(b)
		if size <= 0 {
			return nil, fmt.Errorf("%d values, want %d", n, len(out))
		}
		b = b[size:]
		if header&1 == 0 {
			v, rest, err := runOf(b, header, width, limit)
			if err != nil {
				return nil, err
			}
			run := int(min(header>>1, uint64(len(out)-n)))
			for i := range run {
				out[n+i] = T(v)
			}
			b, n = rest, n+run
			continue
		}
		groups := header >> 1
		if groups > uint64(len(out)) || groups == 0 {
			return nil, errors.New("packed values are cut short")
		}
		values := min(int(groups)*8, len(out)-n)
		if (values*width+7)/8 > len(b) {
			return nil, errors.New("packed values are cut short")
		}
		if err := unpack(out[n:][:values], b, width, limit); err != nil {
			return nil, err
		}
		n, b = n+values, b[min(int(groups)*width, len(b)):] // the last group may be cut at the page's end
	}
	return out, nil
}

// runOf reads the value of a run.
func runOf(b []byte, header uint64, width, limit int) (v uint32, rest []byte, err error) {
	size := (width + 7) / 8
	if len(b) < size || header == 0 {
		return 0, nil, errors.New("a run is cut short")
	}
	for i := range size {
		v |= uint32(b[i]) << (8 * i)
	}
	if int64(v) >= int64(limit) {
		return 0, nil, fmt.Errorf("value %d, the limit is %d", v, limit)
	}
	return v, b[size:], nil
}

// unpack fills out with bit-packed values, all of which are in b.
func unpack[T byte | int32](out []T, b []byte, width, limit int) error {
	var window uint64
	have, mask := 0, uint64(1)<<width-1
	for i := range out {
		for have < width {
			window |= uint64(b[0]) << have
			b, have = b[1:], have+8
		}
		v := window & mask
		if int64(v) >= int64(limit) {
			return fmt.Errorf("value %d, the limit is %d", v, limit)
		}
		out[i], window, have = T(v), window>>width, have-width
	}
	return nil
}
