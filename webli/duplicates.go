package webli

import (
	"crypto/sha256"
	"fmt"
)

// duplicate removes samples whose pictures an earlier sample has to the byte.
func duplicate(pairs bool) rule {
	type identity struct {
		pictures [sha256.Size]byte
		words    uint64
	}
	first := map[identity]*record{}
	return rule{name: "duplicate", remove: func(r *record) string {
		if len(r.prints) == 0 {
			return ""
		}
		id := identity{pictures: r.pictures()}
		if pairs {
			id.words = r.words
		}
		if other, seen := first[id]; seen {
			r.keeper = other
			return fmt.Sprintf("the same as %s of %s", other.key, other.origin)
		}
		first[id] = r
		return ""
	}}
}

// nearDuplicate removes samples whose pictures look like those of an earlier sample that stayed.
func nearDuplicate(like Likeness, pairs bool) rule {
	index := newNearIndex[*record](like)
	return rule{name: "near_duplicate", remove: func(r *record) string {
		if len(r.prints) == 0 {
			return ""
		}
		other, found := index.find(r.prints[0], func(o *record) bool {
			return allAlike(like, r.prints, o.prints) && (!pairs || r.words == o.words)
		})
		if found {
			r.keeper = other
			return fmt.Sprintf("looks like %s of %s", other.key, other.origin)
		}
		index.add(r.prints[0], r)
		return ""
	}}
}

func allAlike(like Likeness, a, b []*fingerprint) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !like.alike(a[i], b[i]) {
			return false
		}
	}
	return true
}

// sameAsHeldOut removes samples with a picture that is held out, to the byte.
func sameAsHeldOut(against []*record) rule {
	owners := map[[sha256.Size]byte]*record{}
	return rule{
		name: "contamination",
		prepare: func(left []*record) error {
			eachHeldOut(left, against, func(f *fingerprint, owner *record) { owners[f.sum] = owner })
			return nil
		},
		remove: func(r *record) string {
			for i, f := range r.prints {
				if owner, held := owners[f.sum]; held {
					return fmt.Sprintf("image %d is that of the held-out %s of %s", i, owner.key, owner.origin)
				}
			}
			return ""
		},
	}
}

// likeHeldOut removes samples with a picture that looks like one held out.
func likeHeldOut(like Likeness, against []*record) rule {
	index := newNearIndex[*record](like)
	return rule{
		name: "near_contamination",
		prepare: func(left []*record) error {
			eachHeldOut(left, against, index.add)
			return nil
		},
		remove: func(r *record) string {
			for i, f := range r.prints {
				if owner, found := index.find(f, func(*record) bool { return true }); found {
					return fmt.Sprintf("image %d looks like the held-out %s of %s", i, owner.key, owner.origin)
				}
			}
			return ""
		},
	}
}

// eachHeldOut yields the pictures of the held-out samples and of the further datasets.
func eachHeldOut(left, against []*record, yield func(*fingerprint, *record)) {
	for _, r := range left {
		if r.heldOut {
			for _, f := range r.prints {
				yield(f, r)
			}
		}
	}
	for _, r := range against {
		for _, f := range r.prints {
			yield(f, r)
		}
	}
}
