package sidecar

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/pali3/pali3/shards"
)

// sampleFields read the fields of a [shards.Sample]. Each reports whether the value has the shape
// of that field; otherwise it is another tool's field of the same name.
var sampleFields = map[string]func(raw json.RawMessage, s *shards.Sample) bool{
	"key": func(raw json.RawMessage, s *shards.Sample) bool {
		key, ok := stringOf(raw)
		if ok && s.Key == "" {
			s.Key = key
		}
		return ok && s.Key == key
	},
	"split": func(raw json.RawMessage, s *shards.Sample) bool {
		split, ok := stringOf(raw)
		if ok && s.Split == "" {
			s.Split = split
		}
		return ok && s.Split == split
	},
	"images":    func(raw json.RawMessage, s *shards.Sample) bool { return appended(raw, &s.Images) },
	"texts":     func(raw json.RawMessage, s *shards.Sample) bool { return appended(raw, &s.Texts) },
	"questions": func(raw json.RawMessage, s *shards.Sample) bool { return appended(raw, &s.Questions) },
	"boxes":     func(raw json.RawMessage, s *shards.Sample) bool { return appended(raw, &s.Boxes) },
	"provenance": func(raw json.RawMessage, s *shards.Sample) bool {
		var p shards.Provenance
		if !shaped(raw, &p) || s.Provenance != (shards.Provenance{}) {
			return false
		}
		s.Provenance = p
		return true
	},
	"scores": func(raw json.RawMessage, s *shards.Sample) bool {
		scores, ok := scoresOf(raw)
		if ok && len(scores) > 0 {
			s.Scores = merged(s.Scores, scores)
		}
		return ok
	},
	"metadata": func(raw json.RawMessage, s *shards.Sample) bool {
		var values map[string]string
		if !shaped(raw, &values) {
			return false
		}
		if len(values) > 0 {
			s.Metadata = merged(s.Metadata, values)
		}
		return true
	},
}

// merged returns to with the entries of from that it lacks.
func merged[V any](to, from map[string]V) map[string]V {
	if to == nil {
		return from
	}
	for name, value := range from {
		if _, taken := to[name]; !taken {
			to[name] = value
		}
	}
	return to
}

// shaped decodes a value into v and reports whether it has its shape, without unknown fields.
func shaped(raw json.RawMessage, v any) bool {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(v) == nil
}

// appended adds the elements of a list if all have the shape of T. Null does not.
func appended[T any](raw json.RawMessage, to *[]T) bool {
	var list []*T
	if !shaped(raw, &list) || slices.Contains(list, nil) {
		return false
	}
	for _, element := range list {
		*to = append(*to, *element)
	}
	return true
}

// scoresOf reads numbers by name, which may be in quotes. Null and NaN are left out.
func scoresOf(raw json.RawMessage) (scores map[string]float64, ok bool) {
	var values map[string]json.RawMessage
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &values) != nil {
		return nil, string(raw) == "null"
	}
	scores = map[string]float64{}
	for name, value := range values {
		text, ok := textOf(value)
		if !ok && string(value) == "null" {
			continue
		}
		score, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || math.IsInf(score, 0) {
			return nil, false
		}
		if !math.IsNaN(score) {
			scores[name] = score
		}
	}
	return scores, true
}
