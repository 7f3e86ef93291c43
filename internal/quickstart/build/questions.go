package main

import (
	"fmt"

	"github.com/pali3/pali3/internal/counter"
	"github.com/pali3/pali3/shards"
)

// interviewer asks the questions of all records and keeps them apart by record.
type interviewer struct {
	questions map[string][]shards.Question // by record key
	asked     map[string]int               // questions so far, by kind
	languages *counter.Stream
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

// open asks what the template of a kind asks, without a name in it.
func (v *interviewer) open(key, kind, template, answer string) {
	language := v.language()
	v.add(key, kind, language, ask(template, language, ""), answer)
}

// interview returns the questions of all pictures and sheets, by record key. Training pictures get one of each
// kind, of "attribute" and "name" one or the other; held-out pictures get all that applies.
func interview(src *sources, pictures []*picture, sheets []*sheet) map[string][]shards.Question {
	v := &interviewer{
		questions: map[string][]shards.Question{},
		asked:     map[string]int{},
		languages: stream("languages"),
		words:     attributeWords(src),
	}
	for _, p := range pictures {
		v.askOpen(p)
	}
	for _, split := range splits {
		v.askFamily(inSplit(pictures, split), split)
		v.askPairs(inSplit(pictures, split), split)
	}
	for _, pair := range sheetPairs(sheets) {
		v.askSheets(pair[0], pair[1])
	}
	return v.questions
}

// askOpen asks what can be asked of one picture alone.
func (v *interviewer) askOpen(p *picture) {
	if p.tone != "" {
		v.open(p.key, kindTone, kindTone, p.tone)
	}
	switch p.family {
	case "person":
		v.open(p.key, kindGender, kindGender, p.gender)
		v.open(p.key, kindRole, kindRole, p.object)
	case "clock":
		v.open(p.key, kindTime, kindTime, p.time)
	case "shape":
		v.open(p.key, kindColor, kindColor, p.color)
		v.open(p.key, kindObject, kindObject, p.object)
	default:
		if p.split == train || p.family == "hand" { // the name of a thing never seen cannot be known
			v.open(p.key, kindObject, kindObject, p.object)
		}
	}
}

// askFamily asks for the category of at most familyShare pictures of each, drawn at random, so that people
// are not nearly always the answer.
func (v *interviewer) askFamily(pictures []*picture, split string) {
	const familyShare = 30
	if split == heldOutCombinations {
		return // all are people
	}
	share := familyShare
	if split == heldOut {
		share = familyShare / 2
	}
	asked := map[string]int{}
	for _, i := range stream("family " + split).Perm(len(pictures)) {
		if p := pictures[i]; asked[p.family] < share {
			asked[p.family]++
			v.open(p.key, kindFamily, kindFamily, p.family)
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

// inSplit returns the pictures of a split.
func inSplit(pictures []*picture, split string) []*picture {
	var out []*picture
	for _, p := range pictures {
		if p.split == split {
			out = append(out, p)
		}
	}
	return out
}
