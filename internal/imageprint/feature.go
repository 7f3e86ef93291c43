package imageprint

import (
	"math"
	"math/bits"
	"slices"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
)

// Feature is a corner of an image at one size of it: where it lies in the image at the base size,
// how many pixels of the base size a pixel covers, and which of two places beside it is brighter,
// for 256 pairs of places.
type Feature struct {
	X, Y, Scale float32
	Bits        [4]uint64
}

// Features are the corners of an image at several sizes.
type Features struct {
	Height, Width int // of the base size
	Points        []Feature

	base plane
}

const (
	// featureStep is the ratio of a size to the next: four halve the image.
	featureStep = 1.189207115
	// featureArea is the number of pixels for which there is a corner.
	featureArea = 200
	// featureLeast is the least length of a longer side in which corners are found.
	featureLeast = 60
	featureEdge  = 12 // pixels at the edges without corners
	pairReach    = 9  // of the places that are compared
)

// pairs are the places that are compared (BRIEF; Calonder et al., ECCV 2010, with places drawn from
// a normal distribution), the same in every process.
var pairs = func() (all [256][4]int) {
	rng := random.New(random.Name("imageprint"), random.Name("pairs"))
	place := func() int { return int(max(-pairReach, min(pairReach, rng.Normal()*pairReach/2))) }
	for i := range all {
		for all[i][0] == all[i][2] && all[i][1] == all[i][3] {
			all[i] = [4]int{place(), place(), place(), place()}
		}
	}
	return all
}()

// FeaturesOf returns the corners of an image whose longer side is at most side pixels at the base
// size.
func FeaturesOf(img *augment.Image, side int) *Features {
	height, width := img.Height, img.Width
	if longer := max(height, width); longer > side {
		height, width = max(1, height*side/longer), max(1, width*side/longer)
	}
	p := planeOf(img.Resize(height, width, augment.Bilinear, true))
	f := &Features{Height: p.height, Width: p.width, base: p}
	for level, scale := 0, 1.0; ; level, scale = level+1, scale*featureStep {
		at := p
		if level > 0 {
			at = p.resize(int(float64(p.height)/scale+0.5), int(float64(p.width)/scale+0.5))
		}
		if max(at.height, at.width) < featureLeast || min(at.height, at.width) <= 2*featureEdge {
			return f
		}
		f.addLevel(at)
	}
}

// addLevel adds the strongest corners of a size.
func (f *Features) addLevel(p plane) {
	response := p.corners()
	var order []int
	for y := featureEdge; y < p.height-featureEdge; y++ {
		for x := featureEdge; x < p.width-featureEdge; x++ {
			if at := y*p.width + x; response[at] > leastCorner && highest(response, at, p.width) {
				order = append(order, at)
			}
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case response[a] > response[b]:
			return -1
		case response[a] < response[b]:
			return 1
		}
		return a - b
	})
	smooth := p.sums()
	scaleX, scaleY := float32(f.Width)/float32(p.width), float32(f.Height)/float32(p.height)
	for _, at := range order[:min(len(order), p.height*p.width/featureArea)] {
		y, x := at/p.width, at%p.width
		point := Feature{X: (float32(x) + 0.5) * scaleX, Y: (float32(y) + 0.5) * scaleY, Scale: (scaleX + scaleY) / 2}
		for i := range pairs {
			of := &pairs[i]
			if smooth.around(y+of[0], x+of[1]) > smooth.around(y+of[2], x+of[3]) {
				point.Bits[i/64] |= 1 << (i % 64)
			}
		}
		f.Points = append(f.Points, point)
	}
}

// leastCorner is the least response of a corner: noise on plain areas has less.
const leastCorner = 100

// highest reports whether a response is the highest within two pixels, the first of equal ones.
func highest(response []float32, at, width int) bool {
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			other := at + dy*width + dx
			if r := response[other]; r > response[at] || r == response[at] && other < at {
				return false
			}
		}
	}
	return true
}

// corners returns the smaller eigenvalue of the products of the gradients around each pixel (Shi
// and Tomasi, Good Features to Track, CVPR 1994), over 5 by 5 pixels.
func (p plane) corners() []float32 {
	n := p.height * p.width
	xx, xy, yy := plane{p.height, p.width, make([]float32, n)}, plane{p.height, p.width, make([]float32, n)}, plane{p.height, p.width, make([]float32, n)}
	for y := 1; y < p.height-1; y++ {
		for x := 1; x < p.width-1; x++ {
			at := y*p.width + x
			dx, dy := p.pix[at+1]-p.pix[at-1], p.pix[at+p.width]-p.pix[at-p.width]
			xx.pix[at], xy.pix[at], yy.pix[at] = dx*dx, dx*dy, dy*dy
		}
	}
	sumXX, sumXY, sumYY := xx.sums(), xy.sums(), yy.sums()
	out := make([]float32, n)
	for y := 3; y < p.height-3; y++ {
		for x := 3; x < p.width-3; x++ {
			a, b, c := sumXX.around(y, x), sumXY.around(y, x), sumYY.around(y, x)
			half, d := (a+c)/2, (a-c)/2
			out[y*p.width+x] = float32(half - math.Sqrt(d*d+b*b))
		}
	}
	return out
}

// sums holds the sums of a plane above and left of each place.
type sums struct {
	width int
	of    []float64
}

func (p plane) sums() sums {
	s := sums{p.width + 1, make([]float64, (p.height+1)*(p.width+1))}
	for y := range p.height {
		row := 0.0
		for x := range p.width {
			row += float64(p.pix[y*p.width+x])
			s.of[(y+1)*s.width+x+1] = s.of[y*s.width+x+1] + row
		}
	}
	return s
}

// around returns the mean of 5 by 5 pixels.
func (s *sums) around(y, x int) float64 {
	top, bottom := s.of[(y-2)*s.width+x-2:], s.of[(y+3)*s.width+x-2:]
	return (bottom[5] - bottom[0] - top[5] + top[0]) / 25
}

// distance is the number of pairs that differ.
func (f *Feature) distance(other *Feature) int {
	return bits.OnesCount64(f.Bits[0]^other.Bits[0]) + bits.OnesCount64(f.Bits[1]^other.Bits[1]) +
		bits.OnesCount64(f.Bits[2]^other.Bits[2]) + bits.OnesCount64(f.Bits[3]^other.Bits[3])
}
