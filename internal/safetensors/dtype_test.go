package safetensors

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestFloat32_ReadsAsTorch compares every 8-bit number (parity/weight_files.py).
func TestFloat32_ReadsAsTorch(t *testing.T) {
	f, err := Open("testdata/dtypes.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"} {
		got, err := f.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := f.Float32(name + " as float32")
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
				t.Errorf("%s: byte %#x is %g, want %g", name, i, got[i], want[i])
			}
		}
	}
	if powers := F8E8M0.AppendFloat32(nil, []byte{0, 127, 130, 254}); !slices.Equal(powers, []float32{0x1p-127, 1, 8, 0x1p127}) {
		t.Errorf("powers of two: %v", powers)
	}
}

// TestEncode_RoundsAsTorch compares rounding to 16 bits, with ties and subnormal numbers.
func TestEncode_RoundsAsTorch(t *testing.T) {
	f, err := Open("testdata/dtypes.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	values, err := f.Float32("values")
	if err != nil || len(values) < 4000 {
		t.Fatalf("%d values, %v", len(values), err)
	}
	for name, round := range map[string]func(float32) uint16{"bfloat16": float32ToBfloat16, "float16": float32ToFloat16} {
		want, err := f.Bytes(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if got, want := round(v), uint16(want[2*i])|uint16(want[2*i+1])<<8; got != want {
				t.Errorf("%s: %g (%#x) became %#x, want %#x", name, v, math.Float32bits(v), got, want)
			}
		}
	}
}

// TestEncode_RoundTrips writes each 16-bit number as itself.
func TestEncode_RoundTrips(t *testing.T) {
	for _, d := range []DType{BF16, F16} {
		for bits := range 1 << 16 {
			content := []byte{byte(bits), byte(bits >> 8)}
			values := d.AppendFloat32(nil, content)
			back, err := Encode(d, values)
			if err != nil || values[0] == values[0] && !bytes.Equal(back, content) {
				t.Errorf("%s %#x is %g and becomes %x, %v", d, bits, values[0], back, err)
			}
			if again := d.AppendFloat32(nil, back); values[0] != values[0] && again[0] == again[0] {
				t.Errorf("%s %#x is not a number and becomes %g", d, bits, again[0])
			}
		}
	}
}

func TestEncode_RejectsOverflow(t *testing.T) {
	for d, v := range map[DType]float32{F16: 65520, BF16: math.MaxFloat32} {
		if _, err := Encode(d, []float32{1, v}); err == nil || !strings.Contains(err.Error(), "element 1") {
			t.Errorf("%g as %s: %v", v, d, err)
		}
		if _, err := Encode(d, []float32{float32(math.Inf(1))}); err != nil {
			t.Errorf("infinity as %s: %v", d, err)
		}
	}
	if _, err := Encode(F8E4M3, nil); err == nil {
		t.Error("8-bit numbers were written")
	}
}
