package metrics

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// pythonFloat is Python's float(text): decimal numbers with white space around them, underscores
// between digits, digits of every script, "inf", "infinity" and "nan".
func pythonFloat(text string) (float64, bool) {
	if strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0 {
		text = strings.Trim(text, " \t\n\v\f\r") // Python asks C of what white space is in ASCII
	} else {
		text = pythonStrip(text)
	}
	var ascii strings.Builder
	for _, r := range text {
		switch {
		case r < 0x80:
			ascii.WriteRune(r)
		case unicode.Is(unicode.Nd, r):
			ascii.WriteByte('0' + byte(digitValue(r)))
		default:
			return 0, false
		}
	}
	number := ascii.String()
	unsigned := strings.TrimLeft(number[:min(1, len(number))], "+-") + number[min(1, len(number)):]
	switch name := strings.ToLower(unsigned); {
	case name == "nan":
		return math.NaN(), true
	case name != "inf" && name != "infinity" && !isDecimal(unsigned):
		return 0, false
	}
	value, _ := strconv.ParseFloat(strings.ReplaceAll(number, "_", ""), 64) // out of range is ±Inf, as in Python
	return value, true
}

// isDecimal reports whether s is digits with one point at most and an exponent, underscores
// standing between two digits.
func isDecimal(s string) bool {
	mantissa, exponent, has := s, "", false
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent, has = s[:i], s[i+1:], true
	}
	if has {
		if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
			exponent = exponent[1:]
		}
		if !isDigits(exponent) {
			return false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	switch {
	case whole == "":
		return isDigits(fraction)
	case fraction == "":
		return isDigits(whole)
	}
	return isDigits(whole) && isDigits(fraction)
}

func isDigits(s string) bool {
	for i := range len(s) {
		switch {
		case s[i] >= '0' && s[i] <= '9':
		case s[i] == '_' && i > 0 && s[i-1] != '_' && i+1 < len(s):
		default:
			return false
		}
	}
	return s != ""
}

// digitValue is the value of a decimal digit. Unicode encodes those of each script in a row from 0
// to 9.
func digitValue(r rune) int {
	for _, row := range unicode.Nd.R16 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return int(r-rune(row.Lo)) % 10
		}
	}
	for _, row := range unicode.Nd.R32 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return int(r-rune(row.Lo)) % 10
		}
	}
	return 0
}
