package imageprint

import (
	"cmp"
	"slices"

	"github.com/pali3/pali3/augment"
)

// Parts finds those of a fixed set of images that were cut from a given one, and perhaps resized
// and encoded again. It matches corners, by hashes of bands of their bits, and takes the place of
// the cut that most of them agree on. It holds about 250 corners an image, or 25 KB, and is
// searched by several goroutines.
type Parts struct {
	images []partImage
	points []partPoint
	bands  [partBands]partBand
}

// partImage is an image of the set.
type partImage struct {
	height, width float32
	detail        *Detail
}

// partPoint is a corner of an image of the set.
type partPoint struct {
	Feature
	image int32
}

// partBand lists corners by the value of some bits.
type partBand struct {
	from   []int32 // by value; one more at the end
	points []int32
}

const (
	partSide  = 160 // longer side of an image of the set
	wholeSide = 448 // longer side of the image that it may be cut from

	partBands    = 12
	partBandBits = 20
	// crowded is the number of corners beyond which a value of a band is not looked at: what so
	// many images have says nothing.
	crowded = 64
	// mostDifferent is the number of pairs, of 256, in which matching corners may differ.
	mostDifferent = 52
	// leastPoints is the number of corners that must agree on a place.
	leastPoints = 5
	// mostMatches bounds the matches of an image that are compared with each other.
	mostMatches = 300
	// leastPart is the least share of the area that is a cut.
	leastPart = 0.04
)

// Add adds an image and returns its number, from 0 on.
func (p *Parts) Add(img *augment.Image) int {
	n := len(p.images)
	f := FeaturesOf(img, partSide)
	p.images = append(p.images, partImage{float32(f.Height), float32(f.Width), f.base.detail([4]float64{0, 0, float64(f.Height), float64(f.Width)})})
	for _, point := range f.Points {
		p.points = append(p.points, partPoint{point, int32(n)})
	}
	return n
}

// Build prepares the set for searches. No image may be added afterwards.
func (p *Parts) Build() {
	for b := range p.bands {
		band := &p.bands[b]
		band.from, band.points = make([]int32, 1<<partBandBits+1), make([]int32, len(p.points))
		for n := range p.points {
			band.from[bandOf(&p.points[n].Feature, b)+1]++
		}
		for v := range 1 << partBandBits {
			band.from[v+1] += band.from[v]
		}
		next := slices.Clone(band.from)
		for n := range p.points {
			v := bandOf(&p.points[n].Feature, b)
			band.points[next[v]] = int32(n)
			next[v]++
		}
	}
}

// bandOf returns the bits of a band.
func bandOf(f *Feature, band int) uint64 {
	at := band * partBandBits
	v := f.Bits[at/64] >> (at % 64)
	if over := at%64 + partBandBits - 64; over > 0 {
		v |= f.Bits[at/64+1] << (partBandBits - over)
	}
	return v & (1<<partBandBits - 1)
}

// Part is where an image of the set was cut from.
type Part struct {
	Image     int
	Points    int        // corners that agree
	Detail    float64    // correlation of the brightness
	Fractions [4]float64 // the place, as fractions of the sides: y0, x0, y1, x1
}

// pointMatch is a corner of the set with the one that it is like.
type pointMatch struct {
	part, whole *Feature
	distance    int
}

// Find returns the images of the set that were cut from an image: their brightness correlates with
// that of the place by at least a detail. Wanted says which images count.
func (p *Parts) Find(img *augment.Image, detail float64, wanted func(image int) bool) (found []Part) {
	if len(p.points) == 0 {
		return nil
	}
	whole := FeaturesOf(img, wholeSide)
	matches := p.matches(whole, wanted)
	var images []int32
	for n, of := range matches {
		if len(of) >= leastPoints {
			images = append(images, n)
		}
	}
	slices.Sort(images)
	for _, n := range images {
		of := matches[n]
		slices.SortStableFunc(of, func(a, b pointMatch) int { return cmp.Compare(a.distance, b.distance) })
		place, points := p.place(&p.images[n], of[:min(len(of), mostMatches)])
		if points < leastPoints || !whole.holds(place) {
			continue
		}
		place, c := whole.settle(place, p.images[n].detail)
		if c < detail {
			continue
		}
		h, w := float64(whole.Height), float64(whole.Width)
		fractions := [4]float64{place[0] / h, place[1] / w, place[2] / h, place[3] / w}
		found = append(found, Part{int(n), points, c, fractions})
	}
	return found
}

