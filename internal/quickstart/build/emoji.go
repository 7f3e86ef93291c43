package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// emoji is one image of the emoji package and what its code points say.
type emoji struct {
	text     string // the characters, without variation selectors: CLDR's key
	file     string // of its image
	category string // for example "People & Body"
	group    string // for example "person-role"
	anatomy
}

// anatomy is what the code points of an emoji say of a person or a hand. The emoji of one base form
// the grid of its genders and skin tones.
type anatomy struct {
	base   string // the characters without gender and tone
	gender string // woman, man or person
	tone   string // one of tones, or "" for more than one
}

// genders of a person, in Unicode's words. Person says nothing of gender.
var genders = []string{"person", "woman", "man"}

// tones of skin. Yellow is the image of an emoji without a skin tone.
var tones = []string{"yellow", "light", "medium-light", "medium", "medium-dark", "dark"}

const (
	variationSelector = '\ufe0f'
	joiner            = '\u200d'
	femaleSign        = '\u2640'
	maleSign          = '\u2642'
	firstTone         = '\U0001f3fb'
	lastTone          = '\U0001f3ff'
)

// persons are the emoji that begin a joined sequence such as man + joiner + fire engine.
var persons = map[rune]string{'\U0001f9d1': "person", '\U0001f469': "woman", '\U0001f468': "man"}

// dissect reads the code points of an emoji (Unicode Technical Standard 51, sections 2.3 and 2.4):
// a tone follows its person, and gender is either the first person of a joined sequence or a sign
// at its end.
func dissect(text string) anatomy {
	a := anatomy{gender: "person", tone: "yellow"}
	var base []rune
	toned := 0
	for _, r := range text {
		if r >= firstTone && r <= lastTone {
			a.tone = tones[1+r-firstTone]
			toned++
			continue
		}
		base = append(base, r)
	}
	if toned > 1 {
		a.tone = ""
	}
	signed := slices.IndexFunc(base, func(r rune) bool { return r == femaleSign || r == maleSign })
	switch {
	case signed > 0 && base[signed-1] == joiner:
		a.gender = map[rune]string{femaleSign: "woman", maleSign: "man"}[base[signed]]
		base = slices.Delete(base, signed-1, signed+1)
	case len(base) > 2 && base[1] == joiner && persons[base[0]] != "":
		a.gender = persons[base[0]]
		base[0] = '\U0001f9d1'
	}
	a.base = string(base)
	return a
}

// parseEmoji reads emoji.json: every emoji and its skin variations, in the file's order.
func parseEmoji(content []byte) ([]emoji, error) {
	type emojiImage struct {
		Unified string `json:"unified"`
		Image   string `json:"image"`
		Google  bool   `json:"has_img_google"`
	}
	var entries []struct {
		emojiImage
		Category    string                `json:"category"`
		Subcategory string                `json:"subcategory"`
		Tones       map[string]emojiImage `json:"skin_variations"`
	}
	if err := json.Unmarshal(content, &entries); err != nil {
		return nil, err
	}
	var all []emoji
	for i, entry := range entries {
		images := []emojiImage{entry.emojiImage}
		variations := make([]string, 0, len(entry.Tones))
		for tone := range entry.Tones {
			variations = append(variations, tone)
		}
		slices.Sort(variations)
		for _, tone := range variations {
			images = append(images, entry.Tones[tone])
		}
		for _, p := range images {
			text, err := characters(p.Unified)
			if err != nil {
				return nil, fmt.Errorf("entry %d, unified %q: %w", i, p.Unified, err)
			}
			if p.Google {
				all = append(all, emoji{text, p.Image, entry.Category, entry.Subcategory, dissect(text)})
			}
		}
	}
	return all, nil
}

// characters turns "1F469-200D-2764-FE0F" into text without variation selectors.
func characters(unified string) (string, error) {
	var b strings.Builder
	for _, hex := range strings.Split(unified, "-") {
		r, err := strconv.ParseInt(hex, 16, 32)
		if err != nil {
			return "", err
		}
		if r != variationSelector {
			b.WriteRune(rune(r))
		}
	}
	return b.String(), nil
}
