package npz

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parser reads the subset of Python's literals that numpy writes into headers: a dictionary of
// strings, True and False, and tuples of whole numbers. A list, as in the descr of records, is
// returned as a value without content.
type parser struct {
	text string
	at   int
}

// dict parses the whole text.
func (p *parser) dict() (map[string]any, error) {
	if err := p.expect('{'); err != nil {
		return nil, err
	}
	fields := map[string]any{}
	for p.next() != '}' {
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		if _, twice := fields[key]; twice {
			return nil, fmt.Errorf("key %q occurs twice", key)
		}
		if err := p.expect(':'); err != nil {
			return nil, err
		}
		if fields[key], err = p.value(); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if p.next() != ',' {
			break
		}
		p.at++
	}
	if err := p.expect('}'); err != nil {
		return nil, err
	}
	if p.next() != 0 || p.at < len(p.text) {
		return nil, fmt.Errorf("%q follows the dictionary", shortened(p.text[p.at:]))
	}
	return fields, nil
}

// next skips spaces and returns the next byte, or 0 at the end.
func (p *parser) next() byte {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) expect(c byte) error {
	if p.next() != c {
		return fmt.Errorf("found %q where %q belongs", shortened(p.text[p.at:]), c)
	}
	p.at++
	return nil
}

func (p *parser) value() (any, error) {
	switch p.next() {
	case '\'', '"':
		return p.str()
	case '(':
		return p.tuple()
	case '[':
		return p.list()
	}
	for word, value := range map[string]bool{"True": true, "False": false} {
		if strings.HasPrefix(p.text[p.at:], word) {
			p.at += len(word)
			return value, nil
		}
	}
	return nil, fmt.Errorf("%q is not understood", shortened(p.text[p.at:]))
}

// str parses a string between quotation marks. numpy's contain no escapes.
func (p *parser) str() (string, error) {
	quote := p.next()
	if quote != '\'' && quote != '"' {
		return "", fmt.Errorf("found %q where a string belongs", shortened(p.text[p.at:]))
	}
	text, _, closed := strings.Cut(p.text[p.at+1:], string(quote))
	if !closed || strings.ContainsAny(text, "\\\n") {
		return "", fmt.Errorf("%q is not a plain string", shortened(p.text[p.at:]))
	}
	p.at += len(text) + 2
	return text, nil
}

// tuple parses (), (3,) or (3, 4). Numbers may end in L, as Python 2 wrote them.
func (p *parser) tuple() ([]int, error) {
	p.at++
	numbers, comma := []int{}, true
	for p.next() != ')' {
		begin := p.at
		for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
			p.at++
		}
		number, err := strconv.Atoi(p.text[begin:p.at])
		if err != nil || !comma || p.text[begin] == '0' && p.at-begin > 1 {
			return nil, fmt.Errorf("%q is not a dimension", shortened(p.text[begin:]))
		}
		if p.at < len(p.text) && p.text[p.at] == 'L' {
			p.at++
		}
		if numbers = append(numbers, number); len(numbers) > maxRank {
			return nil, fmt.Errorf("more than %d dimensions", maxRank)
		}
		if comma = p.next() == ','; comma {
			p.at++
		}
	}
	p.at++
	if len(numbers) == 1 && !comma {
		return nil, errors.New("a number in parentheses is not a tuple")
	}
	return numbers, nil
}

// list skips to the end of a list, for which there is an error of its own.
func (p *parser) list() (any, error) {
	end := strings.LastIndexByte(p.text, ']')
	if end < p.at {
		return nil, errors.New("a list does not end")
	}
	p.at = end + 1
	return struct{}{}, nil
}

func shortened(text string) string {
	if len(text) > 40 {
		return text[:40] + "..."
	}
	return text
}
