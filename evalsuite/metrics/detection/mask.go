package detection

import (
	"errors"
	"fmt"
	"image"
	"slices"
)

// Mask is the set of pixels of an object, as COCO stores it: the lengths of runs of pixels in
// column-major order, in turn outside and inside the object, the first one outside.
type Mask struct {
	Height, Width int // of the image
	// Counts are the lengths of the runs. Their sum is Height·Width.
	Counts []uint32
}

// maxPixels bounds the image of a mask.
const maxPixels = 1 << 28

// checkSize returns an error for an image without pixels or with too many of them.
func checkSize(height, width int) error {
	if height < 1 || width < 1 || height > maxPixels/width {
		return fmt.Errorf("a mask of height %d and width %d, want 1 to %d pixels", height, width, maxPixels)
	}
	return nil
}

// NewMask returns the mask with the given runs.
func NewMask(counts []uint32, height, width int) (*Mask, error) {
	m := &Mask{height, width, counts}
	return m, m.Check()
}

// Check returns an error unless the runs cover the image. The functions of this package expect
// masks that are checked.
func (m *Mask) Check() error {
	if err := checkSize(m.Height, m.Width); err != nil {
		return err
	}
	sum, all := uint64(0), uint64(m.Height)*uint64(m.Width)
	for i, c := range m.Counts {
		if sum += uint64(c); sum > all {
			return fmt.Errorf("a mask of %d by %d pixels, height by width: run %d of %d pixels ends outside of it", m.Height, m.Width, i, c)
		}
	}
	if sum != all {
		return fmt.Errorf("a mask of %d by %d pixels, height by width: its runs have %d pixels, want %d", m.Height, m.Width, sum, all)
	}
	return nil
}

// MaskOf returns the mask of the pixels that are not 0.
func MaskOf(pixels *image.Gray) *Mask {
	size := pixels.Bounds().Size()
	m := &Mask{Height: size.Y, Width: size.X}
	run, inside := uint32(0), false
	for x := range size.X {
		for y := range size.Y {
			if (pixels.Pix[y*pixels.Stride+x] != 0) != inside {
				m.Counts = append(m.Counts, run)
				run, inside = 0, !inside
			}
			run++
		}
	}
	m.Counts = append(m.Counts, run)
	return m
}

// Image returns an image of the mask: 255 inside the object and 0 outside.
func (m *Mask) Image() *image.Gray {
	pixels := image.NewGray(image.Rect(0, 0, m.Width, m.Height))
	at := 0
	for i, c := range m.Counts {
		if i%2 == 0 {
			at += int(c)
			continue
		}
		for end := at + int(c); at < end; at++ {
			pixels.Pix[at%m.Height*pixels.Stride+at/m.Height] = 255
		}
	}
	return pixels
}

// Area returns the number of pixels of the object.
func (m *Mask) Area() int {
	area := 0
	for i := 1; i < len(m.Counts); i += 2 {
		area += int(m.Counts[i])
	}
	return area
}

// Box returns the smallest box around the object (maskApi.c, rleToBbox). It is zero for a mask
// without pixels.
func (m *Mask) Box() Box {
	if m.Area() == 0 {
		return Box{}
	}
	left, top, right, bottom := m.Width, m.Height, 0, 0
	at := 0
	for i, c := range m.Counts {
		begin := at
		at += int(c)
		if i%2 == 0 || c == 0 {
			continue
		}
		x0, x1 := begin/m.Height, (at-1)/m.Height
		left, right = min(left, x0), max(right, x1)
		if x0 < x1 { // the run crosses columns
			top, bottom = 0, m.Height-1
			continue
		}
		top, bottom = min(top, begin%m.Height), max(bottom, (at-1)%m.Height)
	}
	return Box{float64(left), float64(top), float64(right - left + 1), float64(bottom - top + 1)}
}

// errSizes is the error for masks of different images.
var errSizes = errors.New("masks of images of different sizes")

// Union returns the pixels that are in any of the masks.
func Union(masks ...*Mask) (*Mask, error) {
	return merge(masks, func(a, b bool) bool { return a || b })
}

// Intersection returns the pixels that are in all of the masks.
func Intersection(masks ...*Mask) (*Mask, error) {
	return merge(masks, func(a, b bool) bool { return a && b })
}

func merge(masks []*Mask, both func(a, b bool) bool) (*Mask, error) {
	if len(masks) == 0 {
		return nil, errors.New("no masks to merge")
	}
	of := masks[0]
	all := &Mask{of.Height, of.Width, slices.Clone(of.Counts)}
	for _, m := range masks[1:] {
		if m.Height != of.Height || m.Width != of.Width {
			return nil, errSizes
		}
		counts := make([]uint32, 0, len(all.Counts)+len(m.Counts))
		run, inside := uint32(0), false
		walk(all.Counts, m.Counts, func(n uint32, a, b bool) {
			if now := both(a, b); now != inside {
				counts = append(counts, run)
				run, inside = 0, now
			}
			run += n
		})
		all.Counts = append(counts, run)
	}
	return all, nil
}

// walk calls step for each run of pixels for which two masks of the same size do not change.
func walk(a, b []uint32, step func(n uint32, inA, inB bool)) {
	var leftA, leftB uint32
	i, j := 0, 0
	for {
		for ; leftA == 0 && i < len(a); i++ {
			leftA = a[i]
		}
		for ; leftB == 0 && j < len(b); j++ {
			leftB = b[j]
		}
		n := min(leftA, leftB)
		if n == 0 {
			return
		}
		step(n, i%2 == 0, j%2 == 0)
		leftA, leftB = leftA-n, leftB-n
	}
}

// Overlap returns the numbers of pixels in both masks and in any of them, 0 and 0 for masks of
// different sizes.
func Overlap(a, b *Mask) (intersection, union int) {
	if a.Height != b.Height || a.Width != b.Width {
		return 0, 0
	}
	var both, any uint32
	walk(a.Counts, b.Counts, func(n uint32, inA, inB bool) {
		if inA || inB {
			any += n
			if inA && inB {
				both += n
			}
		}
	})
	return int(both), int(any)
}

// MaskIoU returns the intersection of two masks over their union, or over the detection's area if
// the truth is a crowd (maskApi.c, rleIou). It is 0 for masks that do not meet and -1 for masks of
// different sizes whose boxes meet.
func MaskIoU(detected, truth *Mask, crowd bool) float64 {
	if BoxIoU(detected.Box(), truth.Box(), crowd) <= 0 {
		return 0
	}
	return maskIoU(detected, truth, crowd)
}

// maskIoU is MaskIoU of masks whose boxes meet.
func maskIoU(detected, truth *Mask, crowd bool) float64 {
	if detected.Height != truth.Height || detected.Width != truth.Width {
		return -1
	}
	both, any := Overlap(detected, truth)
	if both == 0 {
		return 0
	}
	if crowd {
		any = detected.Area()
	}
	return float64(both) / float64(any)
}