// matches returns the matches of each image of the set. A corner of the set matches the nearest one
// of the image.
func (p *Parts) matches(whole *Features, wanted func(int) bool) map[int32][]pointMatch {
	best := map[int32]pointMatch{} // by corner of the set
	for n := range whole.Points {
		f := &whole.Points[n]
		for b := range p.bands {
			band, v := &p.bands[b], bandOf(f, b)
			list := band.points[band.from[v]:band.from[v+1]]
			if len(list) > crowded {
				continue
			}
			for _, at := range list {
				of := &p.points[at]
				d := of.distance(f)
				if d > mostDifferent {
					continue
				}
				if known, ok := best[at]; !ok || d < known.distance {
					best[at] = pointMatch{&of.Feature, f, d}
				}
			}
		}
	}
	all := map[int32][]pointMatch{}
	allowed := map[int32]bool{}
	for _, at := range sortedKeys(best) {
		image := p.points[at].image
		ok, known := allowed[image]
		if !known {
			ok = wanted(int(image))
			allowed[image] = ok
		}
		if ok {
			all[image] = append(all[image], best[at])
		}
	}
	return all
}

func sortedKeys(m map[int32]pointMatch) []int32 {
	keys := make([]int32, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// place returns the edges y0, x0, y1, x1 on which most matches agree, and their number.
func (p *Parts) place(image *partImage, matches []pointMatch) (edges [4]float64, points int) {
	var agree []pointMatch
	for n := range matches {
		m := &matches[n]
		scale := m.whole.Scale / m.part.Scale
		x, y := m.whole.X-scale*m.part.X, m.whole.Y-scale*m.part.Y
		near := 0.06 * scale * max(image.height, image.width)
		var with []pointMatch
		for _, other := range matches {
			ratio := other.whole.Scale / other.part.Scale / scale
			dx, dy := other.whole.X-scale*other.part.X-x, other.whole.Y-scale*other.part.Y-y
			if ratio > 0.75 && ratio < 1.34 && dx < near && -dx < near && dy < near && -dy < near {
				with = append(with, other)
			}
		}
		if len(with) > len(agree) {
			agree = with
		}
	}
	if points = distinctPoints(agree); points < leastPoints {
		return edges, points
	}
	scaleX, x := fit(agree, func(f *Feature) float64 { return float64(f.X) })
	scaleY, y := fit(agree, func(f *Feature) float64 { return float64(f.Y) })
	if !(scaleX > 0 && scaleY > 0 && scaleX/scaleY < 1.5 && scaleY/scaleX < 1.5) {
		return edges, 0
	}
	return [4]float64{y, x, y + scaleY*float64(image.height), x + scaleX*float64(image.width)}, points
}

// distinctPoints counts places: a corner is often found at several sizes.
func distinctPoints(matches []pointMatch) int {
	seen := map[[2]int]bool{}
	for _, m := range matches {
		seen[[2]int{int(m.part.X / 4), int(m.part.Y / 4)}] = true
	}
	return len(seen)
}

// fit returns the scale and the offset with the least squares.
func fit(matches []pointMatch, of func(*Feature) float64) (scale, offset float64) {
	var a, b, aa, ab float64
	n := float64(len(matches))
	for _, m := range matches {
		v, w := of(m.part), of(m.whole)
		a, b, aa, ab = a+v, b+w, aa+v*v, ab+v*w
	}
	spread := aa - a*a/n
	if spread < n { // a deviation of less than a pixel
		return 0, 0
	}
	scale = (ab - a*b/n) / spread
	return scale, (b - scale*a) / n
}

// holds reports whether a place is within the image, but for a little, and large enough.
func (f *Features) holds(edges [4]float64) bool {
	const over = 0.06
	h, w := edges[2]-edges[0], edges[3]-edges[1]
	return edges[0] > -over*h && edges[1] > -over*w && edges[2] < float64(f.Height)+over*h && edges[3] < float64(f.Width)+over*w &&
		h*w >= leastPart*float64(f.Height*f.Width)
}

// settle moves the edges of a place as long as that raises the correlation with a detail.
func (f *Features) settle(edges [4]float64, detail *Detail) ([4]float64, float64) {
	within := func(e [4]float64) [4]float64 {
		return [4]float64{max(e[0], 0), max(e[1], 0), min(e[2], float64(f.Height)), min(e[3], float64(f.Width))}
	}
	edges = within(edges)
	best := f.base.detail(edges).Correlation(detail)
	const settled = 0.99
	for step := 0.04; step > 0.004; step /= 2 {
		for range 4 {
			if best >= settled {
				return edges, best
			}
			moved := false
			for edge := range 4 {
				size := edges[2+edge%2] - edges[edge%2]
				for _, by := range []float64{-step * size, step * size} {
					try := edges
					try[edge] += by
					if try = within(try); try[2]-try[0] < 8 || try[3]-try[1] < 8 {
						continue
					}
					if c := f.base.detail(try).Correlation(detail); c > best {
						edges, best, moved = try, c, true
					}
				}
			}
			if !moved {
				break
			}
		}
	}
	return edges, best
}
