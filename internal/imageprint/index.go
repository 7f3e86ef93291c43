package imageprint

// MaxBits bounds the Hamming distance of a search: beyond it the bands are too narrow to select
// anything.
const MaxBits = 15

// Index finds the near duplicates of an image without comparing it with all images. It cuts the
// 64 bits of the shape into Bits+1 bands. Two hashes that differ in at most Bits bits agree in at
// least one band, so only images that share a band are compared (multi-index hashing; Norouzi,
// Punjani, Fleet, CVPR 2012, with one bit error per band fewer). Owner is what an image belongs to.
type Index[Owner any] struct {
	near   Near
	bands  []band
	prints []*Print
	owners []Owner
}

// band maps the value of some bits of the shape to the images that have it.
type band struct {
	shift, width int
	images       map[uint64][]int32 // positions in prints
}

func (b *band) of(shape uint64) uint64 { return shape >> b.shift & (1<<b.width - 1) }

// NewIndex returns an empty index of images that are found if they look alike.
func NewIndex[Owner any](near Near) *Index[Owner] {
	x := &Index[Owner]{near: near, bands: make([]band, near.Bits+1)}
	shift := 0
	for i := range x.bands {
		next := 64 * (i + 1) / len(x.bands)
		x.bands[i] = band{shift, next - shift, map[uint64][]int32{}}
		shift = next
	}
	return x
}

// Add adds an image.
func (x *Index[Owner]) Add(f *Print, owner Owner) {
	n := int32(len(x.prints))
	x.prints, x.owners = append(x.prints, f), append(x.owners, owner)
	for i := range x.bands {
		b := &x.bands[i]
		b.images[b.of(f.Shape)] = append(b.images[b.of(f.Shape)], n)
	}
}

// Find returns the owner of a near duplicate of f that accept returns true for, if there is one.
func (x *Index[Owner]) Find(f *Print, accept func(Owner) bool) (found Owner, ok bool) {
	for i := range x.bands {
		b := &x.bands[i]
		for _, n := range b.images[b.of(f.Shape)] {
			if x.near.Alike(f, x.prints[n]) && accept(x.owners[n]) {
				return x.owners[n], true
			}
		}
	}
	return found, false
}

// Each calls visit for the owners of all near duplicates of f, after wanted has returned true for
// them. An owner whose image shares several bands with f may be visited more than once.
func (x *Index[Owner]) Each(f *Print, wanted func(Owner) bool, visit func(Owner)) {
	for i := range x.bands {
		b := &x.bands[i]
		for _, n := range b.images[b.of(f.Shape)] {
			if wanted(x.owners[n]) && x.near.Alike(f, x.prints[n]) {
				visit(x.owners[n])
			}
		}
	}
}
