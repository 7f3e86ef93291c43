package sidecar

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/pali3/pali3/shards"
)

// maxMetadata is the longest value kept as metadata, in bytes: LabelMe's JSON, for example, repeats
// the image.
const maxMetadata = 1 << 20

// AddMetadata adds a value as metadata, unless it is null. If ok is false it was left out.
func AddMetadata(s *shards.Sample, name string, raw json.RawMessage) (left shards.LeftOut, ok bool) {
	value := plain(raw)
	there, taken := s.Metadata[name]
	switch {
	case value == "", taken && there == value, name == "url" && s.Provenance.URL == value:
		return shards.LeftOut{}, true
	case len(value) > maxMetadata:
		return shards.LeftOut{Reason: shards.LeftMetadata, Name: fmt.Sprintf("field %s (over 1 MiB)", name), N: 1}, false
	case taken:
		return shards.LeftOut{Reason: shards.LeftMetadata, Name: fmt.Sprintf("field %s (it comes twice)", name), N: 1}, false
	}
	if s.Metadata == nil {
		s.Metadata = map[string]string{}
	}
	s.Metadata[name] = value
	return shards.LeftOut{}, true
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
