package main

import (
	"slices"
	"strconv"
	"strings"
)

// askSheets asks the questions of two sheets that share no object. What is asked by name is asked
// of both in the same words, so that a name is on the sheet as often as it is not.
func (v *interviewer) askSheets(a, b *sheet) {
	random := stream("questions of " + a.key)
	held := a.split != train
	for _, s := range []*sheet{a, b} {
		v.open(s.key, kindCount, strconv.Itoa(len(s.images())))
		v.open(s.key, kindCountOf+" "+s.counted, strconv.Itoa(s.count(s.counted)))
		asked := 0
		for _, corner := range random.Perm(len(corners)) {
			if p := s.cells[corner]; p != nil && (asked == 0 || held && asked < 2) {
				asked++
				v.open(s.key, kindPosition+" "+corners[corner], p.object)
			}
		}
	}

	both := append(a.images(), b.images()...)
	rounds := 1
	if held {
		rounds = 2
	}
	for range rounds {
		v.askWhich(a, b, draw3(both, random.Perm(len(both))))
		there := both[random.IntN(len(both))]
		v.askThere(a, b, there)
	}
}

// count returns how many cells show the gender.
func (s *sheet) count(gender string) int {
	n := 0
	for _, p := range s.images() {
		if p.gender == gender {
			n++
		}
	}
	return n
}

// has reports whether the image is a cell of the sheet.
func (s *sheet) has(p *emojiImage) bool { return slices.Contains(s.cells[:], p) }

// draw3 returns the first three images of a random order.
func draw3(images []*emojiImage, order []int) []*emojiImage {
	var out []*emojiImage
	for _, i := range order[:3] {
		out = append(out, images[i])
	}
	return out
}

// askWhich asks which of the candidates are on each sheet; those that one lacks the other has. The
// answer lists them in the order of the question, or is "none".
func (v *interviewer) askWhich(a, b *sheet, candidates []*emojiImage) {
	var known []func(string) string
	for _, p := range candidates {
		known = append(known, p.noun)
	}
	language := v.speak(longestCandidate, known...)
	separator := ", "
	if language == "zh" || language == "ja" {
		separator = "、"
	}
	var names []string
	for _, p := range candidates {
		names = append(names, p.noun(language))
	}
	text := ask(kindWhich, language, strings.Join(names, separator))
	for _, s := range []*sheet{a, b} {
		var there []string
		for _, p := range candidates {
			if s.has(p) {
				there = append(there, p.object)
			}
		}
		answer := strings.Join(there, ", ")
		if answer == "" {
			answer = "none"
		}
		v.add(s.key, kindWhich, language, text, answer)
	}
}

// askThere asks both sheets whether an image of one is there.
func (v *interviewer) askThere(a, b *sheet, p *emojiImage) {
	language := v.speak(longestName, p.noun)
	text := ask(kindPresence, language, p.noun(language))
	for _, s := range []*sheet{a, b} {
		answer := "no"
		if s.has(p) {
			answer = "yes"
		}
		v.add(s.key, kindPresence, language, text, answer)
	}
}
