package page

import (
	"slices"
	"strconv"
	"strings"
)

// candidate is an image of a srcset.
type candidate struct {
	address string
	width   int     // in pixels, 0 if not given
	density float64 // of pixels, 0 if not given
}

const space = " \t\n\f\r"

func isSpace(c byte) bool { return strings.IndexByte(space, c) >= 0 }

// parseSrcset parses a srcset by the HTML standard's "parse a srcset attribute". Candidates with
// invalid descriptors are dropped, as in a browser.
func parseSrcset(set string) (all []candidate) {
	for {
		set = strings.TrimLeft(set, space+",")
		if set == "" {
			return all
		}
		end := strings.IndexAny(set, space)
		if end < 0 {
			end = len(set)
		}
		address, rest := set[:end], set[end:]
		var descriptors []string
		if trimmed := strings.TrimRight(address, ","); trimmed != address {
			address = trimmed
		} else {
			descriptors, rest = splitDescriptors(rest)
		}
		if c, ok := describe(address, descriptors); ok {
			all = append(all, c)
		}
		set = rest
	}
}

// splitDescriptors reads the descriptors after an address, up to the comma that ends the candidate.
// Commas within parentheses do not end it.
func splitDescriptors(text string) (all []string, rest string) {
	from, within := -1, false
	for i := range len(text) {
		switch c := text[i]; {
		case within:
			within = c != ')'
		case isSpace(c), c == ',':
			if from >= 0 {
				all = append(all, text[from:i])
				from = -1
			}
			if c == ',' {
				return all, text[i+1:]
			}
		default:
			within = c == '('
			if from < 0 {
				from = i
			}
		}
	}
	if from >= 0 {
		all = append(all, text[from:])
	}
	return all, ""
}

// describe parses a candidate's descriptors.
func describe(address string, descriptors []string) (c candidate, ok bool) {
	c.address = address
	var hasWidth, hasDensity, hasHeight bool
	for _, d := range descriptors {
		number, unit := d[:len(d)-1], d[len(d)-1]
		switch unit {
		case 'w':
			width, valid := positive(number)
			if !valid || hasWidth || hasDensity {
				return c, false
			}
			c.width, hasWidth = width, true
		case 'x':
			density, valid := float(number)
			if !valid || density < 0 || hasWidth || hasDensity || hasHeight {
				return c, false
			}
			c.density, hasDensity = density, true
		case 'h':
			if _, valid := positive(number); !valid || hasHeight || hasDensity {
				return c, false
			}
			hasHeight = true
		default:
			return c, false
		}
	}
	if !hasWidth && !hasDensity {
		c.density = 1
	}
	return c, !hasHeight || hasWidth
}

// positive parses a positive integer.
func positive(text string) (int, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil { // more digits than any image's width has
		n = 1 << 62
	}
	return n, n > 0
}

// float parses a valid floating-point number: no plus sign, digits after the point.
func float(text string) (float64, bool) {
	digits, exponent, hasExponent := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, hasFraction := strings.Cut(strings.TrimPrefix(digits, "-"), ".")
	const decimal = "0123456789"
	if strings.Trim(whole+fraction, decimal) != "" || hasFraction && fraction == "" || !hasFraction && whole == "" {
		return 0, false
	}
	if sign := strings.TrimLeft(exponent, "+-"); hasExponent && (sign == "" || len(exponent)-len(sign) > 1 || strings.Trim(sign, decimal) != "") {
		return 0, false
	}
	n, _ := strconv.ParseFloat(text, 64) // infinite where it is out of range
	return n, true
}

// Largest returns the address with the greatest width or density in a srcset, or "" if it has none.
func Largest(srcset string) string {
	if all := best(srcset, ""); len(all) > 0 {
		return all[0]
	}
	return ""
}

// best returns the addresses of a srcset and a src, greatest width or density first; src counts as
// 1x. Candidates without a width come after those with one.
func best(set, src string) []string {
	all := parseSrcset(set)
	if src != "" && !slices.ContainsFunc(all, func(c candidate) bool { return c.width > 0 || c.density == 1 }) {
		all = append(all, candidate{address: src, density: 1})
		src = ""
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		switch {
		case a.width != b.width:
			return b.width - a.width
		case a.density > b.density:
			return -1
		case a.density < b.density:
			return 1
		}
		return 0
	})
	addresses := make([]string, 0, len(all)+1)
	for _, c := range all {
		addresses = append(addresses, c.address)
	}
	if src != "" {
		addresses = append(addresses, src)
	}
	return addresses
}
