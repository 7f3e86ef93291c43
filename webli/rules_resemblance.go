package webli

import (
	"crypto/sha256"
	"fmt"

	"github.com/pali3/pali3/internal/imageprint"
)

// exactDuplicates removes samples whose images an earlier sample has, to the byte.
func exactDuplicates(pairs bool) Rule {
	type identity struct {
		images [sha256.Size]byte
		words  uint64
	}
	first := map[identity]*Candidate{}
	return Rule{Remove: func(c *Candidate) string {
		if len(c.prints) == 0 {
			return ""
		}
		id := identity{images: c.imagesSum()}
		if pairs {
			id.words = c.words
		}
		if other, seen := first[id]; seen {
			c.keeper = other
			return fmt.Sprintf("the same as %s of %s", other.Key, other.Origin)
		}
		first[id] = c
		return ""
	}}
}

// nearDuplicates removes samples whose images look like those of an earlier sample that stayed.
func nearDuplicates(near NearDuplicate, pairs bool) Rule {
	index := imageprint.NewIndex[*Candidate](imageprint.Near(near))
	return Rule{Remove: func(c *Candidate) string {
		if len(c.prints) == 0 {
			return ""
		}
		other, found := index.Find(c.prints[0], func(o *Candidate) bool {
			return allAlike(near, c.prints, o.prints) && (!pairs || c.words == o.words)
		})
		if found {
			c.keeper = other
			return fmt.Sprintf("looks like %s of %s", other.Key, other.Origin)
		}
		index.Add(c.prints[0], c)
		return ""
	}}
}

func allAlike(near NearDuplicate, a, b []*imageprint.Print) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !imageprint.Near(near).Alike(a[i], b[i]) {
			return false
		}
	}
	return true
}

// sameAsHeldOut removes samples with an image that a held-out sample has, to the byte.
func sameAsHeldOut(against []*Candidate) Rule {
	owners := map[[sha256.Size]byte]*Candidate{}
	return Rule{
		Prepare: func(left []*Candidate) error {
			eachHeldOut(left, against, func(f *imageprint.Print, owner *Candidate) { owners[f.Sum] = owner })
			return nil
		},
		Remove: func(c *Candidate) string {
			for i, f := range c.prints {
				if owner, held := owners[f.Sum]; held {
					return fmt.Sprintf("image %d is that of the held-out %s of %s", i, owner.Key, owner.Origin)
				}
			}
			return ""
		},
	}
}

// likeHeldOut removes samples with an image that looks like one of a held-out sample.
func likeHeldOut(near NearDuplicate, against []*Candidate) Rule {
	index := imageprint.NewIndex[*Candidate](imageprint.Near(near))
	return Rule{
		Prepare: func(left []*Candidate) error {
			eachHeldOut(left, against, index.Add)
			return nil
		},
		Remove: func(c *Candidate) string {
			for i, f := range c.prints {
				if owner, found := index.Find(f, func(*Candidate) bool { return true }); found {
					return fmt.Sprintf("image %d looks like the held-out %s of %s", i, owner.Key, owner.Origin)
				}
			}
			return ""
		},
	}
}

// eachHeldOut calls yield for the images of the held-out samples and of the further datasets.
func eachHeldOut(left, against []*Candidate, yield func(*imageprint.Print, *Candidate)) {
	for _, c := range left {
		if c.HeldOut {
			for _, f := range c.prints {
				yield(f, c)
			}
		}
	}
	for _, c := range against {
		for _, f := range c.prints {
			yield(f, c)
		}
	}
}
