package webdataset

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pali3/pali3/internal/format/sidecar"
)

// values returns what the members hold, by ending, and the fields of the record's own .json by
// name. A field that is called as a member's ending is in json/NAME alone. What cannot be read is
// left to the record to say.
func (m *members) values() map[string]any {
	values := map[string]any{}
	for _, images := range [][]recordMember{m.images, m.others} {
		for _, f := range images {
			values[f.extension] = f.content
		}
	}
	for _, f := range m.texts {
		if f.kind == jsonMember {
			continue
		}
		if text, err := sidecar.ParseText(f.content); err == nil {
			values[f.extension] = strings.TrimSpace(text)
		}
	}
	for _, f := range m.texts {
		if f.kind != jsonMember {
			continue
		}
		value, ok := decodeJSON(f.content)
		if !ok {
			continue
		}
		ending := lastEnding(f.extension)
		if f.extension != ending {
			values[strings.TrimSuffix(f.extension, "."+ending)] = value
			continue
		}
		values[ending] = value
		fields, _ := value.(map[string]any)
		for name, field := range fields {
			if _, taken := values[name]; !taken {
				values[name] = field
			}
		}
	}
	return values
}

// decodeJSON decodes a JSON value, numbers as they are written.
func decodeJSON(content []byte) (value any, ok bool) {
	raw, err := sidecar.ParseJSON(content)
	if err != nil {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	return value, decoder.Decode(&value) == nil
}
