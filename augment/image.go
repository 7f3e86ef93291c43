package augment

import "fmt"

// Image is a decoded image, 8-bit sRGB, upright and opaque.
type Image struct {
	Height, Width int
	Pix           []uint8 // [H,W,3], row by row
}

// Tensor holds pixels as float32 [H,W,3]: in [0,255] until value_range maps them.
type Tensor struct {
	Height, Width int
	Pix           []float32 // [H,W,3], row by row
}

// Shape returns [H,W,3].
func (t Tensor) Shape() [3]int { return [3]int{t.Height, t.Width, 3} }

// Float returns the image's values 0 to 255 as floats.
func (m *Image) Float() Tensor {
	t := newTensor(m.Height, m.Width)
	widen(t.Pix, m.Pix)
	return t
}

func newImage(height, width int) *Image {
	return &Image{height, width, make([]uint8, 3*height*width)}
}

// newTensor makes one with room for a value more, which kernels overwrite.
func newTensor(height, width int) Tensor {
	n := 3 * height * width
	return Tensor{height, width, make([]float32, n+1)[:n]}
}

// region is a rectangle of an image, in pixels.
type region struct{ y, x, height, width int }

func (r region) String() string { return fmt.Sprintf("%dx%d", r.height, r.width) }

// cut copies the region out of pixels that are width wide.
func cut[T uint8 | float32](pix []T, width int, r region) []T {
	out := make([]T, 0, 3*r.height*r.width)
	for y := r.y; y < r.y+r.height; y++ {
		row := pix[3*(y*width+r.x):]
		out = append(out, row[:3*r.width]...)
	}
	return out
}

// mirror flips every row of pixels, in place.
func mirror[T uint8 | float32](pix []T, width int) {
	for ; len(pix) > 0; pix = pix[3*width:] {
		for i, j := 0, 3*(width-1); i < j; i, j = i+3, j-3 {
			for c := range 3 {
				pix[i+c], pix[j+c] = pix[j+c], pix[i+c]
			}
		}
	}
}

// upright undoes an EXIF orientation: 1 is upright, 2 to 4 are mirrored or upside down, and from 5
// on height and width change places (Exif 2.32, tag 0x0112).
func upright(m *Image, orientation int) *Image {
	if orientation < 2 || orientation > 8 {
		return m
	}
	out := newImage(m.Height, m.Width)
	if orientation >= 5 {
		out = newImage(m.Width, m.Height)
	}
	lastY, lastX := m.Height-1, m.Width-1
	for y := range out.Height {
		for x := range out.Width {
			var fromY, fromX int
			switch orientation {
			case 2: // mirrored
				fromY, fromX = y, lastX-x
			case 3: // turned by 180 degrees
				fromY, fromX = lastY-y, lastX-x
			case 4: // upside down in a mirror
				fromY, fromX = lastY-y, x
			case 5: // transposed
				fromY, fromX = x, y
			case 6: // to be turned clockwise
				fromY, fromX = lastY-x, y
			case 7: // transposed over the other diagonal
				fromY, fromX = lastY-x, lastX-y
			case 8: // to be turned counterclockwise
				fromY, fromX = x, lastX-y
			}
			copy(out.Pix[3*(y*out.Width+x):][:3], m.Pix[3*(fromY*m.Width+fromX):])
		}
	}
	return out
}
