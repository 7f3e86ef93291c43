package mapping

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// pythonList parses a list as Python writes it into a table: ['a', "b"], [{'answer': 'yes'}],
// ('a',), and NumPy's ['a' 'b'] without commas. Numbers stay as they are written, None is null. ok
// is false for any other text, and for lists that are nested too deeply.
func pythonList(text string) (list []any, ok bool) {
	p := pythonParser{text: text}
	p.blanks()
	if p.peek() != '[' && p.peek() != '(' {
		return nil, false
	}
	value, ok := p.value(0)
	p.blanks()
	list, isList := value.([]any)
	return list, ok && isList && p.at == len(p.text)
}

type pythonParser struct {
	text string
	at   int
}

func (p *pythonParser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *pythonParser) blanks() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *pythonParser) value(depth int) (any, bool) {
	if depth > maxDepth {
		return nil, false
	}
	p.blanks()
	switch c := p.peek(); {
	case c == '[':
		return p.list(']', depth)
	case c == '(':
		return p.list(')', depth)
	case c == '{':
		return p.dict(depth)
	case c == '\'', c == '"':
		return p.string()
	}
	from := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n,:]})('\"[{", p.text[p.at]) < 0 {
		p.at++
	}
	switch word := p.text[from:p.at]; word {
	case "None", "nan":
		return nil, true
	case "True", "False":
		return word == "True", true
	default:
		if _, err := strconv.ParseFloat(word, 64); err != nil {
			return nil, false
		}
		if json.Valid([]byte(word)) {
			return json.Number(word), true
		}
		return word, true // 1. and 1_000 are not numbers in JSON
	}
}

// list parses elements separated by commas, or by blanks alone as in NumPy.
func (p *pythonParser) list(end byte, depth int) (any, bool) {
	p.at++
	all := []any{}
	for {
		p.blanks()
		if p.peek() == end {
			p.at++
			return all, true
		}
		value, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		all = append(all, value)
		if p.blanks(); p.peek() == ',' {
			p.at++
		}
	}
}

func (p *pythonParser) dict(depth int) (any, bool) {
	p.at++
	all := map[string]any{}
	for {
		p.blanks()
		if p.peek() == '}' {
			p.at++
			return all, true
		}
		if p.peek() != '\'' && p.peek() != '"' {
			return nil, false
		}
		name, ok := p.string()
		if p.blanks(); !ok || p.peek() != ':' {
			return nil, false
		}
		p.at++
		value, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		all[name.(string)] = value
		if p.blanks(); p.peek() == ',' {
			p.at++
		} else if p.peek() != '}' {
			return nil, false
		}
	}
}

// string parses a string in single or double quotes with Python's escapes.
func (p *pythonParser) string() (any, bool) {
	quote := p.peek()
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == quote:
			return b.String(), true
		case c != '\\':
			b.WriteByte(c)
		case !p.escape(&b):
			return nil, false
		}
	}
	return nil, false
}

var pythonEscapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '\\': '\\', '\'': '\'', '"': '"', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v'}

// escape parses what follows a backslash. An unknown escape stays as it is, as in Python.
func (p *pythonParser) escape(b *strings.Builder) bool {
	c := p.peek()
	p.at++
	if plain, ok := pythonEscapes[c]; ok {
		b.WriteByte(plain)
		return true
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits == 0 || p.at+digits > len(p.text) {
		if c == 0 || digits > 0 {
			return false
		}
		b.WriteByte('\\')
		b.WriteByte(c)
		return true
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+digits], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return false
	}
	p.at += digits
	b.WriteRune(rune(n))
	return true
}
