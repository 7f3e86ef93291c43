package webli

import (
	"crypto/sha256"
	"math/bits"

	"github.com/pali3/pali3/augment"
)

// fingerprint is what curation remembers of a picture: enough to say whether another is the same to
// the byte, or looks the same.
type fingerprint struct {
	sum    [sha256.Size]byte
	shape  uint64                           // where brightness rises from left to right: 8 rows of 8 bits
	colour [thumbSide * thumbSide * 3]uint8 // the picture at 8x8, RGB
}

const (
	thumbSide = 8
	// reduced is the side of the square that both are computed from.
	reduced = 64
	// rise is by how many of 255 levels brightness must rise to count, so that noise on plain areas
	// does not make bits of its own.
	rise = 2
)

// fingerprintOf computes the difference hash (N. Krawetz, "Kind of Like That", 2013), with a least
// rise, and the thumbnail.
func fingerprintOf(encoded []byte, m *augment.Image) *fingerprint {
	f := &fingerprint{sum: sha256.Sum256(encoded)}
	small := m.Resize(reduced, reduced, augment.Bilinear, true)
	grey := small.Resize(thumbSide, thumbSide+1, augment.Bilinear, true)
	for y := range thumbSide {
		for x := range thumbSide {
			f.shape <<= 1
			if luma(grey, y, x+1) > luma(grey, y, x)+rise {
				f.shape |= 1
			}
		}
	}
	for i, v := range small.Resize(thumbSide, thumbSide, augment.Bilinear, true).Pix {
		f.colour[i] = uint8(v + 0.5)
	}
	return f
}

// luma weighs the channels as ITU-R BT.601 does.
func luma(t augment.Tensor, y, x int) float32 {
	p := t.Pix[3*(y*t.Width+x):]
	return 0.299*p[0] + 0.587*p[1] + 0.114*p[2]
}

// alike says whether both measures of the likeness hold.
func (l Likeness) alike(a, b *fingerprint) bool {
	if bits.OnesCount64(a.shape^b.shape) > l.Bits {
		return false
	}
	for i, v := range a.colour {
		if d := int(v) - int(b.colour[i]); d > l.Colour || -d > l.Colour {
			return false
		}
	}
	return true
}
