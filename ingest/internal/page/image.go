package page

import (
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/pali3/pali3/ingest/internal/address"
)

// maxOthers bounds the alternative addresses of an image.
const maxOthers = 8

// found is an image element that becomes an [Image].
type found struct {
	Image
	place
	noscript bool   // within a noscript element
	lazy     bool   // a script would load it
	only     bool   // the only address, if any, is that of a placeholder
	merged   bool   // with its copy
	src      string // of a lazy image: the address of its placeholder, the last choice
}

// place is the position of an image in the page's text.
type place struct{ at, block int }

// image adds an img or amp-img element.
func (r *reader) image(n *html.Node, language string) {
	a := attributesOf(n)
	f := found{place: place{len(r.text), len(r.blocks)}, noscript: r.noscript > 0}
	f.Alt, f.Title = cut(tidy(a.alt), maxText), cut(tidy(a.title), maxText)
	f.Caption, f.Language = cut(tidy(captionOf(n)), maxText), language
	r.addresses(&f, n, &a)
	if f.URL != "" {
		r.numbered++
		f.Number = r.numbered
		r.text = append(r.text, ' ')
	}
	r.found = append(r.found, f)
}

// addresses finds an image's addresses in order of preference: those that a script loads, the
// picture element's sources, srcset, src.
func (r *reader) addresses(f *found, n *html.Node, a *imageAttributes) {
	source, unreadable := sourceFor(n)
	lazy := a.lazyAddresses()
	var plain []string
	if source != nil {
		lazy = append(source.lazyAddresses(), lazy...)
		plain = best(source.srcset, "")
	}
	if a.srcset == "" {
		if a.src != "" {
			plain = append(plain, a.src)
		}
	} else {
		plain = append(plain, best(a.srcset, a.src)...)
	}
	if len(plain) > 1 && slices.ContainsFunc(plain, func(s string) bool { return !isData(s) }) {
		plain = slices.DeleteFunc(plain, isData)
	}
	hidden := len(plain) == 0 || IsPlaceholder(plain[0])
	if len(lazy) == 0 && a.any != "" && (hidden || a.hinted && !a.native) {
		lazy = []string{a.any}
	}
	if len(lazy) == 0 && hidden && unreadable != nil {
		plain = append(append(unreadable.lazyAddresses(), best(unreadable.srcset, "")...), plain...)
		hidden = len(plain) == 0
	}
	f.lazy, f.only = len(lazy) > 0, len(lazy) == 0 && hidden
	r.resolve(f, lazy)
	if !f.lazy {
		r.resolve(f, plain)
		return
	}
	plain = slices.DeleteFunc(plain, IsPlaceholder)
	if len(plain) > 0 && plain[len(plain)-1] == a.src {
		f.src = r.absolute(a.src)
	}
	r.resolve(f, plain)
}

// resolve adds addresses, made absolute. The first becomes the image's if it has none yet; an
// invalid one does only if there is no other.
func (r *reader) resolve(f *found, addresses []string) {
	for _, text := range addresses {
		absolute, err := r.parse(text)
		switch {
		case err != nil && f.URL == "":
			f.URL, f.Err = cut(text, maxText), err
		case err != nil, absolute == f.URL, slices.Contains(f.Others, absolute):
		case f.URL == "" || f.Err != nil:
			f.URL, f.Err = absolute, nil
		case len(f.Others) < maxOthers:
			f.Others = append(f.Others, absolute)
		}
	}
}

func (r *reader) absolute(text string) string {
	absolute, err := r.parse(text)
	if err != nil {
		return ""
	}
	return absolute
}

// parse parses an address and makes it absolute.
func (r *reader) parse(text string) (string, error) {
	if isData(text) {
		return text, nil
	}
	absolute, err := address.ParseIn(text, r.base, r.query)
	if err != nil {
		return "", err
	}
	absolute.Fragment, absolute.HasFragment = "", false
	return absolute.String(), nil
}

// finish turns the elements found into the page's images.
func (r *reader) finish() {
	r.mergeCopies()
	stands := r.standIns()
	for i := range r.found {
		f := &r.found[i]
		if f.URL == "" {
			r.page.NoAddress++
			continue
		}
		if f.src != "" && stands[f.src] {
			f.Others = slices.DeleteFunc(f.Others, func(other string) bool { return other == f.src })
		}
		f.Before, f.After = r.surroundings(f.place)
		r.page.Images = append(r.page.Images, f.Image)
	}
}

// standIns returns the addresses used by several lazy images, which are therefore placeholders.
func (r *reader) standIns() map[string]bool {
	of, several := map[string]string{}, map[string]bool{}
	for i := range r.found {
		if f := &r.found[i]; f.src != "" && f.src != f.URL {
			if other, there := of[f.src]; there && other != f.URL {
				several[f.src] = true
			}
			of[f.src] = f.URL
		}
	}
	return several
}

// mergeCopies merges an image that a script loads with its copy in a noscript element beside it.
func (r *reader) mergeCopies() {
	if !r.hasNoscript {
		return
	}
	merged := r.found[:0]
	for _, f := range r.found {
		if n := len(merged) - 1; n >= 0 && merged[n].merge(&f, r.text) {
			r.page.Copies++
			continue
		}
		merged = append(merged, f)
	}
	r.found = merged
}

// standsFor reports whether an image that a script loads, from another or an unknown address, is
// the same as the one in the noscript element beside it.
func (f *found) standsFor(plain *found) bool {
	if f.lazy {
		return f.Alt != "" && f.Alt == plain.Alt
	}
	return f.only && (f.Alt == plain.Alt && (f.Alt != "" || f.URL != "") || (f.Alt == "") != (plain.Alt == ""))
}

// merge merges an image with the next one if either is a copy of the other.
func (f *found) merge(next *found, text []byte) bool {
	if f.noscript == next.noscript || f.merged || len(strings.TrimSpace(string(text[f.at:next.at]))) > 0 {
		return false
	}
	scripted, plain := f, next
	if f.noscript {
		scripted, plain = next, f
	}
	if plain.URL == "" {
		return false
	}
	same := plain.URL != "" && (plain.URL == scripted.URL || slices.Contains(scripted.Others, plain.URL) || slices.Contains(plain.Others, scripted.URL))
	if !same && !scripted.standsFor(plain) {
		return false
	}
	result := *scripted
	result.place, result.merged = f.place, true
	if scripted.only || scripted.Err != nil {
		result.URL, result.Err, result.Others = plain.URL, plain.Err, plain.Others
	} else if plain.Err == nil {
		for _, other := range append([]string{plain.URL}, plain.Others...) {
			if other != result.URL && !slices.Contains(result.Others, other) && len(result.Others) < maxOthers {
				result.Others = append(result.Others, other)
			}
		}
	}
	for _, fill := range []struct {
		to   *string
		from string
	}{{&result.Alt, plain.Alt}, {&result.Title, plain.Title}, {&result.Caption, plain.Caption}} {
		if *fill.to == "" {
			*fill.to = fill.from
		}
	}
	if result.Number = f.Number; result.Number == 0 {
		result.Number = next.Number
	}
	*f = result
	return true
}
