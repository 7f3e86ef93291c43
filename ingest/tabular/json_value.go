package tabular

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonParser parses JSON (RFC 8259) as Python writes it: NaN, Infinity and -Infinity are null. A
// duplicate name in an object is an error, because one of its values would be lost.
type jsonParser struct {
	text  []byte
	at    int
	depth int
	wants *jsonRows // selects names of the outermost object; nil takes all
	lists bool      // rows are lists of values, whose columns are named 1, 2, 3...
}

const maxJSONDepth = 1000

// errCut says that the text ends within a value.
var errCut = errors.New("the JSON is truncated")

// maxListColumns is the most values that a list row may have.
const maxListColumns = 10_000

// list parses a list as a row.
func (p *jsonParser) list() (map[string]any, error) {
	if p.text[p.at] != '[' {
		return nil, fmt.Errorf("%s where a list of values is expected", jsonKind(p.text[p.at]))
	}
	v, err := p.elements()
	if err != nil {
		return nil, err
	}
	values := v.([]any)
	if len(values) > maxListColumns {
		return nil, fmt.Errorf("a row of %d values; the limit is %d", len(values), maxListColumns)
	}
	members := make(map[string]any, len(values))
	for i, value := range values {
		if name := strconv.Itoa(i + 1); p.wants == nil || p.wants.want(name) {
			members[name] = value
		}
	}
	return members, nil
}

// object parses a row, an object or (if rows are lists) a list, and moves at past it. Any other
// value is an error.
func (p *jsonParser) object() (map[string]any, error) {
	p.blanks()
	if p.lists && p.at < len(p.text) {
		return p.list()
	}
	if p.at < len(p.text) && p.text[p.at] != '{' {
		return nil, fmt.Errorf("%s where an object {\"column\": value} is expected", jsonKind(p.text[p.at]))
	}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	return v.(map[string]any), nil
}

// jsonKind names the kind of value that begins with a byte.
func jsonKind(c byte) string {
	switch {
	case c == '[':
		return "a list"
	case c == '{':
		return "an object"
	case c == '"':
		return "a string"
	case c == '-' || c >= '0' && c <= '9':
		return "a number"
	}
	return fmt.Sprintf("%q", c)
}

func (p *jsonParser) blanks() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// peek returns the next byte after white space, or 0 at the end.
func (p *jsonParser) peek() byte {
	if p.blanks(); p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *jsonParser) unexpected(wanted string) error {
	if p.at >= len(p.text) {
		return errCut
	}
	r, _ := utf8.DecodeRune(p.text[p.at:])
	if r == '\'' {
		return fmt.Errorf("byte %d: %q where %s is expected: this may be Python notation; write JSON with json.dumps", p.at+1, r, wanted)
	}
	return fmt.Errorf("byte %d: %q where %s is expected", p.at+1, r, wanted)
}

func (p *jsonParser) value() (any, error) {
	switch c := p.peek(); {
	case c == '{':
		return p.members()
	case c == '[':
		return p.elements()
	case c == '"':
		return p.string()
	case c == '-' && p.word("-Infinity"), p.word("NaN"), p.word("Infinity"), p.word("null"):
		return nil, nil
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case p.word("true"):
		return true, nil
	case p.word("false"):
		return false, nil
	}
	for _, python := range []string{"None", "True", "False"} {
		if p.word(python) {
			return nil, fmt.Errorf("%s is Python notation; write JSON with json.dumps", python)
		}
	}
	return nil, p.unexpected("a value")
}

// word skips a word if it is next.
func (p *jsonParser) word(word string) bool {
	if len(p.text)-p.at < len(word) || string(p.text[p.at:p.at+len(word)]) != word {
		return false
	}
	p.at += len(word)
	return true
}

func (p *jsonParser) deeper() error {
	if p.depth++; p.depth > maxJSONDepth {
		return fmt.Errorf("nested more than %d deep", maxJSONDepth)
	}
	return nil
}

func (p *jsonParser) members() (any, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	members, dropped := map[string]any{}, map[string]bool(nil)
	p.at++
	for first := true; ; first = false {
		c := p.peek()
		if c == '}' && first {
			break
		}
		if c != '"' {
			return nil, p.unexpected(`a name in quotes`)
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.peek() != ':' {
			return nil, p.unexpected("a colon")
		}
		p.at++
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		if _, twice := members[name]; twice || dropped[name] {
			return nil, fmt.Errorf("the name %q occurs twice in one object", name)
		}
		if p.depth > 1 || p.wants == nil || p.wants.want(name) {
			members[name] = value
		} else {
			if dropped == nil {
				dropped = map[string]bool{}
			}
			dropped[name] = true
		}
		c = p.peek()
		if c == '}' {
			break
		}
		if c != ',' {
			return nil, p.unexpected("a comma or }")
		}
		p.at++
	}
	p.at++
	p.depth--
	return members, nil
}

func (p *jsonParser) elements() (any, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	p.at++
	list := []any{}
	for p.peek() != ']' || len(list) > 0 {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, value)
		if c := p.peek(); c == ']' {
			break
		} else if c != ',' {
			return nil, p.unexpected("a comma or ]")
		}
		p.at++
	}
	p.at++
	p.depth--
	return list, nil
}

// number returns a number as written, so that long ids keep all their digits.
func (p *jsonParser) number() (any, error) {
	from := p.at
	p.word("-")
	digits := func() bool {
		begun := p.at
		for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
			p.at++
		}
		return p.at > begun
	}
	if !p.word("0") && !digits() || p.word(".") && !digits() {
		return nil, p.unexpected("a digit")
	}
	if p.word("e") || p.word("E") {
		if !p.word("+") {
			p.word("-")
		}
		if !digits() {
			return nil, p.unexpected("a digit")
		}
	}
	return json.Number(p.text[from:p.at]), nil
}

func (p *jsonParser) string() (string, error) {
	p.at++
	from := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			s := string(p.text[from:p.at])
			p.at++
			return s, nil
		case c == '\\':
			return p.escaped(from)
		case c < ' ':
			return "", p.unexpected("a character of a string")
		}
		p.at++
	}
	return "", errCut
}

// escaped parses the rest of a string that contains escapes.
func (p *jsonParser) escaped(from int) (string, error) {
	out := append(make([]byte, 0, p.at-from+64), p.text[from:p.at]...)
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return string(out), nil
		case c < ' ':
			return "", p.unexpected("a character of a string")
		case c != '\\':
			out = append(out, c)
			p.at++
			continue
		}
		if p.at++; p.at == len(p.text) {
			return "", errCut
		}
		switch c := p.text[p.at]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, err := p.hex(p.at + 1)
			if err != nil {
				return "", err
			}
			p.at += 4
			if utf16.IsSurrogate(r) { // one without its other half becomes U+FFFD
				both := rune(utf8.RuneError)
				if p.at+2 < len(p.text) && p.text[p.at+1] == '\\' && p.text[p.at+2] == 'u' {
					if low, err := p.hex(p.at + 3); err == nil {
						both = utf16.DecodeRune(r, low)
					}
				}
				if r = both; r != utf8.RuneError {
					p.at += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", p.unexpected("an escape")
		}
		p.at++
	}
	return "", errCut
}

func (p *jsonParser) hex(at int) (rune, error) {
	if at+4 > len(p.text) {
		return 0, errCut
	}
	n, err := strconv.ParseUint(string(p.text[at:at+4]), 16, 16)
	if err != nil {
		return 0, fmt.Errorf("byte %d: a \\u escape without four hexadecimal digits", at+1)
	}
	return rune(n), nil
}
