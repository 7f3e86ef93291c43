package jpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/pali3/pali3/internal/imagefile/fault"
)

// TestDecode_ProgressiveWithoutScans decodes progressive files that were truncated and then closed
// with an end marker. Decoders differ in how they guess the missing scans, so Decode refuses the
// file if the luma lacks its low frequencies; chroma may lack them.
func TestDecode_ProgressiveWithoutScans(t *testing.T) {
	file, err := os.ReadFile("../../../augment/testdata/odd/p420_37x29.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		component byte // whose scans of AC coefficients are dropped; 0 for none
		want      error
	}{{"all scans", 0, nil}, {"no AC of luma", 1, fault.ErrTruncated}, {"no AC of Cb", 2, nil}} {
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
