package webli

import (
	"crypto/sha256"
	"math/bits"

	"github.com/pali3/pali3/augment"
)

// fingerprint is what curation keeps of an image: enough to decide whether another image has the
// same bytes or looks the same. An image with transparent pixels is compared on white and on black,
// because white strokes on a transparent ground show on black only.
type fingerprint struct {
	sum [sha256.Size]byte // of the encoded bytes
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
	// reduced is the side of the square that hash and thumbnail are computed from.
	reduced = 64
	// rise is by how many of 255 levels brightness must rise to set a bit, so that noise on plain
	// areas sets none.
	rise = 2
)

// fingerprintOf returns the fingerprint of an image, given its bytes and its pixels on white and on
// black. onBlack is nil for an opaque image.
func fingerprintOf(encoded []byte, onWhite, onBlack *augment.Image) *fingerprint {
	f := &fingerprint{sum: sha256.Sum256(encoded), look: lookAt(onWhite)}
	if onBlack != nil {
		l := lookAt(onBlack)
		f.onBlack = &l
	}
	return f
}

// lookAt computes the difference hash (N. Krawetz, "Kind of Like That", 2013), with a minimum rise,
// and the thumbnail.
func lookAt(img *augment.Image) (l look) {
	small := img.Resize(reduced, reduced, augment.Bilinear, true)
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

// alike reports whether two images are near duplicates. Two images with transparent pixels must
// look alike on white and on black. An image with and one without must look alike on white, because
// the opaque one may have been flattened on it; on black if the transparent image is blank on
// white.
func (d NearDuplicate) alike(a, b *fingerprint) bool {
	switch {
	case a.onBlack != nil && b.onBlack != nil:
		return d.same(&a.look, &b.look) && d.same(a.onBlack, b.onBlack)
	case a.onBlack != nil && a.plain():
		return d.same(a.onBlack, &b.look)
	case b.onBlack != nil && b.plain():
		return d.same(&a.look, b.onBlack)
	}
	return d.same(&a.look, &b.look)
}

// same reports whether both measures hold.
func (d NearDuplicate) same(a, b *look) bool {
	if bits.OnesCount64(a.shape^b.shape) > d.Bits {
		return false
	}
	for i, v := range a.colour {
		if off := int(v) - int(b.colour[i]); off > d.Colour || -off > d.Colour {
			return false
		}
	}
	return true
}

// plain reports whether the thumbnail has one colour.
func (l *look) plain() bool {
	for i, v := range l.colour {
		if d := int(v) - int(l.colour[i%3]); d > rise || -d > rise {
			return false
		}
	}
	return true
}
