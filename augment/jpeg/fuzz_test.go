package jpeg

import (
	"bytes"
	"testing"
	"time"
)

// FuzzDecode decodes with all options. A decoder that has decoded other files gives the same as a
// new one, and lenient options change nothing where strict ones accept a file. What is decoded is
// within the limit, and soon.
func FuzzDecode(f *testing.F) {
	for _, g := range readGoldens(f) {
		f.Add(g.file)
	}
	used := new(Decoder)
	f.Fuzz(func(t *testing.T, file []byte) {
		begin := time.Now()
		for _, scale := range []int{1, 2, 4, 8} {
			strict := decodeRGB(t, new(Decoder), file, Options{Scale: scale, MaxPixels: 1 << 14})
			lenient := decodeRGB(t, used, file, Options{Scale: scale, MaxPixels: 1 << 14, Lenient: true})
			if strict != nil && !bytes.Equal(strict, lenient) {
				t.Errorf("scale 1/%d: strict and lenient options give other pixels", scale)
			}
			again := decodeRGB(t, new(Decoder), file, Options{Scale: scale, MaxPixels: 1 << 14, Lenient: true})
			if !bytes.Equal(again, lenient) {
				t.Errorf("scale 1/%d: a used decoder gives other pixels than a new one", scale)
			}
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if (Check(file) == nil) != (decodeRGB(t, used, file, Options{MaxPixels: defaultMaxPixels}) != nil) {
			t.Error("Check and Decode disagree")
		}
	})
}

// decodeRGB returns the RGB, or nil if the decoder refuses the file.
func decodeRGB(t *testing.T, d *Decoder, file []byte, o Options) []byte {
	m, err := d.Decode(file, o)
	if err != nil {
		return nil
	}
	if m.Width < 1 || m.Height < 1 || m.Width*m.Height > o.MaxPixels || !o.Lenient && m.Damage.Codes+m.Damage.Segments+m.Damage.Restarts+m.Damage.Components > 0 {
		t.Errorf("%d x %d pixels, damage %+v", m.Width, m.Height, m.Damage)
	}
	rgb := make([]byte, 3*m.Width*m.Height)
	m.RGB(rgb)
	return rgb
}
