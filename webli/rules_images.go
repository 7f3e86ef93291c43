package webli

import (
	"crypto/sha256"
	"fmt"
)

// tooSmall reports an image whose shorter side is below MinSide.
func (c Images) tooSmall(of *Candidate) string {
	for i, s := range of.Sizes {
		if int(min(s.Width, s.Height)) < c.MinSide {
			return fmt.Sprintf("image %d is %dx%d, a side of fewer than %d pixels", i, s.Width, s.Height, c.MinSide)
		}
	}
	return ""
}

// tooLong reports an image whose sides differ by more than MaxAspect.
func (c Images) tooLong(of *Candidate) string {
	for i, s := range of.Sizes {
		if float64(max(s.Width, s.Height)) > c.MaxAspect*float64(min(s.Width, s.Height)) {
			return fmt.Sprintf("image %d is %dx%d, longer than %v to 1", i, s.Width, s.Height, c.MaxAspect)
		}
	}
	return ""
}

// tooLarge reports an image of more than MaxPixels.
func (c Images) tooLarge(of *Candidate) string {
	for i, s := range of.Sizes {
		if int(s.Width)*int(s.Height) > c.MaxPixels {
			return fmt.Sprintf("image %d is %dx%d, more than %d pixels", i, s.Width, s.Height, c.MaxPixels)
		}
	}
	return ""
}

// frequentImages removes all samples whose images occur in more than most samples: placeholders, or
// images with too many descriptions.
func frequentImages(most int) Rule {
	type sharing struct {
		first *Candidate
		n     int
	}
	samples := map[[sha256.Size]byte]*sharing{}
	return Rule{
		Prepare: func(left []*Candidate) error {
			for _, c := range left {
				if len(c.prints) == 0 || c.HeldOut {
					continue
				}
				id := c.imagesSum()
				if samples[id] == nil {
					samples[id] = &sharing{first: c}
				}
				samples[id].n++
			}
			return nil
		},
		Remove: func(c *Candidate) string {
			if len(c.prints) == 0 {
				return ""
			}
			if s := samples[c.imagesSum()]; s.n > most {
				return fmt.Sprintf("%d samples have its images, more than %d; the first is %s of %s", s.n, most, s.first.Key, s.first.Origin)
			}
			return ""
		},
	}
}
