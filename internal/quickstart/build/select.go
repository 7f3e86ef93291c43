package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"image/png"
	"slices"
	"strings"
)

// image is an emoji chosen for the data, with everything its questions are answered from.
type emojiImage struct {
	emoji
	png    []byte
	key    string // of its record
	split  string
	family string // one of families

	// What the image shows, in English and without gender and tone: "firefighter", "thumbs up",
	// "tiger", "red heart", "10:30".
	object string
	color  string // of a shape
	shape  string
	time   string // of a clock, as 10:30

	names map[string]string // caption by language, unambiguous among the images chosen
	nouns map[string]string // the name without gender and tone by language, likewise
}

// families of images in the order of the answers they give to "Which category is this?".
var families = []string{"person", "hand", "clock", "shape", "animal", "food", "vehicle", "face", "instrument", "moon",
	"flag"}

// choose returns the images of all families that no other emoji has, in a stable order.
func choose(src *sources) ([]*emojiImage, error) {
	distinct := dropDoubles(src)
	var chosen []*emojiImage
	for _, take := range []func(*sources, []emoji) []*emojiImage{people, hands, clocks, shapes, objects} {
		chosen = append(chosen, take(src, distinct)...)
	}
	keys := map[string]bool{}
	for _, p := range chosen {
		if keys[p.key] {
			return nil, fmt.Errorf("the key %s names two images", p.key)
		}
		keys[p.key] = true
		p.png = src.png[p.file]
		config, err := png.DecodeConfig(bytes.NewReader(p.png))
		if err != nil {
			return nil, fmt.Errorf("image %s of %s: %w", p.file, p.key, err)
		}
		if config.Width != cellSize || config.Height != cellSize {
			return nil, fmt.Errorf("image %s of %s has %dx%d pixels, not %d squared",
				p.file, p.key, config.Width, config.Height, cellSize)
		}
	}
	nameAll(src, chosen, chosen)
	return chosen, nil
}

// dropDoubles returns the emoji whose image no other emoji has: the same bytes under two names
// (the flag of a territory, a snowboarder in every tone) would carry a held-out image into
// training.
func dropDoubles(src *sources) []emoji {
	count := map[[sha256.Size]byte]int{}
	for _, e := range src.emoji {
		count[sha256.Sum256(src.png[e.file])]++
	}
	return slices.DeleteFunc(slices.Clone(src.emoji), func(e emoji) bool {
		return count[sha256.Sum256(src.png[e.file])] > 1
	})
}

// people returns every role that is complete, that is has an image for each gender in each tone.
// Hair and beards ("person: red hair") and the mirrored twins ("person walking: facing right") are
// no roles.
func people(src *sources, all []emoji) []*emojiImage {
	var chosen []*emojiImage
	for _, grid := range grids(all) {
		role := src.names["en"][grid[0].text]
		if len(grid) != len(genders)*len(tones) || strings.Contains(role, ":") {
			continue
		}
		for _, e := range grid {
			chosen = append(chosen, &emojiImage{emoji: e, family: "person", object: role,
				key: slug("role", role, e.tone, e.gender)})
		}
	}
	return chosen
}

// hands returns the hands of handNames in every tone.
func hands(src *sources, all []emoji) []*emojiImage {
	var chosen []*emojiImage
	for _, grid := range grids(all) {
		name := src.names["en"][grid[0].text]
		if len(grid) != len(tones) || !slices.Contains(handNames, name) {
			continue
		}
		for _, e := range grid {
			e.gender = ""
			chosen = append(chosen, &emojiImage{emoji: e, family: "hand", object: name, key: slug("hand", name, e.tone)})
		}
	}
	return chosen
}

// grids groups the people and hands of one tone by their base; the first of each grid is the emoji
// without gender and tone.
func grids(all []emoji) [][]emoji {
	var order []string
	byBase := map[string][]emoji{}
	for _, e := range all {
		if e.category != "People & Body" || e.tone == "" {
			continue
		}
		if byBase[e.base] == nil {
			order = append(order, e.base)
		}
		byBase[e.base] = append(byBase[e.base], e)
	}
	var out [][]emoji
	for _, base := range order {
		grid := byBase[base]
		slices.SortStableFunc(grid, func(a, b emoji) int {
			return cmp.Or(slices.Index(genders, a.gender)-slices.Index(genders, b.gender),
				slices.Index(tones, a.tone)-slices.Index(tones, b.tone))
		})
		out = append(out, grid)
	}
	return out
}

