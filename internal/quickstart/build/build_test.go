package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// smallSources are three roles in every gender and tone, three hands, and shapes of two colours and
// two shapes, with images of one colour and made-up names in every language.
func smallSources(t *testing.T) *sources {
	t.Helper()
	src := &sources{png: map[string][]byte{}, names: map[string]map[string]string{}}
	add := func(text, category, name string) {
		n := len(src.emoji)
		img := image.NewNRGBA(image.Rect(0, 0, cellSize, cellSize))
		for i := range cellSize {
			img.Set(i, i, color.NRGBA{uint8(n), uint8(3 * n), 100, 255})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		file := slug(name) + ".png"
		src.png[file] = b.Bytes()
		src.emoji = append(src.emoji, emoji{text, file, category, "group", dissect(text)})
		for _, language := range captionLanguages {
			if src.names[language] == nil {
				src.names[language] = map[string]string{}
			}
			said := name
			if language != "en" {
				said = language + " " + name
			}
			src.names[language][text] = said
		}
	}
	toned := []string{"", "🏻", "🏼", "🏽", "🏾", "🏿"}
	for i, tone := range toned {
		for _, role := range []string{"🚒 firefighter", "🍳 cook", "🎤 singer", "✈ pilot", "🌾 farmer", "🎨 artist",
			"🔬 scientist", "🚀 astronaut", "⚖ judge"} {
			thing, noun, _ := strings.Cut(role, " ")
			for _, person := range []string{"🧑 ", "👩 woman ", "👨 man "} {
				who, gender, _ := strings.Cut(person, " ")
				name := gender + noun
				if i > 0 {
					name += ": " + tones[i] + " skin tone"
				}
				add(who+tone+"\u200d"+thing, "People & Body", name)
			}
		}
		for _, hand := range []string{"👍 thumbs up", "👎 thumbs down", "✊ raised fist"} {
			text, name, _ := strings.Cut(hand, " ")
			if i > 0 {
				name += ": " + tones[i] + " skin tone"
			}
			add(text+tone, "People & Body", name)
		}
	}
	for _, shape := range []string{"🔴 red circle", "🔵 blue circle", "🟥 red square", "🟦 blue square"} {
		text, name, _ := strings.Cut(shape, " ")
		add(text, "Symbols", name)
	}
	return src
}

var smallPlan = plan{secondOfRoles: 1, heldOutOf: map[string]int{"shape": 1}, sheets: map[string]int{train: 4}}

func TestBuildIsAFunctionOfItsSources(t *testing.T) {
	var archives [2][]byte
	for i := range archives {
		records, err := build(smallSources(t), smallPlan)
		if err != nil {
			t.Fatal(err)
		}
		if want := 9*18 + 3*6 + 4 + 4; len(records) != want {
			t.Fatalf("%d records, want %d", len(records), want)
		}
		if archives[i], err = encodeArchive(records); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("two builds from the same sources differ")
	}
}

func TestPicturesOfTwoNamesAreDropped(t *testing.T) {
	src := smallSources(t)
	a, b := src.emoji[len(src.emoji)-1], src.emoji[len(src.emoji)-2]
	src.png[a.file] = src.png[b.file]
	images, err := choose(src)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range images {
		if p.text == a.text || p.text == b.text {
			t.Errorf("%s is chosen, though another emoji has its image", p.key)
		}
	}
}

func TestDissect(t *testing.T) {
	for _, c := range []struct {
		text, base, gender, tone string
	}{
		{"👩🏾‍🚒", "🧑‍🚒", "woman", "medium-dark"},
		{"🧑‍🚒", "🧑‍🚒", "person", "yellow"},
		{"🏃🏻‍♂", "🏃", "man", "light"},
		{"🏃", "🏃", "person", "yellow"},
		{"👍🏿", "👍", "person", "dark"},
		{"🫱🏻‍🫲🏿", "🫱‍🫲", "person", ""},
	} {
		if got := dissect(c.text); got != (anatomy{c.base, c.gender, c.tone}) {
			t.Errorf("%s is %q, want %q %s %s", c.text, got, c.base, c.gender, c.tone)
		}
	}
}

func TestIndexedKeepsAFewColoursExactly(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 40))
	for i := range 40 * 40 {
		v := uint8(i % 50 * 5)
		img.Set(i%40, i/40, color.RGBA{v, 255 - v, v / 2, 255})
	}
	out := indexed(img)
	for i := range 40 * 40 {
		if want, got := img.At(i%40, i/40), out.At(i%40, i/40); want != got {
			t.Fatalf("pixel %d is %v, want %v", i, got, want)
		}
	}
}
