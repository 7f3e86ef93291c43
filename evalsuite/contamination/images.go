package contamination

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/imageprint"
)

// imageIndex holds the benchmark's distinct images, about 11 KB each.
type imageIndex struct {
	rules    ruleSet
	detail   float64
	all      []benchImage
	byBytes  map[[sha256.Size]byte]int32
	byPixels map[[sha256.Size]byte][]int32
	looks    *imageprint.Table
	variants []variant // by number of the look
	crops    []imageprint.Rect
	parts    imageprint.Parts // with the numbers of partOf
	partOf   []int32
}

// benchImage is an image of the benchmark.
type benchImage struct {
	onBlack *imageprint.Look // of an image with transparent pixels
	owners  []*owner
}

// variant is a form of a benchmark image in which it is searched for.
type variant struct {
	image     int32
	rule      string           // that finds it
	grey      *imageprint.Grey // of the image, or of what is within its frame
	part      imageprint.Rect  // of grey
	mirrored  bool
	fractions [4]float64 // the part of the image
}

func newImageIndex(o Options, rules ruleSet) imageIndex {
	return imageIndex{
		rules: rules, detail: o.Detail,
		byBytes: map[[sha256.Size]byte]int32{}, byPixels: map[[sha256.Size]byte][]int32{},
		looks: imageprint.NewTable(imageprint.Near{Bits: o.Bits, Colour: o.Colour}), crops: imageprint.Crops(),
	}
}

// add adds an image, unless it is known to the byte, and returns its number. An image that does not
// decode is added, too: it is found by its bytes.
func (x *imageIndex) add(encoded []byte) (int32, error) {
	sum := sha256.Sum256(encoded)
	if n, known := x.byBytes[sum]; known {
		return n, nil
	}
	n := int32(len(x.all))
	x.byBytes[sum] = n
	x.all = append(x.all, benchImage{})
	if !x.rules.decode() {
		return n, nil
	}
	img, onBlack, err := augment.DecodeTwice(encoded)
	if err != nil {
		return n, err
	}
	pixels := pixelSum(img, onBlack)
	x.byPixels[pixels] = append(x.byPixels[pixels], n)
	if x.rules.looks() {
		x.addLooks(n, img, onBlack)
	}
	if x.rules[ImagePart] {
		x.parts.Add(img)
		x.partOf = append(x.partOf, n)
	}
	return n, nil
}

// addLooks adds the forms in which the image is searched for. One of a single colour has none.
func (x *imageIndex) addLooks(n int32, img, onBlack *augment.Image) {
	small, black, ok := reduce(&img, onBlack)
	x.all[n].onBlack = black
	if !ok {
		return
	}
	grey := small.Grey()
	whole := imageprint.Whole.OfReduced()
	x.addLook(small, variant{n, ImageNear, grey, imageprint.Whole, false, whole})
	if x.rules[ImageMirrored] {
		x.addLook(small.Mirrored(), variant{n, ImageMirrored, grey, imageprint.Whole, true, whole})
	}
	if !x.rules[ImageCropped] {
		return
	}
	for _, part := range x.crops {
		x.addLook(small.Crop(part), variant{n, ImageCropped, grey, part, false, part.OfReduced()})
	}
	if inner, framed := inner(img); framed {
		small := imageprint.Reduce(imageprint.Cut(img, inner))
		x.addLook(small, variant{n, ImageCropped, small.Grey(), imageprint.Whole, false, inner.Of(img.Height, img.Width)})
	}
}

func (x *imageIndex) addLook(small imageprint.Reduced, v variant) {
	if look := small.Look(); !look.Plain() {
		x.looks.Add(look)
		x.variants = append(x.variants, v)
	}
}

// reduce returns the reduced image and the look on black of one with transparent pixels. If the
// image shows on black only, img becomes onBlack. It is not ok if the image has one colour.
func reduce(img **augment.Image, onBlack *augment.Image) (small imageprint.Reduced, black *imageprint.Look, ok bool) {
	small = imageprint.Reduce(*img)
	look := small.Look()
	if onBlack != nil {
		reduced := imageprint.Reduce(onBlack)
		l := reduced.Look()
		if black = &l; look.Plain() {
			*img, small, look = onBlack, reduced, l
		}
	}
	return small, black, !look.Plain()
}

// further moves the edges of a frame inwards by a block of JPEG, in which the frame takes on some
// colours of the image.
func further(part imageprint.Rect, img *augment.Image) imageprint.Rect {
	const block = 8
	if part.Y0 > 0 {
		part.Y0 += block
	}
	if part.X0 > 0 {
		part.X0 += block
	}
	if part.Y1 < img.Height {
		part.Y1 -= block
	}
	if part.X1 < img.Width {
		part.X1 -= block
	}
	return part
}

// inner returns the part of an image within a frame, and whether there is one.
func inner(img *augment.Image) (imageprint.Rect, bool) {
	part := imageprint.Inner(img)
	return part, part != imageprint.Rect{Y1: img.Height, X1: img.Width}
}

// pixelSum hashes the pixels of an image, on white and on black, and its size.
func pixelSum(img, onBlack *augment.Image) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(img.Width)))
	h.Write(img.Pix)
	if onBlack != nil {
		h.Write(onBlack.Pix)
	}
	h.Sum(sum[:0])
	return sum
}

// imageHit is an image of the benchmark that a training image is, by the first rule that holds.
type imageHit struct {
	image int32
	rule  string
	Likeness
}

