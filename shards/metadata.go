package shards

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxNote is the longest value kept as metadata, in bytes: LabelMe's JSON, for one, has the image
// in it once more.
const maxNote = 1 << 20

// DecodeMetadata adds to a sample what a JSON file says of it: the fields that [Sample] has,
// captions (see [DecodeFields]), img2dataset's url; a list of texts, or one text, is its texts. It
// returns what it left out. An error is one of syntax.
func DecodeMetadata(content []byte, s *Sample) ([]LeftOut, error) {
	raw, err := ReadJSON(content)
	if err != nil {
		return nil, err
	}
	if raw[0] == '{' {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return nil, errors.New("no JSON: its fields are not understood")
		}
		return DecodeFields(fields, s), nil
	}
	if texts, ok := textsOf(raw); ok {
		s.addTexts(texts)
		return nil, nil
	}
	if left, ok := s.note("json", raw); !ok {
		return []LeftOut{left}, nil
	}
	return nil, nil
}

// captionNames are fields that other tools keep texts of an image in, as one text or a list.
var captionNames = map[string]bool{"caption": true, "captions": true, "text": true, "texts": true, "alt": true, "alt_text": true, "sentences": true}

// captionOrder is the order in which they are read. A prompt is a text if nothing else is one:
// beside an answer it is a question.
var captionOrder = append(slices.Sorted(maps.Keys(captionNames)), "prompt")

// DecodeFields adds to a sample what named JSON values say of it. A field of [Sample] is taken
// where it has the shape that it has there; numbers of scores may be in quotes. Fields named
// caption, captions, text, texts, alt, alt_text or sentences, and prompt if there is none of these,
// are texts: a text, a number, a list of texts, or of objects that have one as caption, text or
// raw; their names may be in any letter case. Texts with nulls among them belong between images,
// and are metadata. A question comes with answer or answers, url is the image's. All else, and what
// has another shape, is metadata: text as it is, other values as JSON, null not at all. It returns
// what it left out: values of over 1 MiB, and those of a name for which the sample had another
// value.
func DecodeFields(fields map[string]json.RawMessage, s *Sample) (left []LeftOut) {
	used := map[string]bool{}
	fields = inLowerCase(fields)
	for name := range sampleFields {
		if raw, ok := fields[name]; ok {
			used[name] = sampleFields[name](raw, s)
		}
	}
	for _, name := range captionOrder {
		raw, ok := fields[name]
		if !ok || used[name] || name == "prompt" && len(s.Texts) > 0 || name == "texts" && isInterleaved(raw) {
			continue
		}
		if texts, ok := textsOf(raw); ok {
			s.addTexts(texts)
			used[name] = true
		}
	}
	if q, ok := questionOf(fields); ok {
		s.Questions = append(s.Questions, q)
		used["question"], used["answer"], used["answers"] = true, true, true
	}
	if url, ok := stringOf(fields["url"]); ok && s.Provenance.URL == "" {
		s.Provenance.URL = url
		used["url"] = true
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !used[name] {
			if l, ok := s.note(name, fields[name]); !ok {
				left = append(left, l)
			}
		}
	}
	return left
}

// commonNames are the fields that other tools have, and write in any letter case (LAION's TEXT and
// URL).
var commonNames = func() map[string]bool {
	all := maps.Clone(captionNames)
	for _, name := range []string{"prompt", "url", "question", "answer", "answers"} {
		all[name] = true
	}
	return all
}()

