// Package imageprint recognises images: by their bytes, and by how they look. Curation removes
// duplicates with it, and evaluation looks for benchmark images in training data.
package imageprint

import (
	"crypto/sha256"
	"math/bits"

	"github.com/pali3/pali3/augment"
)

// Print is what is kept of an image: enough to decide whether another image has the same bytes or
// looks the same. An image with transparent pixels is compared on white and on black, because white
// strokes on a transparent ground show on black only.
type Print struct {
	Sum [sha256.Size]byte // of the encoded bytes
	Look
	OnBlack *Look // nil for an opaque image
}

// Look is how an image looks on one background.
type Look struct {
	Shape  uint64                           // where brightness rises from left to right: 8 rows of 8 bits
	Colour [thumbSide * thumbSide * 3]uint8 // the image at 8x8, RGB
}

const (
	thumbSide = 8
	// reduced is the side of the square that hash and thumbnail are computed from.
	reduced = 64
	// rise is by how many of 255 levels brightness must rise to set a bit, so that noise on plain
	// areas sets none.
	rise = 2
)

// Of returns the print of an image, given its bytes and its pixels on white and on black. onBlack
// is nil for an opaque image.
func Of(encoded []byte, onWhite, onBlack *augment.Image) *Print {
	p := &Print{Sum: sha256.Sum256(encoded), Look: Reduce(onWhite).Look()}
	if onBlack != nil {
		l := Reduce(onBlack).Look()
		p.OnBlack = &l
	}
	return p
}

// Reduced is an image squashed to a small square, from which looks are computed.
type Reduced struct{ augment.Tensor }

// Reduce returns the reduced image.
func Reduce(img *augment.Image) Reduced {
	return Reduced{img.Resize(reduced, reduced, augment.Bilinear, true)}
}

// Look computes the difference hash (N. Krawetz, "Kind of Like That", 2013), with a minimum rise,
// and the thumbnail.
func (r Reduced) Look() (l Look) {
	small := r.Tensor
	grey := small.Resize(thumbSide, thumbSide+1, augment.Bilinear, true)
	for y := range thumbSide {
		for x := range thumbSide {
			l.Shape <<= 1
			if luma(grey, y, x+1) > luma(grey, y, x)+rise {
				l.Shape |= 1
			}
		}
	}
	for i, v := range small.Resize(thumbSide, thumbSide, augment.Bilinear, true).Pix {
		l.Colour[i] = uint8(v + 0.5)
	}
	return l
}

// luma weighs the channels as ITU-R BT.601 does.
func luma(t augment.Tensor, y, x int) float32 {
	p := t.Pix[3*(y*t.Width+x):]
	return 0.299*p[0] + 0.587*p[1] + 0.114*p[2]
}

// Near says how much two images may differ and still look alike. Both measures must hold.
type Near struct {
	Bits   int // the maximum Hamming distance of the shapes, up to MaxBits
	Colour int // the maximum difference between the thumbnails, in 255 levels
}

// Alike reports whether two images are near duplicates. Two images with transparent pixels must
// look alike on white and on black. An image with and one without must look alike on white, because
// the opaque one may have been flattened on it; on black if the transparent image is blank on
// white.
func (d Near) Alike(a, b *Print) bool {
	switch {
	case a.OnBlack != nil && b.OnBlack != nil:
		return d.same(&a.Look, &b.Look) && d.same(a.OnBlack, b.OnBlack)
	case a.OnBlack != nil && a.Plain():
		return d.same(a.OnBlack, &b.Look)
	case b.OnBlack != nil && b.Plain():
		return d.same(&a.Look, b.OnBlack)
	}
	return d.same(&a.Look, &b.Look)
}

// same reports whether both measures hold.
func (d Near) same(a, b *Look) bool {
	if a.Bits(b) > d.Bits {
		return false
	}
	for i, v := range a.Colour {
		if off := int(v) - int(b.Colour[i]); off > d.Colour || -off > d.Colour {
			return false
		}
	}
	return true
}

// Bits returns the Hamming distance of the shapes.
func (l *Look) Bits(other *Look) int { return bits.OnesCount64(l.Shape ^ other.Shape) }

// Farthest returns the largest difference between the thumbnails.
func (l *Look) Farthest(other *Look) int {
	largest := 0
	for i, v := range l.Colour {
		off := int(v) - int(other.Colour[i])
		largest = max(largest, off, -off)
	}
	return largest
}

// Plain reports whether the thumbnail has one colour.
func (l *Look) Plain() bool {
	for i, v := range l.Colour {
		if d := int(v) - int(l.Colour[i%3]); d > rise || -d > rise {
			return false
		}
	}
	return true
}
