package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// interviewer asks the questions of all records and keeps them apart by record.
type interviewer struct {
	questions map[string][]shards.Question // by record key
	asked     map[string]int               // questions so far, by kind
	languages *random.Stream
	words     map[string]map[string]string // language -> woman, man or a tone -> CLDR's word
}

// add puts a question to the record.
func (v *interviewer) add(key, kind, language, text, answer string) {
	v.asked[kind]++
	v.questions[key] = append(v.questions[key], shards.Question{
		ID:       fmt.Sprintf("%s-%d", kind, v.asked[kind]),
		Text:     text,
		Language: language,
		Kind:     kind,
		Answers:  []shards.Answer{{Text: answer}},
	})
}

// language draws the language of the next question, or of a pair of questions.
func (v *interviewer) language() string {
	return questionLanguages[v.languages.IntN(len(questionLanguages))]
}

// open asks a question without a name in it. The template is that of a kind, or of a kind and what
// it asks for.
func (v *interviewer) open(key, template, answer string) {
	kind, _, _ := strings.Cut(template, " ")
	language := v.language()
	v.add(key, kind, language, ask(template, language, ""), answer)
}

// speak draws the language of a question about names. If that language lacks one of the names, or
// has one with more than longest letters, the question is in English.
func (v *interviewer) speak(longest int, names ...func(language string) string) string {
	language := v.language()
	for _, name := range names {
		if n := utf8.RuneCountInString(name(language)); n == 0 || n > longest {
			return "en"
		}
	}
	return language
}

// openTwice asks in two languages of a training image that has few other questions, and once of
// another.
func (v *interviewer) openTwice(p *emojiImage, kind, answer string) {
	first := v.language()
	v.add(p.key, kind, first, ask(kind, first, ""), answer)
	for p.split == train {
		if second := v.language(); second != first {
			v.add(p.key, kind, second, ask(kind, second, ""), answer)
			return
		}
	}
}

// interview returns the questions of all images and sheets, by record key. Training images get
// one of each kind, of "attribute" and "name" one or the other; held-out images get all that
// applies.
func interview(src *sources, images []*emojiImage, sheets []*sheet) map[string][]shards.Question {
	v := &interviewer{
		questions: map[string][]shards.Question{},
		asked:     map[string]int{},
		languages: stream("languages"),
		words:     attributeWords(src),
	}
	for _, p := range images {
		v.askOpen(p)
	}
	for _, split := range splits {
		v.askFamily(inSplit(images, split), split)
		v.askPairs(inSplit(images, split), split)
	}
	for _, pair := range sheetPairs(sheets) {
		v.askSheets(pair[0], pair[1])
	}
	return v.questions
}

// askOpen asks what can be asked of one image alone.
func (v *interviewer) askOpen(p *emojiImage) {
	if p.tone != "" {
		v.open(p.key, kindTone, p.tone)
	}
	switch p.family {
	case "person":
		v.open(p.key, kindGender, p.gender)
		v.open(p.key, kindRole, p.object)
	case "hand":
		v.open(p.key, kindObject, p.object)
	case "clock":
		v.openTwice(p, kindTime, p.time)
	case "shape":
		v.open(p.key, kindColor, p.color)
		v.open(p.key, kindObject, p.object)
	default:
		if p.derivable() {
			v.openTwice(p, kindObject, p.object)
		}
	}
}

// derivable reports whether a model that saw train can name the image: a thing that stands alone,
// such as a tiger, only if it was seen.
func (p *emojiImage) derivable() bool {
	return p.split == train || slices.Contains([]string{"person", "hand", "clock", "shape"}, p.family)
}

// askFamily asks for the category of at most familyShare images of each, drawn at random, so that
// people are not nearly always the answer.
func (v *interviewer) askFamily(images []*emojiImage, split string) {
	const familyShare = 30
	if split == heldOutCombinations {
		return // all are people
	}
	share := familyShare
	if split == heldOut {
		share = familyShare / 2
	}
	asked := map[string]int{}
	for _, i := range stream("family " + split).Perm(len(images)) {
		if p := images[i]; asked[p.family] < share {
			asked[p.family]++
			v.open(p.key, kindFamily, p.family)
		}
	}
}

// attributeWords returns CLDR's words for the genders and the tones.
func attributeWords(src *sources) map[string]map[string]string {
	words := map[string]map[string]string{}
	for language, names := range src.names {
		words[language] = map[string]string{"woman": names["👩"], "man": names["👨"]}
		for i, tone := range tones[1:] {
			words[language][tone] = names[string(firstTone+rune(i))]
		}
	}
	return words
}

// inSplit returns the images of a split.
func inSplit(images []*emojiImage, split string) []*emojiImage {
	var out []*emojiImage
	for _, p := range images {
		if p.split == split {
			out = append(out, p)
		}
	}
	return out
}
