// Package sidecar reads the text and JSON files that stand beside an image and describe it:
// captions, img2dataset's and other tools' metadata, questions, the fields of a [shards.Sample]
// itself.
//
// [AddJSON] adds what a .json file says to a sample, [ParseText] returns the text of a .txt file.
package sidecar

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// AddJSON adds to a sample what a JSON file says about it. Of an object it adds the fields, see
// [AddFields]; a text or a list of texts it adds as texts. It returns what it left out. An error is
// a syntax error.
func AddJSON(s *shards.Sample, content []byte) ([]shards.LeftOut, error) {
	raw, err := ParseJSON(content)
	if err != nil {
		return nil, err
	}
	if raw[0] == '{' {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return nil, errors.New("no JSON: its fields are not understood")
		}
		return AddFields(s, fields), nil
	}
	if texts, ok := Texts(raw); ok {
		AddTexts(s, texts)
		return nil, nil
	}
	if left, ok := AddMetadata(s, "json", raw); !ok {
		return []shards.LeftOut{left}, nil
	}
	return nil, nil
}

// captionNames are the fields in which other tools keep the texts of an image.
var captionNames = map[string]bool{"caption": true, "captions": true, "text": true, "texts": true, "alt": true, "alt_text": true, "sentences": true}

// IsCaption reports whether a field of that name holds texts of an image.
func IsCaption(name string) bool { return captionNames[name] }

// captionOrder is the order in which they are read. A prompt is a text only if there is no other:
// beside an answer it is a question.
var captionOrder = append(slices.Sorted(maps.Keys(captionNames)), "prompt")

// AddFields adds to a sample what named JSON values say about it, and returns what it left out:
//
//   - A field of [shards.Sample] is taken if it has the shape of that field. Scores may be in
//     quotes.
//   - Fields named caption, captions, text, texts, alt, alt_text or sentences are texts, in any
//     letter case; prompt is one if there are no others. Their value is a text, a number, or a list
//     of texts or of objects with a text as caption, text or raw. A list called texts that has
//     nulls belongs to a document with images between its texts, and is metadata.
//   - question and answer, or answers, are a question.
//   - url is the URL of the image.
//   - Everything else, and what has another shape, is metadata: a text as it is, other values as
//     JSON, null not at all.
//
// It leaves out values over 1 MiB, and a value whose name has another value already.
func AddFields(s *shards.Sample, fields map[string]json.RawMessage) (left []shards.LeftOut) {
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
		if texts, ok := Texts(raw); ok {
			AddTexts(s, texts)
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
			if l, ok := AddMetadata(s, name, fields[name]); !ok {
				left = append(left, l)
			}
		}
	}
	return left
}

// commonNames are the fields that other tools write in any letter case, for example LAION's TEXT
// and URL.
var commonNames = func() map[string]bool {
	all := maps.Clone(captionNames)
	for _, name := range []string{"prompt", "url", "question", "answer", "answers"} {
		all[name] = true
	}
	return all
}()

// inLowerCase returns the fields with the common names in lower case, unless there is a field of
// that name already.
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
