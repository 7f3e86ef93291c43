package augment

import (
	"fmt"

	"github.com/pali3/pali3/augment/jpeg"
	"github.com/pali3/pali3/internal/imagefile"
)

// stored is a part of a decoded JPEG, upright, whose planes are converted to RGB when an op asks for
// its rows: a crop converts only what remains, and a resize holds only the rows that it works on.
type stored struct {
	decoder *jpeg.Decoder
	planes  *jpeg.Image
	part    region
}

// decodeStored decodes a JPEG without converting it, or returns nil for an image of another kind,
// one to be turned upright and one so large that it is worth to free its planes soon.
func (l Limits) decodeStored(encoded []byte, scale int) (s *stored, err error) {
	if imagefile.Format(encoded) != JPEG {
		return nil, nil
	}
	info, err := imagefile.ReadHeader(encoded)
	if err != nil {
		return nil, err
	}
	if err := l.check(encoded, info.Width, info.Height); err != nil {
		return nil, err
	}
	if info.Orientation > 1 || info.Width*info.Height > keptPixels {
		return nil, nil
	}
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("decoding jpeg of %dx%d: %w: the decoder gave up: %v", info.Width, info.Height, ErrCorrupt, p)
		}
	}()
	d := jpegDecoders.Get().(*jpeg.Decoder)
	options := jpegOptions
	options.Scale = scale
	planes, err := d.Decode(encoded, options)
	if err != nil {
		return nil, fmt.Errorf("decoding jpeg of %dx%d: %w", info.Width, info.Height, err)
	}
	return &stored{d, planes, region{0, 0, planes.Height, planes.Width}}, nil
}

// release gives the memory back. The rows are then no longer available.
func (s *stored) release() { jpegDecoders.Put(s.decoder) }

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
