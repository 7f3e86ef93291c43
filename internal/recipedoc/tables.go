package main

import (
	"fmt"
	"regexp"
	"strings"
)

// reference returns the tables of a struct and of those below it.
// Path is the key that holds the struct, or "".
func (s source) reference(name structName, path string) (string, error) {
	var b strings.Builder
	err := s.table(&b, name, path, "")
	return b.String(), err
}

// table writes the keys of a struct, whose own key is path, and then those of the structs below it.
func (s source) table(b *strings.Builder, name structName, path, intro string) error {
	if path != "" {
		fmt.Fprintf(b, "### %s\n\n", path)
		if intro != "" {
			fmt.Fprintf(b, "%s\n\n", intro)
		}
	}
	b.WriteString("| key | type | default | legal | meaning |\n|---|---|---|---|---|\n")
	var below []key
	if err := s.rows(b, name, &below); err != nil {
		return err
	}
	b.WriteString("\n")
	for _, k := range below {
		if k.holds == name {
			continue // a struct in itself
		}
		within := strings.TrimPrefix(path+"."+k.name, ".")
		if k.list {
			within += ".N"
		}
		inner, err := s.find(k.holds)
		if err != nil {
			return err
		}
		if err := s.table(b, k.holds, within, introOf(inner.doc, k.holds.name)); err != nil {
			return err
		}
	}
	return nil
}

// rows writes a line for each key and collects those that hold keys themselves.
func (s source) rows(b *strings.Builder, name structName, below *[]key) error {
	found, err := s.find(name)
	if err != nil {
		return err
	}
	for _, k := range found.keys {
		if k.kind == "" && !k.inline {
			if held, err := s.find(k.holds); err != nil {
				k.kind = "text" // a named type of text
			} else if held.isMap {
				k.kind = "keys" // without a table of their own
			} else if held.isList {
				k.kind = "list of texts, or keys"
			} else if len(held.keys) == 0 {
				k.kind = "number or list" // it reads itself
			}
		}
		if k.inline {
			if err := s.rows(b, k.holds, below); err != nil {
				return err
			}
			continue
		}
		meaning, standard, legal := split(k.doc)
		if meaning == "" {
			return fmt.Errorf("%s.%s has no comment", name.name, k.field)
		}
		meaning = introOf(meaning, k.field)
		kind := k.kind
		switch {
		case k.list:
			kind = "list"
		case kind == "":
			kind = "keys"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", k.name, kind, cell(or(standard, zero(kind))), cell(or(legal, legalOf(kind))), cell(meaning))
		if k.kind == "" {
			*below = append(*below, k)
		}
	}
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// zero is the default of a key whose comment names none.
func zero(kind string) string {
	return map[string]string{"whole number": "0", "number": "0", "true or false": "false"}[kind]
}

func legalOf(kind string) string { return map[string]string{"true or false": "true, false"}[kind] }

var (
	sentence = regexp.MustCompile(`(?s)\b(Default|Legal):\s(.+?)\.(\s|$)`)
	required = regexp.MustCompile(`\bRequired\.(\s|$)`)
)

// split takes the sentences on default and legal values out of a comment.
func split(doc string) (meaning, standard, legal string) {
	for _, m := range sentence.FindAllStringSubmatch(doc, -1) {
		if m[1] == "Default" {
			standard = m[2]
		} else {
			legal = m[2]
		}
	}
	doc = sentence.ReplaceAllString(doc, "")
	if required.MatchString(doc) {
		standard, doc = "required", required.ReplaceAllString(doc, "")
	}
	return strings.TrimSpace(doc), standard, legal
}

// cell writes text into a cell of a table: preformatted lines one below another, all else as one
// paragraph.
func cell(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		inner, preformatted := strings.CutPrefix(line, "\t")
		switch word, rest, _ := strings.Cut(strings.TrimSpace(inner), " "); {
		case !preformatted:
			if len(out) > 0 && strings.HasPrefix(out[len(out)-1], "<br>") && strings.TrimSpace(line) != "" {
				line = "<br>" + line
			}
			out = append(out, strings.TrimSpace(line))
		case strings.HasPrefix(inner, " "): // continues the line before
			out = append(out, strings.TrimSpace(inner))
		default:
			out = append(out, strings.TrimSpace("<br>`"+word+"` "+strings.TrimSpace(rest)))
		}
	}
	joined := strings.Join(strings.Fields(strings.Join(out, " ")), " ")
	return strings.NewReplacer("|", `\|`, "<loc", `\<loc`, "<seg", `\<seg`, "<extra", `\<extra`, "[", `\[`).Replace(joined)
}

// introOf is a comment as a sentence that does not begin with Go's name of what it is about.
func introOf(doc, name string) string {
	doc = strings.TrimSpace(doc)
	rest, ok := strings.CutPrefix(doc, name+" ")
	if !ok {
		return doc
	}
	for _, verb := range []string{"is ", "are "} {
		if after, ok := strings.CutPrefix(rest, verb); ok {
			rest = after
			break
		}
	}
	if strings.HasPrefix(rest, "to ") || strings.HasPrefix(rest, "of ") || strings.HasPrefix(rest, "and ") || strings.HasPrefix(rest, "that ") {
		return doc
	}
	return strings.ToUpper(rest[:1]) + rest[1:]
}
