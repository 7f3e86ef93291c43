package sidecar

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/pali3/pali3/internal/jsonerr"
)

// ParseJSON checks that content is one JSON value, and returns it. It accepts NaN, Infinity and
// -Infinity, which Python writes although JSON lacks them: NaN becomes null, the others become
// texts.
func ParseJSON(content []byte) (json.RawMessage, error) {
	content, err := toUTF8(content)
	if err != nil {
		return nil, err
	}
	content = bytes.TrimSpace(content)
	if json.Valid(content) {
		return content, nil
	}
	var nothing any
	err = json.Unmarshal(content, &nothing)
	if plain := withoutNaN(content); plain != nil && json.Valid(plain) {
		return plain, nil
	}
	if len(content) == 0 {
		return nil, errors.New("no JSON: it is empty")
	}
	return nil, jsonerr.Explain(err)
}

// withoutNaN replaces the numbers that JSON lacks; nil if there are none.
func withoutNaN(content []byte) []byte {
	var plain []byte
	from, inString := 0, false
	replace := func(at int, name, by string) int {
		plain = append(append(plain, content[from:at]...), by...)
		from = at + len(name)
		return from - 1
	}
	for i := 0; i < len(content); i++ {
		switch rest := content[i:]; {
		case inString:
			switch content[i] {
			case '\\':
				i++
			case '"':
				inString = false
			}
		case content[i] == '"':
			inString = true
		case bytes.HasPrefix(rest, []byte("NaN")):
			i = replace(i, "NaN", "null")
		case bytes.HasPrefix(rest, []byte("-Infinity")):
			i = replace(i, "-Infinity", `"-Infinity"`)
		case bytes.HasPrefix(rest, []byte("Infinity")):
			i = replace(i, "Infinity", `"Infinity"`)
		}
	}
	if from == 0 {
		return nil
	}
	return append(plain, content[from:]...)
}
