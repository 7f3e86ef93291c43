package mixture

import (
	"errors"
	"fmt"
	"image"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// MaskCodec turns masks into the codes that tasks write, and back: the *maskvae.Codec of a mask
// VQ-VAE. It must be safe for concurrent use.
type MaskCodec interface {
	// Region returns the codes of a mask of the whole image, within a box: y0, x0, y1, x1 as parts
	// of the image's height and width.
	Region(mask *image.Gray, edges [4]float64, label string) (tokenize.Region, error)
	// Masks returns the mask of each region in an image of the given size, 255 inside the object.
	Masks(regions []tokenize.Region, height, width int) ([]*image.Gray, error)
}

// OpenMasks opens the mask codec that a recipe names by images.mask_codec.
type OpenMasks func(path string) (MaskCodec, error)

// openMasks opens the recipe's mask codec, where masks may move.
func (s *Stream) openMasks() (err error) {
	path := s.recipe.Images.MaskCodec
	if path == "" || !s.moving {
		return nil
	}
	open := (*Registry)(nil).masks()
	if s.recipe.Registry != nil {
		open = s.recipe.Registry.masks()
	}
	if s.masks, err = open(path); err != nil {
		return fmt.Errorf("recipe: images.mask_codec: %w", err)
	}
	return nil
}

// masks returns what opens mask codecs.
func (g *Registry) masks() OpenMasks {
	if g == nil || g.Masks == nil {
		return func(path string) (MaskCodec, error) {
			return nil, fmt.Errorf("%s: this program opens no mask codecs: its registry needs Masks, such as maskvae.Open", path)
		}
	}
	return g.Masks
}

// Bounds of the masks that move: their size where the dataset does not say how large an image is,
// and their pixels.
const (
	maskSide   = 512
	maskPixels = 4 << 20
)

// errMaskCut is why codes are lost that nothing can move.
var errMaskCut = errors.New("the image ops cut or flip it, and the codes of its mask cannot follow: name the weights of the mask VQ-VAE in images.mask_codec")

// maskMover moves the masks of an image, and codes them again.
type maskMover struct {
	codec    MaskCodec // nil if there is none
	geometry augment.Geometry
	height   int // of the image, in pixels
	width    int
}

// masksOfImage returns what moves the masks of an image of a sample.
func (s *Stream) masksOfImage(sample *shards.Sample, at int, g augment.Geometry) maskMover {
	m := maskMover{s.masks, g, maskSide, maskSide}
	if at < len(sample.Images) {
		if i := sample.Images[at]; i.Height > 0 && i.Width > 0 {
			m.height, m.width = int(i.Height), int(i.Width)
		}
	}
	return m
}

// move returns the codes of a region whose box has moved. The mask is the box's bitmap in the
// dataset, or else what the region's codes decode to.
func (m maskMover) move(r tokenize.Region, stored *shards.Box, to [4]float64) ([]int32, error) {
	if m.codec == nil {
		return nil, errMaskCut
	}
	mask, err := m.mask(r, stored)
	if err != nil {
		return nil, err
	}
	if mask, err = m.geometry.Mask(mask, maskPixels); err != nil {
		return nil, err
	}
	if !anyWithin(mask, to) {
		return nil, errBoxLost
	}
	coded, err := m.codec.Region(mask, to, r.Label)
	return coded.Mask, err
}

func (m maskMover) mask(r tokenize.Region, stored *shards.Box) (*image.Gray, error) {
	if stored != nil && stored.Mask != nil {
		return stored.WholeMask(m.height, m.width)
	}
	all, err := m.codec.Masks([]tokenize.Region{r}, m.height, m.width)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// anyWithin reports whether a mask has a pixel in a box.
func anyWithin(mask *image.Gray, box [4]float64) bool {
	h, w := float64(mask.Rect.Dy()), float64(mask.Rect.Dx())
	for y := int(box[0] * h); y < mask.Rect.Dy() && float64(y) < box[2]*h; y++ {
		for x := int(box[1] * w); x < mask.Rect.Dx() && float64(x) < box[3]*w; x++ {
			if mask.GrayAt(x, y).Y > 0 {
				return true
			}
		}
	}
	return false
}
