package imagefile

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// TestIndices_CodeSizes encodes indices with root codes of each size, and with tables that are
// cleared never, at once or late.
func TestIndices_CodeSizes(t *testing.T) {
	const width, height = 120, 50
	for _, c := range []struct {
		name              string
		rootBits, clearAt int // the table is cleared at this number of codes; 0 means never
		noStart           bool
		colours           int
	}{
		{"code size 1", 1, 4096, false, 2},
		{"code size 2", 2, 4096, false, 4},
		{"code size 8", 8, 4096, false, 256},
		{"code size 9", 9, 4096, false, 256},
		{"code size 11", 11, 4096, false, 16},
		{"full table that stays", 8, 0, false, 256},
		{"cleared after each code", 4, 19, false, 16},
		{"first code is no clear code", 4, 4096, true, 16},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		want := make([]byte, width*height)
		for i := range want {
			want[i] = byte(rng.IntN(c.colours))
		}
		encoded := gifOf(width, height, c.rootBits, lzwOf(want, c.rootBits, c.clearAt, !c.noStart))
		g, err := ReadGIF(encoded)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got, err := g.Indices(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or other indices", c.name, err)
		}
	}
}

// TestIndices_PixelOfFirefox reads a one-pixel image with codes of 2 bits that browsers show.
func TestIndices_PixelOfFirefox(t *testing.T) {
	g, err := ReadGIF([]byte("GIF89a\x01\x00\x01\x00\x80\xff\x00\xc0\xc0\xc0\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x01\x012\x00;"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := g.Indices(); err != nil || got[0] != 0 {
		t.Errorf("index %v, %v", got, err)
	}
}

func TestIndices_Faults(t *testing.T) {
	for _, c := range []struct {
		name  string
		codes []int // of 5 bits, after a clear code
		want  error
	}{
		{"a code beyond the table", []int{16, 3, 25}, ErrCorrupt},
		{"a first code that is not there yet", []int{16, 18, 3}, ErrCorrupt},
		{"an end before the last pixel", []int{16, 3, 17}, ErrTruncated},
		{"no codes", nil, ErrTruncated},
	} {
		var w codeWriter
		for _, code := range c.codes {
			w.put(code, 5)
		}
		g, err := ReadGIF(gifOf(4, 4, 4, w.bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Indices(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func gifOf(width, height byte, codeSize int, data []byte) []byte {
	b := append([]byte("GIF89a"), width, 0, height, 0, 0, 0, 0, ',', 0, 0, 0, 0, width, 0, height, 0, 0, byte(codeSize))
	for len(data) > 0 {
		n := min(len(data), 255)
		b = append(append(b, byte(n)), data[:n]...)
		data = data[n:]
	}
	return append(b, 0, ';')
}

type codeWriter struct {
	out  []byte
	bits uint64
	n    int
}

func (w *codeWriter) put(code, width int) {
	w.bits |= uint64(code) << w.n
	for w.n += width; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

func (w *codeWriter) bytes() []byte { return append(w.out, byte(w.bits)) }

// lzwOf encodes indices. The table is cleared when it holds clearAt codes.
func lzwOf(indices []byte, rootBits, clearAt int, start bool) []byte {
	var w codeWriter
	clearCode := 1 << rootBits
	table, width, next := map[string]int{}, 0, 0
	begin := func() {
		clear(table)
		for i := range min(clearCode, 256) {
			table[string([]byte{byte(i)})] = i
		}
		width, next = rootBits+1, clearCode+2
	}
	if begin(); start {
		w.put(clearCode, width)
	}
	text := ""
	for _, v := range indices {
		longer := text + string([]byte{v})
		if _, ok := table[longer]; ok {
			text = longer
			continue
		}
		w.put(table[text], width)
		if next < 1<<lzwMaxBits {
			table[longer] = next
			if next++; next > 1<<width && width < lzwMaxBits {
				width++
			}
		}
		if next == clearAt {
			w.put(clearCode, width)
			begin()
		}
		text = longer[len(longer)-1:]
	}
	w.put(table[text], width)
	if next++; next > 1<<width && width < lzwMaxBits {
		width++
	}
	w.put(clearCode+1, width)
	return w.bytes()
}
