// Package page extracts the images of a web page with the page's text about them: alternative
// texts, titles, captions, surrounding text, and its language.
//
// [Parse] parses a page in any encoding, wherever the page comes from.
package page

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/pali3/pali3/ingest/internal/address"
)

// MaxBytes is how much of a page is read; the rest is ignored.
const MaxBytes = 4 << 20

// Bounds of texts, in bytes.
const (
	maxText    = 4096 // of one text about an image
	maxContext = 512  // on each side of an image
)

// Page is a parsed page.
type Page struct {
	Title    string
	Language string // BCP-47, "" if undeclared
	Charset  string // the encoding's name in the WHATWG standard
	Images   []Image

	NoAddress int // img elements without any address
	Copies    int // images in noscript elements that copy those beside them
	Hidden    int // img elements in templates, which are never shown
}

// Image is an image in a page.
type Image struct {
	URL      string   // address of the image that a reader sees: absolute, or a data URI
	Others   []string // alternative addresses, the best first, in case URL is not available
	Err      error    // why the address is invalid; URL is then as written in the page
	Number   int      // position among the images with an address, from 1, copies included
	Alt      string
	Title    string // the attribute
	Caption  string // of the figure around it
	Before   string // text before it within its block
	After    string
	Language string // of the element, or of the page
}

// Parse parses a page. From is its address, the base of its links; contentType and language are its
// Content-Type and Content-Language headers, or "".
//
// The images are those of img and amp-img elements. Among lazily loaded addresses, a picture
// element's sources and a srcset, Parse takes the image that a reader sees on a large screen, or
// the largest. It ignores backgrounds, SVG, video posters and buttons.
func Parse(content []byte, from, contentType, language string) (*Page, error) {
	base, err := address.Parse(from, nil)
	if err != nil {
		base = nil // absolute addresses can still be resolved
	}
	content = content[:min(len(content), MaxBytes)]
	text, name := toUTF8(content, contentType)
	root, err := html.ParseWithOptions(bytes.NewReader(text), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, fmt.Errorf("parsing HTML: %w", err)
	}
	r := &reader{page: &Page{Charset: name, Language: Tag(language)}, base: base, query: queryEncoder(name)}
	r.head(root)
	r.body(root, r.page.Language)
	r.finish()
	return r.page, nil
}

// reader holds the state of walking a page.
type reader struct {
	page  *Page
	base  *address.URL
	query func(string) string // encodes the query of an address as the page is encoded
	based bool

	text        []byte  // of the page, blocks apart
	blocks      []int   // where in text each block begins
	found       []found // images, in the order of the page
	numbered    int     // of those with an address
	noscript    int     // noscript elements around
	hasNoscript bool
}

// head finds the title, base and language.
func (r *reader) head(root *html.Node) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Html:
			if l := Tag(langOf(n)); l != "" {
				r.page.Language = l
			}
		case atom.Base:
			r.rebase(n)
		case atom.Title:
			if r.page.Title == "" && n.Namespace == "" {
				r.page.Title = cut(tidy(textOf(n)), maxText)
			}
		case atom.Meta:
			if r.page.Language == "" && strings.EqualFold(attribute(n, "http-equiv"), "content-language") {
				r.page.Language = Tag(attribute(n, "content"))
			}
		}
	}
}

// rebase takes the first base element that has an address.
func (r *reader) rebase(n *html.Node) {
	href := strings.TrimSpace(attribute(n, "href"))
	if r.based || href == "" {
		return
	}
	if base, err := address.Parse(href, r.base); err == nil && base.Scheme != "data" && base.Scheme != "javascript" {
		r.base, r.based = base, true
	}
}

// body finds the images and the text around them in document order, also within noscript, which
// holds the images that a script would show. The parser bounds the depth of a page and so of this
// recursion.
func (r *reader) body(n *html.Node, language string) {
	switch n.Type {
	case html.TextNode:
		r.text = append(r.text, n.Data...)
		return
	case html.ElementNode:
		if len(n.Attr) > 0 {
			if l := langOf(n); l != "" {
				language = cmp.Or(Tag(l), language)
			}
		}
		switch n.DataAtom {
		case atom.Template:
			r.page.Hidden += countImages(n)
			return
		case atom.Script, atom.Style, atom.Head, atom.Iframe, atom.Textarea, atom.Select:
			return
		case atom.Img:
			r.image(n, language)
			return
		case atom.Br:
			r.text = append(r.text, ' ')
		case atom.Noscript:
			r.hasNoscript = true
			r.noscript++
			defer func() { r.noscript-- }()
		case 0:
			if n.Data == "amp-img" || n.Data == "amp-anim" {
				if has(n, "placeholder") || has(n, "fallback") {
					r.page.Hidden++
					return
				}
				r.image(n, language) // and its fallback for browsers without scripts
			}
		}
		if isBlock[n.DataAtom] {
			r.block()
			defer r.block()
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.body(c, language)
	}
}

// countImages counts the images below a node.
func countImages(n *html.Node) (count int) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.DataAtom == atom.Img {
			count++
		}
	}
	return count
}

func (r *reader) block() {
	if len(r.blocks) == 0 || r.blocks[len(r.blocks)-1] != len(r.text) {
		r.blocks = append(r.blocks, len(r.text))
	}
}

// isBlock is the set of block elements.
var isBlock = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Td: true, atom.Th: true, atom.Li: true, atom.Article: true, atom.Section: true,
	atom.Figure: true, atom.Figcaption: true, atom.Blockquote: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true,
	atom.H5: true, atom.H6: true, atom.Table: true, atom.Tr: true, atom.Ul: true, atom.Ol: true, atom.Dl: true, atom.Dd: true,
	atom.Dt: true, atom.Header: true, atom.Footer: true, atom.Nav: true, atom.Aside: true, atom.Main: true, atom.Form: true,
	atom.Pre: true, atom.Body: true, atom.Center: true, atom.Hr: true,
}
