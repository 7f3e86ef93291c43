package page

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Scripts that load images lazily keep the true address in a separate attribute, and a placeholder
// or nothing in src. A reader sees the image at the true address.

// lazyNames are the attributes that such scripts take an address from, in order of preference.
var lazyNames = rank("data-src", "data-lazy-src", "data-lazy", "data-lazyload", "data-lazyload-src", "data-lazy-load", "data-original",
	"data-original-src", "data-actualsrc", "data-actual-src", "data-real-src", "data-defer-src", "data-delayed-url", "data-echo",
	"data-cfsrc", "data-ks-lazyload", "data-pagespeed-lazy-src", "pagespeed_lazy_src", "data-flickity-lazyload", "lazy-src", "lazysrc")

// lazySets are the attributes that hold a srcset.
var lazySets = rank("data-srcset", "data-lazy-srcset", "data-original-set", "data-lazyload-srcset", "data-cfsrcset", "data-src-set",
	"data-lazy-set", "data-flickity-lazyload-srcset", "lazy-srcset", "lazysrcset")

func rank(names ...string) map[string]int {
	ranks := map[string]int{}
	for i, name := range names {
		ranks[name] = i + 1
	}
	return ranks
}

// imageAttributes are those of an img, amp-img or source element.
type imageAttributes struct {
	src, srcset, alt, title string
	lazy, lazySet           string
	any                     string // an address in an attribute with an unknown name
	hinted                  bool   // the class says that a script loads the image
	native                  bool   // lazily loaded by the browser: src is the true address

	lazyRank, setRank int
	widths            string
}

func attributesOf(n *html.Node) (a imageAttributes) {
	for _, attr := range n.Attr {
		switch attr.Key {
		case "src":
			a.src = strings.TrimSpace(attr.Val)
		case "srcset":
			a.srcset = attr.Val
		case "alt":
			a.alt = attr.Val
		case "title":
			a.title = attr.Val
		case "class":
			a.hinted = hints(attr.Val)
		case "loading":
			a.native = strings.EqualFold(strings.TrimSpace(attr.Val), "lazy")
		case "data-widths":
			a.widths = attr.Val
		case "width", "height", "style", "id", "sizes", "decoding":
		default:
			a.further(attr.Key, strings.TrimSpace(attr.Val))
		}
	}
	a.lazy = widen(a.lazy, a.widths)
	a.lazySet = widen(a.lazySet, a.widths)
	return a
}

// further reads an attribute that scripts use.
func (a *imageAttributes) further(name, value string) {
	if r := lazyNames[name]; r > 0 {
		if isAddress(value) && (a.lazyRank == 0 || r < a.lazyRank) {
			a.lazy, a.lazyRank = value, r
		}
	} else if r := lazySets[name]; r > 0 {
		if isAddress(value) && (a.setRank == 0 || r < a.setRank) {
			a.lazySet, a.setRank = value, r
		}
	} else if a.any == "" && (strings.HasPrefix(name, "data-") || name == "file" || name == "_src") && isAddress(value) && namesImage(value) {
		a.any = value
	}
}

// IsLazy reports whether scripts take an image's address from an attribute, or a srcset if set is
// true.
func IsLazy(attribute string) (lazy, set bool) {
	return lazyNames[attribute] > 0, lazySets[attribute] > 0
}

// lazyAddresses returns the addresses that a script would load, the best first.
func (a *imageAttributes) lazyAddresses() []string {
	if a.lazySet == "" {
		if a.lazy == "" {
			return nil
		}
		return []string{a.lazy}
	}
	return slices.DeleteFunc(best(a.lazySet, a.lazy), isData)
}

// hints reports whether a class indicates lazy loading by a script.
func hints(class string) bool {
	for name := range strings.FieldsSeq(strings.ToLower(class)) {
		if strings.Contains(name, "lazy") && !strings.Contains(name, "loaded") || name == "lozad" || name == "unveil" {
			return true
		}
	}
	return false
}

// isAddress reports whether the value of a script's attribute can be an address. Other values are
// switches, numbers, JSON, templates and placeholders.
func isAddress(value string) bool {
	if value == "" || !strings.ContainsAny(value, "./?") || isData(value) || strings.ContainsAny(value[:1], "#{[<$") {
		return false
	}
	if strings.Contains(value, "{{") || strings.Contains(value, "${") || strings.Contains(value, "<%") {
		return false
	}
	_, err := strconv.ParseFloat(value, 64)
	return err != nil
}

// namesImage reports whether an address ends with an image extension.
func namesImage(address string) bool {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		address = address[:end]
	}
	switch strings.ToLower(path.Ext(address)) {
	case ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif":
		return !strings.ContainsAny(address, space)
	}
	return false
}

// widen puts the greatest width that lazysizes may choose into an address template.
func widen(address, widths string) string {
	if !strings.Contains(address, "{width}") {
		return address
	}
	greatest := 0
	for field := range strings.FieldsFuncSeq(widths, func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(field); err == nil && n <= 1<<14 {
			greatest = max(greatest, n)
		}
	}
	if greatest == 0 {
		greatest = 1080
	}
	return strings.ReplaceAll(address, "{width}", strconv.Itoa(greatest))
}

func isData(address string) bool { return len(address) >= 5 && strings.EqualFold(address[:5], "data:") }

// placeholders are the file names of placeholder images.
var placeholders = rank("blank", "spacer", "placeholder", "loading", "loader", "ajax-loader", "transparent", "pixel", "1x1", "lazy", "lazyload",
	"grey", "gray", "white", "dummy", "empty", "clear", "trans", "none", "s", "t", "px", "dot", "lazy-placeholder", "loading-spinner",
	"spinner", "image-placeholder", "placeholder-image", "img-placeholder", "lazy_placeholder", "default-placeholder", "preload", "preloader")

// IsPlaceholder reports whether an address has the name of a known placeholder.
func IsPlaceholder(address string) bool {
	if address == "" || isData(address) {
		return true
	}
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		address = address[:end]
	}
	name := strings.ToLower(address[strings.LastIndexAny(address, `/\`)+1:])
	ending := path.Ext(name)
	stem := strings.TrimSuffix(name, ending)
	return placeholders[stem] > 0 && (len(stem) > 2 || ending == ".gif") || name == "about:blank"
}
