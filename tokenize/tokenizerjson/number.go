package tokenizerjson

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// scoreOf reads a number as serde_json does, which tokenizers reads files with: digits as a 64-bit
// integer, then times or by a power of ten, both rounded. The last bit may differ from the nearest
// number, and then decides between equal segmentations. (de.rs of github.com/serde-rs/json,
// f64_from_parts.)
func scoreOf(raw string) (float64, error) {
	exact, err := strconv.ParseFloat(raw, 64)
	if err != nil || exact == 0 {
		return exact, err
	}
	digits, negative := strings.CutPrefix(raw, "-")
	mantissa, power, _ := strings.Cut(strings.ToLower(digits), "e")
	exponent := 0
	if power != "" {
		if exponent, err = strconv.Atoi(power); err != nil {
			return exact, nil // beyond all numbers
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	significand, full := uint64(0), false
	for i, c := range whole + fraction {
		d := uint64(c - '0')
		if full = full || significand > (math.MaxUint64-d)/10; full {
			if i < len(whole) {
				exponent++
			}
			continue
		}
		significand = significand*10 + d
		if i >= len(whole) {
			exponent--
		}
	}
	f := float64(significand)
	for ; exponent < -308 && f != 0; exponent += 308 {
		f /= 1e308
	}
	switch {
	case f == 0:
	case exponent > 308:
		return 0, fmt.Errorf("%s is out of range", raw)
	case exponent >= 0:
		f *= power10(exponent)
	default:
		f /= power10(-exponent)
	}
	if math.IsInf(f, 0) {
		return 0, fmt.Errorf("%s is out of range", raw)
	}
	if negative {
		f = -f
	}
	return f, nil
}

// power10 returns the number nearest to a power of ten.
func power10(n int) float64 {
	f, err := strconv.ParseFloat("1e"+strconv.Itoa(n), 64)
	if err != nil {
		return math.Inf(1)
	}
	return f
}
