package augment

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"testing"

	"github.com/pali3/pali3/internal/jpegencode"
)

// noisyScene is an image of smooth parts, edges and noise, in colour or in grey.
func noisyScene(height, width int, grey bool) *Image {
	m := newImage(height, width)
	state := uint32(height*1009 + width)
	for i := range height * width {
		y, x := i/width, i%width
		for c := range 3 {
			state = state*1664525 + 1013904223
			v := y*3 + x*5 + c*80 + x/11%2*70
			if y/9%2 == 1 {
				v += int(state >> 24)
			}
			m.Pix[3*i+c] = uint8(v)
		}
		if grey {
			m.Pix[3*i+1], m.Pix[3*i+2] = m.Pix[3*i], m.Pix[3*i]
		}
	}
	return m
}

// TestRandomJPEG_EqualsTensorFlow writes images at each quality and reads them again, and compares
// with tf.io.encode_jpeg and tf.image.adjust_jpeg_quality by both transforms, bit for bit
// (parity/random_jpeg_goldens.py).
func TestRandomJPEG_EqualsTensorFlow(t *testing.T) {
	var cases []struct {
		Size []int
		Grey bool
		Want [100][3]string // digests by quality: coded data, accurate pixels, fast pixels
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(readFile(t, "testdata/random_jpeg.json.gz")))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unpacked).Decode(&cases); err != nil || len(cases) < 20 {
		t.Fatal(len(cases), err)
	}
	digest := func(b []byte) string {
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:4])
	}
	for _, c := range cases {
		m := noisyScene(c.Size[0], c.Size[1], c.Grey)
		for i, want := range c.Want {
			encoded, err := jpegencode.Libjpeg(m.Pix, m.Height, m.Width, i+1)
			if err != nil {
				t.Fatal(err)
			}
			coded := encoded[bytes.LastIndex(encoded, []byte{0xff, 0xda}):]
			got := [3]string{digest(coded)}
			if c.Grey {
				got[0] = "" // the reference has one component
			}
			for k, fast := range []bool{false, true} {
				again, err := throughJPEG(m, i+1, fast)
				if err != nil {
					t.Fatal(err)
				}
				got[k+1] = digest(again.Pix)
			}
			if got != want {
				t.Errorf("%dx%d, grey %v, quality %d: coded data and pixels %v, want %v", c.Size[0], c.Size[1], c.Grey, i+1, got, want)
			}
		}
	}
}

// TestDecode_FastDCTIsTensorFlows decodes with the op what throughJPEG decodes, also where a JPEG
// does not remain as its planes.
func TestDecode_FastDCTIsTensorFlows(t *testing.T) {
	m := noisyScene(90, 70, false)
	encoded, err := jpegencode.Libjpeg(m.Pix, m.Height, m.Width, 60)
	if err != nil {
		t.Fatal(err)
	}
	want, err := throughJPEG(m, 60, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, ops := range []string{"decode(dct=fast)", "decode(white, 1, fast)"} {
		got, err := MustParse(ops).Apply(encoded, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Pix, want.Float().Pix) {
			t.Errorf("%s: other pixels than the fast transform's", ops)
		}
	}
}
