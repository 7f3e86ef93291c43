package webli

// maxBits bounds the Hamming distance of a search: with more, the bands become too narrow to search
// by.
const maxBits = 15

// nearIndex finds pictures that look like a given one without comparing it with all. The 64 bits of
// the shape are cut into bits+1 bands: of two hashes that differ in no more than that many bits, at
// least one band is the same, so only pictures that share a band are compared (multi-index hashing;
// Norouzi, Punjani, Fleet, CVPR 2012, with one bit error a band fewer). Owner is whose pictures
// they are.
type nearIndex[Owner any] struct {
	likeness NearDuplicate
	bands    []band
	prints   []*fingerprint
	owners   []Owner
}

// band maps the value of some bits of the shape to the pictures that have it.
type band struct {
	shift, width int
	pictures     map[uint64][]int32
}

func (b *band) of(shape uint64) uint64 { return shape >> b.shift & (1<<b.width - 1) }

func newNearIndex[Owner any](l NearDuplicate) *nearIndex[Owner] {
	x := &nearIndex[Owner]{likeness: l, bands: make([]band, l.Bits+1)}
	shift := 0
	for i := range x.bands {
		next := 64 * (i + 1) / len(x.bands)
		x.bands[i] = band{shift, next - shift, map[uint64][]int32{}}
		shift = next
	}
	return x
}

func (x *nearIndex[Owner]) add(f *fingerprint, owner Owner) {
	n := int32(len(x.prints))
	x.prints, x.owners = append(x.prints, f), append(x.owners, owner)
	for i := range x.bands {
		b := &x.bands[i]
		b.pictures[b.of(f.shape)] = append(b.pictures[b.of(f.shape)], n)
	}
}

// find returns the owner of a picture like f that accept takes, if there is one.
func (x *nearIndex[Owner]) find(f *fingerprint, accept func(Owner) bool) (found Owner, ok bool) {
	for i := range x.bands {
		b := &x.bands[i]
		for _, n := range b.pictures[b.of(f.shape)] {
			if x.likeness.alike(f, x.prints[n]) && accept(x.owners[n]) {
				return x.owners[n], true
			}
		}
	}
	return found, false
}

// each calls visit for the owners of all pictures like f of which wanted, asked first, says so. One
// that shares several bands with f may come more than once.
func (x *nearIndex[Owner]) each(f *fingerprint, wanted func(Owner) bool, visit func(Owner)) {
	for i := range x.bands {
		b := &x.bands[i]
		for _, n := range b.pictures[b.of(f.shape)] {
			if wanted(x.owners[n]) && x.likeness.alike(f, x.prints[n]) {
				visit(x.owners[n])
			}
		}
	}
}
