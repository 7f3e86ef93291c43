package page

import (
	"path"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The screen that a picture element's sources are chosen for, in CSS pixels.
const (
	screenWidth  = 1920
	screenHeight = 1080
)

// matchesScreen reports whether a media query list matches a large desktop screen in light colours.
// Unknown conditions do not match.
func matchesScreen(media string) bool {
	if strings.TrimSpace(media) == "" {
		return true
	}
	for query := range strings.SplitSeq(strings.ToLower(media), ",") {
		holds := true
		for condition := range strings.SplitSeq(query, " and ") {
			holds = holds && matches(strings.TrimSpace(condition))
		}
		if holds {
			return true
		}
	}
	return false
}

func matches(condition string) bool {
	switch strings.TrimPrefix(condition, "only ") {
	case "all", "screen":
		return true
	}
	condition = strings.TrimSuffix(strings.TrimPrefix(condition, "("), ")")
	feature, value, _ := strings.Cut(condition, ":")
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(feature) {
	case "min-width", "min-device-width":
		return screenWidth >= pixels(value)
	case "max-width", "max-device-width":
		return pixels(value) >= screenWidth
	case "min-height", "min-device-height":
		return screenHeight >= pixels(value)
	case "max-height", "max-device-height":
		return pixels(value) >= screenHeight
	case "orientation":
		return value == "landscape"
	case "prefers-color-scheme":
		return value == "light"
	case "prefers-reduced-motion":
		return value == "no-preference"
	}
	return false
}

// pixels parses a length, and returns -1 if it is invalid.
func pixels(length string) float64 {
	number := strings.TrimRight(length, "abcdefghijklmnopqrstuvwxyz%")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return -1
	}
	switch length[len(number):] {
	case "em", "rem":
		return 16 * n
	}
	return n
}

// isReadable reports whether images of a type, or else with an address's extension, can be decoded.
func isReadable(kind, address string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); kind {
	case "":
		address, _, _ = strings.Cut(address, "?")
		switch strings.ToLower(path.Ext(address)) {
		case ".avif", ".avifs", ".heic", ".heif", ".jxl", ".jp2", ".svg":
			return false
		}
		return true
	case "image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/x-png", "image/apng", "image/gif", "image/webp", "image/bmp", "image/x-ms-bmp", "image/tiff":
		return true
	}
	return false
}

// sourceFor returns the source element of the picture element around an image that a browser takes,
// of those whose type can be read. Unreadable is the first of the others.
func sourceFor(n *html.Node) (chosen, unreadable *imageAttributes) {
	if n.Parent == nil || n.Parent.DataAtom != atom.Picture {
		return nil, nil
	}
	for s := n.Parent.FirstChild; s != nil && s != n; s = s.NextSibling {
		if s.Type != html.ElementNode || s.DataAtom != atom.Source || !matchesScreen(attribute(s, "media")) {
			continue
		}
		a := attributesOf(s)
		addresses := append(a.lazyAddresses(), best(a.srcset, "")...)
		switch {
		case len(addresses) == 0:
		case isReadable(attribute(s, "type"), addresses[0]):
			return &a, unreadable
		case unreadable == nil:
			unreadable = &a
		}
	}
	return nil, unreadable
}