// clocks returns the clock faces: U+1F550 to U+1F55B show the hours, the next twelve the half
// hours.
func clocks(_ *sources, all []emoji) []*emojiImage {
	const oneOClock = '\U0001f550'
	var chosen []*emojiImage
	for _, e := range all {
		r := []rune(e.text)
		if len(r) != 1 || r[0] < oneOClock || r[0] >= oneOClock+24 {
			continue
		}
		n := int(r[0] - oneOClock)
		time := fmt.Sprintf("%d:%02d", n%12+1, n/12*30)
		chosen = append(chosen, &emojiImage{emoji: thing(e), family: "clock", object: time,
			time: time, key: slug("clock", time)})
	}
	return chosen
}

// shapes returns the shapes of one colour, such as "red circle".
func shapes(src *sources, all []emoji) []*emojiImage {
	var chosen []*emojiImage
	for _, e := range all {
		name := src.names["en"][e.text]
		for _, shape := range shapeNames {
			color, ok := strings.CutSuffix(name, " "+shape)
			color = strings.TrimSuffix(color, " large") // only the black and the white square have sizes
			if ok && slices.Contains(shapeColors, color) {
				chosen = append(chosen, &emojiImage{emoji: thing(e), family: "shape", object: color + " " + shape,
					color: color, shape: shape, key: slug("shape", color, shape)})
			}
		}
	}
	return chosen
}

// objects returns the images of objectNames.
func objects(src *sources, all []emoji) []*emojiImage {
	byName := map[string]emoji{}
	for _, e := range all {
		byName[src.names["en"][e.text]] = e
	}
	var chosen []*emojiImage
	for _, list := range objectNames {
		for _, name := range list.names {
			e, ok := byName[name]
			if !ok {
				continue
			}
			if list.family == "flag" {
				chosen = append(chosen, flagOf(e, name))
				continue
			}
			chosen = append(chosen, &emojiImage{emoji: thing(e), family: list.family, object: name, key: slug(list.family, name)})
		}
	}
	return chosen
}

// flagOf returns the image of a flag with the name "flag: Brazil".
func flagOf(e emoji, name string) *emojiImage {
	country := strings.TrimPrefix(name, "flag: ")
	return &emojiImage{emoji: thing(e), family: "flag", object: "flag of " + country, key: slug("flag", country)}
}

// thing returns the emoji of something that has neither gender nor tone.
func thing(e emoji) emoji {
	e.anatomy = anatomy{base: e.text}
	return e
}

// slug joins the parts to a key of small letters, digits and hyphens.
func slug(parts ...string) string {
	words := strings.FieldsFunc(strings.ToLower(strings.Join(parts, " ")), func(r rune) bool {
		return r == ' ' || r == ':' || r == '-' || r == '.' || r == '’' || r == '&'
	})
	return strings.NewReplacer("ü", "u").Replace(strings.Join(words, "-"))
}

// nameAll gives some of the images their captions and nouns. A name that two images share in a
// language says of neither which it is: both go without. The same holds for the nouns of two
// objects, and for nouns that are not fit to ask for.
func nameAll(src *sources, images, named []*emojiImage) {
	for _, p := range named {
		p.names, p.nouns = map[string]string{}, map[string]string{}
	}
	for _, language := range captionLanguages {
		shown := map[string]int{}
		objects := map[string]map[string]bool{} // noun -> the objects it names
		for _, p := range images {
			shown[src.names[language][p.text]]++
			noun := src.names[language][p.base]
			if objects[noun] == nil {
				objects[noun] = map[string]bool{}
			}
			objects[noun][p.object] = true
		}
		for _, p := range named {
			if name := src.names[language][p.text]; name != "" && shown[name] == 1 {
				p.names[language] = name
			}
			if noun := src.names[language][p.base]; noun != "" && len(objects[noun]) == 1 && fit(noun) {
				p.nouns[language] = noun
			}
		}
	}
	for _, p := range named {
		p.nouns["en"] = p.object
	}
}

// gendered are names that CLDR gives people of no stated gender and that are not true of all:
// bride, groom, mermaid; man with a turban, man with a cane, and a singer who is a man.
var gendered = []string{"невеста", "жених", "русалка", "पगड़ी वाला आदमी", "छड़ी पकड़ा हुआ आदमी", "गानेवाला"}

// fit reports whether a noun can be put into a question: true of any gender, and without the marks
// that would end it in quotation marks or in a list.
func fit(noun string) bool {
	return !strings.ContainsAny(noun, `,、"«»“”„「」`) && !slices.Contains(gendered, noun)
}
