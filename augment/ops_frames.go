package augment

import (
	"errors"
	"fmt"
	"math"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/random"
)

// sheetOp is the op that shows several frames of an animation.
const sheetOp = "contact_sheet"

// maxFrames bounds the frames of a file.
const maxFrames = 10000

// buildContactSheet decodes frames of an animated GIF or WebP, spread evenly over its length, into
// one image: row by row in a grid as square as possible, or of the given columns. A file with fewer
// frames shows some of them twice.
func buildContactSheet(a *Arguments) (Action, error) {
	count := a.Side("count")
	columns := int(math.Ceil(math.Sqrt(float64(count))))
	if text, given := a.Text("columns"); given {
		columns = a.side("columns", text)
	}
	background := White
	if text, given := a.Text("background"); given {
		background = a.colour("background", text)
	}
	if columns > count {
		return Action{}, errors.New("columns are more than the frames")
	}
	rows := (count + columns - 1) / columns
	return Action{Moves: Cropping, Run: func(p *Pixels, _ *random.Stream) error {
		encoded := p.encoded
		p.encoded = nil
		frames, err := p.limits.frames(encoded, count, background)
		if err != nil {
			return err
		}
		h, w := frames[0].Height, frames[0].Width
		sheet := newImage(rows*h, columns*w)
		for i := 0; i < len(sheet.Pix); i += 3 {
			copy(sheet.Pix[i:], background[:])
		}
		for i, frame := range frames {
			to := sheet.Pix[3*(i/columns*h*sheet.Width+i%columns*w):]
			for y := range h {
				copy(to[3*y*sheet.Width:], frame.Pix[3*y*w:][:3*w])
			}
		}
		p.SetImage(sheet)
		if rows*columns > 1 { // boxes are those of the first frame
			p.Moved(Affine{XX: 1 / float64(columns), YY: 1 / float64(rows)})
		}
		return nil
	}}, nil
}

// frames decodes count frames, spread evenly. All have the size of the screen.
func (l Limits) frames(encoded []byte, count int, background Colour) ([]*Image, error) {
	info, err := imagefile.ReadHeader(encoded)
	if err != nil {
		return nil, err
	}
	if err := l.check(encoded, info.Width, info.Height); err != nil {
		return nil, err
	}
	if info.Width*info.Height > l.MaxPixels/count {
		return nil, fmt.Errorf("%w: %d frames of %dx%d", ErrTooLarge, count, info.Width, info.Height)
	}
	s := &sheet{limits: l, chosen: make([]*Image, count), background: background, orientation: info.Orientation}
	switch info.Format {
	case GIF:
		err = s.readGIF(encoded, info.Height, info.Width)
	case WebP:
		err = s.readWebP(encoded, info.Height, info.Width)
	default:
		err = s.still(encoded)
	}
	if err != nil {
		return nil, fmt.Errorf("decoding the frames of %s of %dx%d: %w", info.Format, info.Width, info.Height, err)
	}
	return s.chosen, nil
}

// sheet collects the chosen frames of a file, of which it sees all in order.
type sheet struct {
	limits      Limits
	chosen      []*Image
	background  Colour
	orientation int
	next        int // index in chosen
}

// still takes the one image of a file for all frames.
func (s *sheet) still(encoded []byte) error {
	m, err := s.limits.DecodeOver(encoded, s.background)
	for i := range s.chosen {
		s.chosen[i] = m
	}
	return err
}

// wants reports whether frame i of all is chosen.
func (s *sheet) wants(i, all int) bool {
	return s.next < len(s.chosen) && (2*s.next+1)*all/(2*len(s.chosen)) == i
}

// show takes a copy of the screen, which shows frame i of all, as often as it is chosen.
func (s *sheet) show(screen *raster, i, all int) {
	screen.orientation = s.orientation
	for s.wants(i, all) {
		s.chosen[s.next] = screen.turned(screen.clone().over(s.background))
		s.next++
	}
}

// readGIF lays the frames on the screen, one after the other.
func (s *sheet) readGIF(encoded []byte, height, width int) error {
	all, err := imagefile.ReadGIFFrames(encoded, maxFrames)
	if err != nil {
		return err
	}
	screen := &raster{colour: newImage(height, width), alpha: make([]uint8, height*width)}
	pixels := 0
	for i, g := range all {
		if pixels += g.FrameWidth * g.FrameHeight; pixels > s.limits.MaxPixels {
			return fmt.Errorf("%w: the first %d frames have more than %d pixels", ErrTooLarge, i+1, s.limits.MaxPixels)
		}
		indices, err := g.Indices()
		if err != nil {
			return fmt.Errorf("frame %d: %w", i+1, err)
		}
		before := screen
		if g.Disposal == 3 {
			before = screen.clone()
		}
		screen.draw(g, indices)
		s.show(screen, i, len(all))
		switch g.Disposal {
		case 2:
			screen.erase(g)
		case 3:
			screen = before
		}
	}
	return nil
}

func (r *raster) clone() *raster {
	c := *r.colour
	c.Pix = append([]uint8(nil), r.colour.Pix...)
	return &raster{colour: &c, alpha: append([]uint8(nil), r.alpha...)}
}

// draw lays a frame on the screen.
func (r *raster) draw(g *imagefile.GIFFrame, indices []uint8) {
	for y := range min(g.FrameHeight, r.colour.Height-g.Y) {
		for x := range min(g.FrameWidth, r.colour.Width-g.X) {
			index, at := int(indices[y*g.FrameWidth+x]), (g.Y+y)*r.colour.Width+g.X+x
			if index == g.Transparent {
				continue
			}
			to := r.colour.Pix[3*at:][:3]
			switch {
			case len(g.Palette) == 0: // as Pillow shows a file without colours
				to[0], to[1], to[2] = uint8(index), uint8(index), uint8(index)
			case 3*index+3 <= len(g.Palette):
				copy(to, g.Palette[3*index:])
			default:
				clear(to)
			}
			r.alpha[at] = 255
		}
	}
}

// erase makes the place of a frame transparent.
func (r *raster) erase(g *imagefile.GIFFrame) {
	for y := g.Y; y < min(g.Y+g.FrameHeight, r.colour.Height); y++ {
		clear(r.alpha[y*r.colour.Width+min(g.X, r.colour.Width) : y*r.colour.Width+min(g.X+g.FrameWidth, r.colour.Width)])
	}
}
