package augment

import (
	"fmt"

	"github.com/pali3/pali3/augment/jpeg"
	"github.com/pali3/pali3/internal/imagefile"
)

// stored is a part of a decoded JPEG, upright, whose planes are converted to RGB when an op asks
// for its rows: a crop converts only what remains, and a resize holds only the rows that it works
// on.
type stored struct {
	decoder *jpeg.Decoder
	planes  *jpeg.Image
	part    region
}

// decoding is how the op decode decodes.
type decoding struct {
	background Colour
	scale      int // that divides the sides of JPEGs, or autoScale
	fastDCT    bool
}

// decode decodes the image. A JPEG remains as its planes, unless it is to be turned upright, or so
// large that its planes should be freed soon.
func (p *Pixels) decode(how decoding) error {
	encoded := p.encoded
	p.encoded = nil
	info, err := imagefile.ReadHeader(encoded)
	if err != nil {
		return err
	}
	options := jpegOptions
	if options.Scale, options.FastDCT = how.scale, how.fastDCT; how.scale == autoScale {
		options.Scale = draftScale(info, p.draft)
	}
	large := info.Width*info.Height > keptPixels
	if info.Format != JPEG || options.Scale == 1 && !options.FastDCT && (info.Orientation > 1 || large) {
		p.image, err = p.limits.DecodeOver(encoded, how.background)
		return err
	}
	p.stored, err = p.limits.decodeStored(encoded, info, options)
	if err == nil && (info.Orientation > 1 || options.Scale == 1 && large) {
		p.convert()
		p.image = upright(p.image, info.Orientation)
	}
	return err
}

// draftScale returns the largest of 8, 4, 2 and 1 by which the sides of the upright image can be
// divided without falling below what is wanted, as Pillow's Image.draft does.
func draftScale(info imagefile.Info, wanted [2]int) int {
	width, height := info.Upright()
	for scale := 8; scale > 1; scale /= 2 {
		if width/wanted[1] >= scale && height/wanted[0] >= scale {
			return scale
		}
	}
	return 1
}

// decodeStored decodes a JPEG without converting it.
func (l Limits) decodeStored(encoded []byte, info imagefile.Info, o jpeg.Options) (s *stored, err error) {
	if err := l.check(encoded, info.Width, info.Height); err != nil {
		return nil, err
	}
	if info.Width*info.Height > largePixels {
		oneAtATime.Lock()
		defer oneAtATime.Unlock()
	}
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("decoding jpeg of %dx%d: %w: the decoder gave up: %v", info.Width, info.Height, ErrCorrupt, p)
		}
	}()
	d := jpegDecoders.Get().(*jpeg.Decoder)
	planes, err := d.Decode(encoded, o)
	if err != nil {
		return nil, fmt.Errorf("decoding jpeg of %dx%d: %w", info.Width, info.Height, err)
	}
	return &stored{d, planes, region{0, 0, planes.Height, planes.Width}}, nil
}

// release gives the memory back. The rows are then no longer available.
func (s *stored) release() {
	if s.planes.Width*s.planes.Height <= keptPixels {
		jpegDecoders.Put(s.decoder)
	}
}

func (s *stored) Size() (height, width int) { return s.part.height, s.part.width }

func (s *stored) rowBytes() int { return 3*s.planes.Width + rowSlack }

func (s *stored) row(buffer []uint8, y int) []uint8 {
	s.planes.RGBRow(buffer, s.part.y+y)
	return buffer[3*s.part.x:][:3*s.part.width]
}

// image converts all rows and gives the memory back.
func (s *stored) image() *Image {
	defer s.release()
	out := newImage(s.part.height, s.part.width)
	if s.part == (region{0, 0, s.planes.Height, s.planes.Width}) {
		s.planes.RGB(out.Pix)
		return out
	}
	buffer := make([]uint8, s.rowBytes())
	for y := range out.Height {
		copy(out.Pix[3*y*out.Width:], s.row(buffer, y))
	}
	return out
}
