package main

import (
	"slices"

	"github.com/pali3/pali3/random"
)

// The splits. A image of heldOut is new, and each pair of what it shows (this role with that
// gender, this role with that tone, this gender with that tone) was seen in train. In
// heldOutCombinations the role was never seen with the tone, in any gender: both are known, and
// only from elsewhere.
const (
	train               = "train"
	heldOut             = "held_out"
	heldOutCombinations = "held_out_combinations"
)

var splits = []string{train, heldOut, heldOutCombinations}

// stream returns the random numbers of one purpose.
func stream(purpose string) *random.Stream { return random.New(seed, random.Name(purpose)) }

// divide gives every image its split.
func divide(images []*emojiImage, p plan) {
	for _, shown := range images {
		shown.split = train
	}
	divideRoles(grouped(images, "person"), p.secondOfRoles)
	divideHands(grouped(images, "hand"))
	for _, family := range families[2:] {
		divideObjects(family, images, p.heldOutOf[family])
	}
}

// grouped returns the images of a family by object, in order.
func grouped(images []*emojiImage, family string) [][]*emojiImage {
	var groups [][]*emojiImage
	index := map[string]int{}
	for _, p := range images {
		if p.family != family {
			continue
		}
		i, ok := index[p.object]
		if !ok {
			i = len(groups)
			index[p.object] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], p)
	}
	return groups
}

// divideRoles holds one skin tone of each role out, in all genders, as a combination; each tone as
// often as the others. Of the rest it holds out one image of each role, and a second of another
// gender and tone for the first roles in random order.
func divideRoles(roles [][]*emojiImage, second int) {
	random := stream("split roles")
	for turn, i := range random.Perm(len(roles)) {
		unseen := tones[1+turn%(len(tones)-1)]
		for _, p := range roles[i] {
			if p.tone == unseen {
				p.split = heldOutCombinations
			}
		}
		gender := genders[turn%len(genders)]
		first := holdOut(roles[i], random, func(p *emojiImage) bool { return p.gender == gender })
		if turn < second && first != nil {
			holdOut(roles[i], random, func(p *emojiImage) bool { return p.gender != first.gender && p.tone != first.tone })
		}
	}
}

// divideHands holds one tone of each hand out.
func divideHands(hands [][]*emojiImage) {
	random := stream("split hands")
	for _, hand := range hands {
		holdOut(hand, random, func(*emojiImage) bool { return true })
	}
}

// divideObjects holds n images of a family out. A coloured shape only if its colour and its shape
// are left in train.
func divideObjects(family string, images []*emojiImage, n int) {
	random := stream("split " + family)
	for range n {
		holdOut(images, random, func(p *emojiImage) bool {
			return p.family == family && (p.shape == "" || leaves(images, p))
		})
	}
}

// leaves reports whether train keeps another image of p's colour and another of its shape.
func leaves(images []*emojiImage, p *emojiImage) bool {
	left := func(same func(*emojiImage) bool) bool {
		return slices.ContainsFunc(images, func(q *emojiImage) bool {
			return q != p && q.family == p.family && q.split == train && same(q)
		})
	}
	return left(func(q *emojiImage) bool { return q.color == p.color }) &&
		left(func(q *emojiImage) bool { return q.shape == p.shape })
}

// holdOut moves one training image that fits, drawn at random, to heldOut and returns it, or nil.
func holdOut(images []*emojiImage, random *random.Stream, fits func(*emojiImage) bool) *emojiImage {
	for _, i := range random.Perm(len(images)) {
		if p := images[i]; p.split == train && fits(p) {
			p.split = heldOut
			return p
		}
	}
	return nil
}
