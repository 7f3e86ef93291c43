package sidecar

import (
	"encoding/json"
	"slices"

	"github.com/pali3/pali3/shards"
)

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

// Texts returns the texts of a value: one text or number, or those of a list. Null has no texts. If
// ok is false the value has another shape.
func Texts(raw json.RawMessage) (texts []string, ok bool) {
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

// isInterleaved reports whether texts belong to a document with images between them, which are null
// in the list.
func isInterleaved(raw json.RawMessage) bool {
	var list []json.RawMessage
	return json.Unmarshal(raw, &list) == nil && slices.ContainsFunc(list, func(e json.RawMessage) bool { return string(e) == "null" })
}

// textIn returns the text of an object in a list: {"caption": ...}, {"text": ...} or {"raw": ...},
// as in COCO and Flickr30k.
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

// AddTexts adds alternative texts as [shards.Sample.AddText] does.
func AddTexts(s *shards.Sample, values []string) {
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
			s.Texts = append(s.Texts, shards.Text{Kind: shards.Alt, Value: value})
		}
	}
}
