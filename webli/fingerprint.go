package webli

import (
	"crypto/sha256"
	"math/bits"

	"github.com/pali3/pali3/augment"
)

// fingerprint is what curation remembers of an image: enough to say whether another is the same to
// the byte, or looks the same. An image with transparent pixels is looked at on white and on black,
// as what is white on transparent ground shows on black alone.
type fingerprint struct {
	sum [sha256.Size]byte
	look
	onBlack *look // nil for an opaque image
}

// look is how an image looks on one background.
type look struct {
	shape  uint64                           // where brightness rises from left to right: 8 rows of 8 bits
	colour [thumbSide * thumbSide * 3]uint8 // the image at 8x8, RGB
}

const (
	thumbSide = 8
	// reduced is the side of the square that both are computed from.
	reduced = 64
	// rise is by how many of 255 levels brightness must rise to count, so that noise on plain areas
	// does not make bits of its own.
	rise = 2
)

// fingerprintOf looks at a decoded image; onBlack is nil for an opaque one.
func fingerprintOf(encoded []byte, m, onBlack *augment.Image) *fingerprint {
	f := &fingerprint{sum: sha256.Sum256(encoded), look: lookAt(m)}
	if onBlack != nil {
		l := lookAt(onBlack)
		f.onBlack = &l
	}
	return f
}

// lookAt computes the difference hash (N. Krawetz, "Kind of Like That", 2013), with a least rise,
// and the thumbnail.
func lookAt(m *augment.Image) (l look) {
	small := m.Resize(reduced, reduced, augment.Bilinear, true)
	grey := small.Resize(thumbSide, thumbSide+1, augment.Bilinear, true)
	for y := range thumbSide {
		for x := range thumbSide {
			l.shape <<= 1
			if luma(grey, y, x+1) > luma(grey, y, x)+rise {
				l.shape |= 1
			}
		}
	}
	for i, v := range small.Resize(thumbSide, thumbSide, augment.Bilinear, true).Pix {
		l.colour[i] = uint8(v + 0.5)
	}
	return l
}

// luma weighs the channels as ITU-R BT.601 does.
func luma(t augment.Tensor, y, x int) float32 {
	p := t.Pix[3*(y*t.Width+x):]
	return 0.299*p[0] + 0.587*p[1] + 0.114*p[2]
}

// alike says whether two images look the same. Two with transparent pixels must do so on white and
// on black. One with and one without must do so on white, where the opaque one may have been
// flattened, unless there is nothing to be seen on white.
func (l NearDuplicate) alike(a, b *fingerprint) bool {
	switch {
	case a.onBlack != nil && b.onBlack != nil:
		return l.same(&a.look, &b.look) && l.same(a.onBlack, b.onBlack)
	case a.onBlack != nil && a.plain():
		return l.same(a.onBlack, &b.look)
	case b.onBlack != nil && b.plain():
		return l.same(&a.look, b.onBlack)
	}
	return l.same(&a.look, &b.look)
}

// same says whether both measures of the likeness hold.
func (l NearDuplicate) same(a, b *look) bool {
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

// plain says whether the thumbnail is of one colour.
func (l *look) plain() bool {
	for i, v := range l.colour {
		if d := int(v) - int(l.colour[i%3]); d > rise || -d > rise {
			return false
		}
	}
	return true
}
