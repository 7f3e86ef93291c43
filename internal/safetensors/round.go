package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
)

// LargestFloat16 is the largest finite F16 number.
const LargestFloat16 = 65504

// Encode returns the little-endian bytes of values as F64, F32, BF16 or F16, rounded to nearest,
// ties to even, as torch rounds. It is an error if a finite value is too large for the type.
func Encode(d DType, values []float32) ([]byte, error) {
	le := binary.LittleEndian
	switch d {
	case F32:
		return Float32Bytes(values), nil
	case F64:
		content := make([]byte, 0, 8*len(values))
		for _, v := range values {
			content = le.AppendUint64(content, math.Float64bits(float64(v)))
		}
		return content, nil
	}
	var round func(float32) uint16
	var infinity uint16
	switch d {
	case BF16:
		round, infinity = float32ToBfloat16, 0x7f80
	case F16:
		round, infinity = float32ToFloat16, 0x7c00
	default:
		return nil, fmt.Errorf("numbers cannot be written as %s, only as F64, F32, BF16 or F16", d)
	}
	content := make([]byte, 0, 2*len(values))
	for i, v := range values {
		bits := round(v)
		if bits&0x7fff == infinity && !math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("element %d is %g, too large for %s", i, v, d)
		}
		content = le.AppendUint16(content, bits)
	}
	return content, nil
}

// float32ToBfloat16 keeps the upper 16 bits, rounded to nearest even.
func float32ToBfloat16(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		return uint16(bits>>16) | 0x40 // quiet: its upper bits alone may be an infinity's
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// float32ToFloat16 rounds to nearest even, to subnormal numbers and to infinity, too.
func float32ToFloat16(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	bits &= 0x7fffffff
	switch {
	case bits > 0x7f800000: // not a number
		return sign | 0x7e00 | uint16(bits>>13&0x1ff)
	case bits >= 0x47800000: // 65536 and above
		return sign | 0x7c00
	case bits >= 0x38800000: // 2^-14 and above: normal
		return sign | uint16((bits-0x38000000+0xfff+bits>>13&1)>>13)
	}
	// The sum with 0.5 has steps of 2^-24, as subnormal float16 numbers have: adding rounds.
	sum := math.Float32bits(math.Float32frombits(bits) + 0.5)
	return sign | uint16(sum-0x3f000000)
}

// float16ToFloat32 moves the bits to their places and corrects the exponent by a product, which is
// exact for subnormal numbers, too.
func float16ToFloat32(half uint16) float32 {
	sign, bits := uint32(half&0x8000)<<16, uint32(half&0x7fff)<<13
	if half&0x7c00 == 0x7c00 { // infinity or not a number
		return math.Float32frombits(sign | 0x7f800000 | bits)
	}
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(bits)*0x1p112))
}

// eightBits returns the value of each byte of an 8-bit type (ml_dtypes' README; OCP "8-bit
// Floating Point" and "Microscaling Formats").
func eightBits(d DType) (table [256]float32) {
	nan := float32(math.NaN())
	for i := range table {
		sign := 1 - 2*float64(i>>7)
		number := func(fractionBits, bias int) float32 {
			exponent, fraction := i&0x7f>>fractionBits, float64(i&(1<<fractionBits-1))/float64(int(1)<<fractionBits)
			if exponent == 0 {
				return float32(math.Copysign(math.Ldexp(fraction, 1-bias), sign))
			}
			return float32(sign * math.Ldexp(1+fraction, exponent-bias))
		}
		switch {
		case d == F8E4M3 && i&0x7f == 0x7f, d == F8E5M2 && i&0x7f > 0x7c, d == F8E8M0 && i == 0xff,
			(d == F8E4M3UZ || d == F8E5M2UZ) && i == 0x80:
			table[i] = nan
		case d == F8E5M2 && i&0x7f == 0x7c:
			table[i] = float32(math.Inf(int(sign)))
		case d == F8E4M3:
			table[i] = number(3, 7)
		case d == F8E5M2:
			table[i] = number(2, 15)
		case d == F8E4M3UZ:
			table[i] = number(3, 8)
		case d == F8E5M2UZ:
			table[i] = number(2, 16)
		case d == F8E8M0:
			table[i] = float32(math.Ldexp(1, i-127))
		}
	}
	return table
}
