package page

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/language"
)

// surroundings returns the text around an image: that of its block or, if the block has none, of
// the blocks before and after.
func (r *reader) surroundings(p place) (before, after string) {
	from, to := 0, len(r.text)
	if p.block > 0 {
		from = r.blocks[p.block-1]
	}
	if p.block < len(r.blocks) {
		to = r.blocks[p.block]
	}
	before, after = tidy(window(r.text[from:p.at], -maxContext)), tidy(window(r.text[p.at:to], maxContext))
	if before == "" && after == "" {
		if p.block > 1 {
			before = tidy(window(r.text[r.blocks[p.block-2]:from], -maxContext))
		}
		next := len(r.text)
		if p.block+1 < len(r.blocks) {
			next = r.blocks[p.block+1]
		}
		after = tidy(window(r.text[to:next], maxContext))
	}
	return before, after
}

// window returns at most n bytes of the beginning of a text, or, for n below zero, of its end.
func window(text []byte, n int) string {
	switch {
	case n < 0 && len(text) > -n:
		text = text[len(text)+n:]
	case n >= 0 && len(text) > n:
		text = text[:n]
	}
	return strings.ToValidUTF8(string(text), "")
}

// captionOf returns the text of the figcaption of the figure around a node.
func captionOf(n *html.Node) string {
	for up := range n.Ancestors() {
		if up.DataAtom != atom.Figure {
			continue
		}
		for d := range up.Descendants() {
			if d.Type == html.ElementNode && d.DataAtom == atom.Figcaption {
				return textOf(d)
			}
		}
		return ""
	}
	return ""
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func langOf(n *html.Node) string {
	if l := attribute(n, "lang"); l != "" {
		return l
	}
	return attribute(n, "xml:lang")
}

// Tag returns a language as a BCP-47 tag, or "" if it is invalid. Of several languages it takes the
// first.
func Tag(text string) string {
	text, _, _ = strings.Cut(text, ",")
	parsed, err := language.Parse(strings.TrimSpace(text))
	if err != nil || parsed == language.Und {
		return ""
	}
	return parsed.String()
}

// textOf returns the text of a node.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && b.Len() < 4*maxText {
			b.WriteString(d.Data)
		}
		if d.DataAtom == atom.Br {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// tidy collapses white space.
func tidy(text string) string { return strings.Join(strings.Fields(text), " ") }

// cut shortens a text to at most n bytes at a character boundary.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
