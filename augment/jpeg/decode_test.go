package jpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestDecode_ProgressiveWithoutScans decodes progressive files that were truncated and then closed
// with an end marker. Decoders differ in how they guess the missing scans, so Decode refuses the
// file if the luma lacks its low frequencies; chroma may lack them.
func TestDecode_ProgressiveWithoutScans(t *testing.T) {
	file, err := os.ReadFile("../testdata/odd/p420_37x29.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		component byte // whose scans of AC coefficients are dropped; 0 for none
		want      error
	}{{"all scans", 0, nil}, {"no AC of luma", 1, ErrTruncated}, {"no AC of Cb", 2, nil}} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Decode(withoutAC(file, c.component), Options{}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// withoutAC drops the scans of a component's AC coefficients.
func withoutAC(file []byte, component byte) []byte {
	out := bytes.Clone(file[:2])
	for at := 2; at+2 <= len(file); {
		if file[at+1] == eoi {
			return append(out, file[at:]...)
		}
		end := at + 2 + int(binary.BigEndian.Uint16(file[at+2:]))
		drop := false
		if file[at+1] == sos {
			header := file[at+4 : end]
			n := int(header[0])
			drop = n == 1 && header[1] == component && header[1+2*n] > 0
			for end+1 < len(file) && (file[end] != 0xff || file[end+1] == 0 || file[end+1]&^7 == 0xd0) {
				end++
			}
		}
		if !drop {
			out = append(out, file[at:end]...)
		}
		at = end
	}
	return out
}

// TestDecode_RefusesByName changes the frame header of a file to kinds that Decode does not
// support.
func TestDecode_RefusesByName(t *testing.T) {
	file, err := os.ReadFile("../testdata/images/s420.jpg")
	if err != nil {
		t.Fatal(err)
	}
	frame, cut := bytes.Index(file, []byte{0xFF, sof0}), file[:len(file)-20]
	changed := func(at int, to byte) []byte {
		out := bytes.Clone(file)
		out[frame+at] = to
		return out
	}
	for _, c := range []struct {
		name    string
		file    []byte
		options Options
		want    error
		says    string
	}{
		{"arithmetic coding", changed(1, 0xC9), Options{}, ErrUnsupported, "JPEG with arithmetic coding"},
		{"lossless", changed(1, 0xC3), Options{}, ErrUnsupported, "JPEG with lossless coding"},
		{"12 bits", changed(4, 12), Options{}, ErrUnsupported, "JPEG of 12 bits a sample"},
		{"sampling 3x2 beside 2x1", append(changed(11, 0x32)[:frame+14:frame+14], append([]byte{0x21}, file[frame+15:]...)...), Options{},
			ErrUnsupported, "sampling factors 2x1 in 3x2"},
		{"too many pixels", file, Options{MaxPixels: 100}, ErrTooLarge, "more than 100"},
		{"a scale", file, Options{Scale: 3}, nil, "not by 1/3"},
		{"without its last data", cut, Options{}, ErrTruncated, "the coded data end before the image"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode(c.file, c.options)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want one that says %q", err, c.says)
			}
		})
	}
	m, err := Decode(cut, Options{Lenient: true})
	if err != nil || !m.Damage.Truncated || m.Damage.Segments != 1 {
		t.Errorf("without its last data, lenient: %v, %+v", err, m)
	}
}