// Likeness is how much a training image is like one of the benchmark that it does not equal.
type Likeness struct {
	Bits   int     `json:"bits"`   // that differ, of 64
	Colour int     `json:"colour"` // largest difference of the thumbnails, in 255 levels
	Detail float64 `json:"detail"` // correlation of the brightness
	// Part is the part of the benchmark's image that was compared, as fractions of its sides from
	// the top left: y0, x0, y1, x1.
	Part [4]float64 `json:"part"`
	// From is the part of the training image that it was cut from, and Corners the number of
	// corners that agree on it, by the rule image_part, which compares neither bits nor colours.
	From    *[4]float64 `json:"from,omitempty"`
	Corners int         `json:"corners,omitempty"`
}

// find returns the images of the benchmark that a training image is. sum is the SHA-256 of its
// bytes in hex. It is not whole if the image was not compared with all images that look like it,
// because there are too many. An error says that the image does not decode; what was found by then
// is returned.
func (x *imageIndex) find(encoded []byte, sum string) (hits []imageHit, whole bool, err error) {
	found := map[int32]bool{}
	add := func(h imageHit) {
		if !found[h.image] {
			found[h.image] = true
			hits = append(hits, h)
		}
	}
	if x.rules[ImageBytes] {
		if n, known := x.byBytes[sumOf(encoded, sum)]; known {
			add(imageHit{image: n, rule: ImageBytes})
		}
	}
	if !x.rules.decode() || len(x.all) == 0 {
		return hits, true, nil
	}
	img, onBlack, err := augment.DecodeTwice(encoded)
	if err != nil {
		return hits, true, err
	}
	if x.rules[ImagePixels] {
		for _, n := range x.byPixels[pixelSum(img, onBlack)] {
			add(imageHit{image: n, rule: ImagePixels})
		}
	}
	whole = true
	if x.rules.looks() {
		q := x.alike(img, onBlack, found)
		for _, h := range q.hits {
			add(h)
		}
		whole = q.compared <= mostCompared
	}
	if x.rules[ImagePart] {
		for _, p := range x.parts.Find(img, x.detail, func(n int) bool { return !found[x.partOf[n]] }) {
			of := p.Fractions
			add(imageHit{image: x.partOf[p.Image], rule: ImagePart, Likeness: Likeness{Detail: p.Detail, Part: imageprint.Whole.OfReduced(), From: &of, Corners: p.Points}})
		}
	}
	return hits, whole, nil
}

// sumOf returns the hash that a dataset has of an image's bytes, or computes it.
func sumOf(encoded []byte, known string) (sum [sha256.Size]byte) {
	if n, err := hex.Decode(sum[:], []byte(known[:min(len(known), 2*sha256.Size)])); err == nil && n == len(sum) {
		return sum
	}
	return sha256.Sum256(encoded)
}

// mostCompared bounds how many looks are compared closely for one training image.
const mostCompared = 4000

// alike searches for images that look like a training image. The strongest rule of each comes
// first.
func (x *imageIndex) alike(img, onBlack *augment.Image, found map[int32]bool) *imageQuery {
	small, black, ok := reduce(&img, onBlack)
	q := &imageQuery{index: x, found: found, black: black}
	if !ok {
		return q
	}
	q.search(small, false)
	if part, framed := inner(img); framed && x.rules[ImageCropped] {
		q.search(imageprint.Reduce(imageprint.Cut(img, part)), true)
		if part = further(part, img); part.Y1 > part.Y0 && part.X1 > part.X0 {
			q.search(imageprint.Reduce(imageprint.Cut(img, part)), true)
		}
	}
	slices.SortStableFunc(q.hits, func(a, b imageHit) int {
		return cmp.Or(cmp.Compare(strength(a.rule), strength(b.rule)), cmp.Compare(a.image, b.image), cmp.Compare(b.Detail, a.Detail))
	})
	return q
}

// strength orders the rules of images, the strongest first.
func strength(rule string) int {
	return slices.IndexFunc(Rules(), func(r Rule) bool { return r.Name == rule })
}

// imageQuery searches for one training image.
type imageQuery struct {
	index    *imageIndex
	found    map[int32]bool // by a stronger rule
	black    *imageprint.Look
	compared int
	hits     []imageHit
}

// search compares the image, or what is within its frame, with the looks of the benchmark.
func (q *imageQuery) search(small imageprint.Reduced, framed bool) {
	x, look := q.index, small.Look()
	if look.Plain() {
		return
	}
	var detail *imageprint.Detail
	x.looks.Each(&look, func(n int) bool {
		v := &x.variants[n]
		rule := v.rule
		if framed {
			rule = ImageCropped
		}
		if q.found[v.image] || !x.rules[rule] || rule == ImageNear && !q.sameOnBlack(&x.all[v.image]) {
			return true
		}
		if q.compared++; q.compared > mostCompared {
			return false
		}
		if detail == nil {
			detail = small.Detail()
		}
		other := v.grey.Detail(v.part)
		if v.mirrored {
			other = other.Mirrored()
		}
		if c := detail.Correlation(other); c >= x.detail {
			near := x.looks.Look(n)
			q.hits = append(q.hits, imageHit{v.image, rule, Likeness{Bits: look.Bits(near), Colour: look.Farthest(near), Detail: c, Part: v.fractions}})
		}
		return true
	})
}

// sameOnBlack reports whether two images with transparent pixels look alike on black, too.
func (q *imageQuery) sameOnBlack(of *benchImage) bool {
	return q.black == nil || of.onBlack == nil || q.index.looks.Alike(q.black, of.onBlack)
}