// inLowerCase returns the fields with common names in lower case, where there is none of that name
// yet.
func inLowerCase(fields map[string]json.RawMessage) map[string]json.RawMessage {
	var others []string
	for name := range fields {
		if lower := strings.ToLower(name); lower != name && commonNames[lower] {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return fields
	}
	fields = maps.Clone(fields)
	slices.Sort(others)
	for _, name := range others {
		if lower := strings.ToLower(name); fields[lower] == nil {
			fields[lower] = fields[name]
			delete(fields, name)
		}
	}
	return fields
}

// note keeps a value as metadata, unless it is null. It returns what is left out instead.
func (s *Sample) note(name string, raw json.RawMessage) (left LeftOut, ok bool) {
	value := plain(raw)
	there, taken := s.Metadata[name]
	switch {
	case value == "", taken && there == value, name == "url" && s.Provenance.URL == value:
		return LeftOut{}, true
	case len(value) > maxNote:
		return LeftOut{Reason: LeftMetadata, Name: fmt.Sprintf("field %s (over 1 MiB)", name), N: 1}, false
	case taken:
		return LeftOut{Reason: LeftMetadata, Name: fmt.Sprintf("field %s (it comes twice)", name), N: 1}, false
	}
	if s.Metadata == nil {
		s.Metadata = map[string]string{}
	}
	s.Metadata[name] = value
	return LeftOut{}, true
}

// plain shows a JSON value as text: strings without quotes, null as nothing, the rest without
// blanks between.
func plain(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if s, ok := stringOf(raw); ok {
		return s
	}
	if raw[0] == '{' || raw[0] == '[' {
		var b bytes.Buffer
		if json.Compact(&b, raw) == nil {
			return b.String()
		}
	}
	return string(raw)
}

func stringOf(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// textOf returns a text, or a number as it is written.
func textOf(raw json.RawMessage) (string, bool) {
	if s, ok := stringOf(raw); ok {
		return s, true
	}
	if len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		return string(raw), true
	}
	return "", false
}

// textsOf returns the texts of a value: one, or those of a list. A value without any is none, and
// null is no text.
func textsOf(raw json.RawMessage) (texts []string, ok bool) {
	if string(raw) == "null" {
		return nil, true
	}
	if s, ok := textOf(raw); ok {
		return []string{s}, true
	}
	var list []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	for _, element := range list {
		text, ok := textOf(element)
		if !ok && len(element) > 0 && element[0] == '{' {
			text, ok = textIn(element)
		}
		if !ok && string(element) == "null" {
			continue
		}
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// isInterleaved reports whether texts are those of a document that has images between them: a null
// stands for an image.
func isInterleaved(raw json.RawMessage) bool {
	var list []json.RawMessage
	return json.Unmarshal(raw, &list) == nil && slices.ContainsFunc(list, func(e json.RawMessage) bool { return string(e) == "null" })
}

// textIn returns the text of an object of a list: {"caption": ...}, {"text": ...} or {"raw": ...},
// as COCO and Flickr30k have them.
func textIn(raw json.RawMessage) (string, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return "", false
	}
	for _, name := range []string{"caption", "text", "raw"} {
		if s, ok := stringOf(fields[name]); ok {
			return s, true
		}
	}
	return "", false
}

// questionOf returns the question that fields named question and answer or answers make.
func questionOf(fields map[string]json.RawMessage) (q Question, ok bool) {
	q.Text, ok = stringOf(fields["question"])
	if !ok || q.Text == "" {
		return q, false
	}
	answers := fields["answers"]
	if len(answers) == 0 || string(answers) == "null" {
		answers = fields["answer"]
	} else if _, both := fields["answer"]; both {
		return q, false // which of them is meant is not known
	}
	var list []json.RawMessage
	if len(answers) > 0 && answers[0] == '[' {
		if json.Unmarshal(answers, &list) != nil {
			return q, false
		}
	} else if len(answers) > 0 && string(answers) != "null" {
		list = []json.RawMessage{answers}
	}
	for _, element := range list {
		text, ok := textOf(element)
		var a struct {
			Answer string `json:"answer"`
		}
		if !ok && len(element) > 0 && element[0] == '{' && json.Unmarshal(element, &a) == nil {
			text, ok = a.Answer, a.Answer != ""
		}
		if !ok {
			return q, false
		}
		q.Answers = append(q.Answers, Answer{Text: text})
	}
	return q, true
}

// AddText adds an alternative text of unknown language, unless the sample has a text of that value.
func (s *Sample) AddText(value string) {
	for i := range s.Texts {
		if s.Texts[i].Value == value {
			return
		}
	}
	if value != "" {
		s.Texts = append(s.Texts, Text{Kind: Alt, Value: value})
	}
}

// addTexts is [Sample.AddText] of many.
func (s *Sample) addTexts(values []string) {
	if len(values) < 16 {
		for _, value := range values {
			s.AddText(value)
		}
		return
	}
	there := map[string]bool{"": true}
	for i := range s.Texts {
		there[s.Texts[i].Value] = true
	}
	for _, value := range values {
		if !there[value] {
			there[value] = true
			s.Texts = append(s.Texts, Text{Kind: Alt, Value: value})
		}
	}
}
