package main

import (
	"slices"

	"github.com/pali3/pali3/random"
)

// Questions answered yes or no are asked in pairs: the same words of two images, true of the
// first and false of the second. Every question text has then as many yes as no in each split, and
// tells nothing by itself.

// askPairs asks the yes-or-no questions of the images of one split: of those held out in both
// directions, so that each is once the true one, of training images in one.
func (v *interviewer) askPairs(images []*emojiImage, split string) {
	both := split != train
	people, hands := ofFamily(images, "person"), ofFamily(images, "hand")
	forNames, forGenders, forTones := people, people, people
	if !both {
		forNames, forGenders, forTones = shares(people)
	}
	for _, pair := range match(images, stream("presence "+split), contrastObjects) {
		v.askPair(pair, both, kindPresence, (*emojiImage).noun)
	}
	for _, pair := range match(forNames, stream("name "+split), contrastNames) {
		v.askPair(pair, both, kindName, (*emojiImage).name)
	}
	for _, pair := range match(forGenders, stream("woman or man "+split), contrastGenders) {
		v.askAttributePair(pair, both, func(p *emojiImage) string { return p.gender })
	}
	for _, group := range [][]*emojiImage{forTones, hands} {
		for _, pair := range match(group, stream("tone "+split), contrastTones) {
			v.askAttributePair(pair, both, func(p *emojiImage) string { return p.tone })
		}
	}
}

// ofFamily returns the images of a family.
func ofFamily(images []*emojiImage, family string) []*emojiImage {
	return slices.DeleteFunc(slices.Clone(images), func(p *emojiImage) bool { return p.family != family })
}

// shares divides the training people, so that each is asked for one: half for a name, a sixth for a
// gender, a third for a tone.
func shares(people []*emojiImage) (names, genders, tones []*emojiImage) {
	for i, p := range people {
		switch i % 6 {
		case 0, 2, 4:
			names = append(names, p)
		case 1:
			genders = append(genders, p)
		default:
			tones = append(tones, p)
		}
	}
	return names, genders, tones
}

// Lengths in letters up to which names are asked for in languages other than English.
const (
	longestName      = 36 // alone
	longestCandidate = 16 // of three
)

// noun is the image's object in a language.
func (p *emojiImage) noun(language string) string { return p.nouns[language] }

// name is the image's whole name in a language.
func (p *emojiImage) name(language string) string { return p.names[language] }

// askPair asks for the first image by what, of both; and for the second too, if both directions
// are wanted.
func (v *interviewer) askPair(pair [2]*emojiImage, both bool, kind string, what func(*emojiImage, string) string) {
	directions := [][2]*emojiImage{pair, {pair[1], pair[0]}}
	if !both {
		directions = directions[:1]
	}
	for _, d := range directions {
		language := v.speak(longestName, func(language string) string { return what(d[0], language) })
		text := ask(kind, language, what(d[0], language))
		v.add(d[0].key, kind, language, text, "yes")
		v.add(d[1].key, kind, language, text, "no")
	}
}

// askAttributePair asks both images for an attribute of the first. Yellow has no word in CLDR:
// such an image is only the one that lacks the tone asked for.
func (v *interviewer) askAttributePair(pair [2]*emojiImage, both bool, value func(*emojiImage) string) {
	directions := [][2]*emojiImage{pair, {pair[1], pair[0]}}
	if !both && value(pair[0]) != "yellow" {
		directions = directions[:1]
	}
	for _, d := range directions {
		asked := value(d[0])
		if asked == "yellow" {
			continue
		}
		language := v.language()
		text := askAttribute(language, asked, v.words[language][asked])
		v.add(d[0].key, kindAttribute, language, text, "yes")
		v.add(d[1].key, kindAttribute, language, text, "no")
	}
}

// match puts images into pairs, each with the partner of the greatest contrast that is left; a
// contrast of zero forbids a pair. The order is random.
func match(images []*emojiImage, random *random.Stream, contrast func(p, q *emojiImage) int) [][2]*emojiImage {
	var left []*emojiImage
	for _, i := range random.Perm(len(images)) {
		left = append(left, images[i])
	}
	var pairs [][2]*emojiImage
	for len(left) > 1 {
		p := left[0]
		left = left[1:]
		best, at := 0, -1
		for i, q := range left {
			if c := contrast(p, q); c > best {
				best, at = c, i
			}
		}
		if at >= 0 {
			pairs = append(pairs, [2]*emojiImage{p, left[at]})
			left = slices.Delete(left, at, at+1)
		}
	}
	return pairs
}

// contrastObjects pairs images that show other objects, best of the same family.
func contrastObjects(p, q *emojiImage) int {
	switch {
	case p.family == "clock" || q.family == "clock" || !p.derivable() || !q.derivable() || alike(p.object, q.object):
		return 0
	case p.family == q.family:
		return 2
	}
	return 1
}

// contrastNames pairs people whose names differ in as little as possible, best in one thing only
// that the first draws by lot: role, gender or tone. A name that is true of the other image as
// well is no contrast: a woman judge with dark skin is also a "judge", a "woman judge" and a
// "judge: dark skin tone".
func contrastNames(p, q *emojiImage) int {
	gender := p.gender == q.gender || p.gender == "person" || q.gender == "person"
	tone := p.tone == q.tone || p.tone == "yellow" || q.tone == "yellow"
	if alike(p.object, q.object) && gender && tone {
		return 0
	}
	return closeness(p, q)
}

// closeness is the greater the less two people differ, except in what the first draws by lot.
func closeness(p, q *emojiImage) int {
	same := []bool{p.object == q.object, p.gender == q.gender, p.tone == q.tone}
	shared := 1
	for _, equal := range same {
		if equal {
			shared++
		}
	}
	if lot := random.Name(p.key) % uint64(len(same)); !same[lot] {
		shared += 2
	}
	return shared
}

// contrastGenders pairs a woman with a man, best in the same role or tone.
func contrastGenders(p, q *emojiImage) int {
	if p.gender == q.gender || p.gender == "person" || q.gender == "person" {
		return 0
	}
	return closeness(p, q)
}

// contrastTones pairs two tones, best in the same role or gender.
func contrastTones(p, q *emojiImage) int {
	if p.tone == q.tone {
		return 0
	}
	return closeness(p, q)
}

// vague is an object that many images show, whatever else they show.
const vague = "person standing"

// unclear are pairs of objects of which one may be seen in the image of the other.
var unclear = [][2]string{
	{"person biking", "person mountain biking"},
	{"person walking", "person with white cane"},
	{"person frowning", "person pouting"},
	{"guard", "police officer"},
	{"technologist", "office worker"},
}

// alike reports whether an image of one object may be said to show the other.
func alike(a, b string) bool {
	if a == b || a == vague || b == vague {
		return true
	}
	return slices.Contains(unclear, [2]string{a, b}) || slices.Contains(unclear, [2]string{b, a})
}
