package mds

import (
	"bytes"
	"image/color"
	"image/png"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// TestRead_EveryEncoding reads a column of each encoding, as MosaicML's own code writes it:
// parity/columns.py.
func TestRead_EveryEncoding(t *testing.T) {
	n := 0
	for r := range ReadMapped("testdata/encodings", "e", mapping.Mapping{Text: []string{"c_str"}}) {
		s := r.Sample
		if r.Err != nil || len(s.Texts) != 1 || s.Texts[0].Value != [2]string{"légende 0", "légende 1"}[n] {
			t.Fatalf("%+v", r)
		}
		want := map[string]string{"c_int": "-7", "c_uint8": "200", "c_uint16": "60000", "c_uint32": "4000000000", "c_uint64": "9223372036854775809", "c_int8": "-3",
			"c_int16": "-300", "c_int32": "-70000", "c_int64": "1099511627776", "c_float16": "0.3330078", "c_float32": "0.1", "c_float64": "0.3333333333333333",
			"c_str_int": "1000000000000000000000000000000", "c_str_float": "0.1", "c_str_decimal": "1.10", "c_json": `{"a": [1, "x"]}`}
		if diff := cmp.Diff(want, s.Metadata); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
		var left []string
		for _, l := range r.LeftOut {
			left = append(left, l.Reason+" "+l.Name)
		}
		if diff := cmp.Diff([]string{"column c_bytes", "column c_ndarray", "column c_ndarray:float16:2,2", "column c_ndarray:uint8", "column c_pkl"}, left); diff != "" {
			t.Errorf("left out (-want +got):\n%s", diff)
		}
		// in order of the columns' names: jpeg, jpeg_array (2), jpegarray, list[jpeg], list[pil]
		// (2), list[png] (2), pil, png
		if len(s.Images) != 11 {
			t.Fatalf("%d images", len(s.Images))
		}
		for i, image := range s.Images {
			if got, err := shards.NewImage(image.Bytes); err != nil || got.Width != int32(3+n) || got.Height != 2 {
				t.Errorf("image %d: %d x %d: %v", i, got.Width, got.Height, err)
			}
		}
		for i, want := range map[int]color.NRGBA{5: {[2]uint8{29, 41}[n], [2]uint8{29, 41}[n], [2]uint8{29, 41}[n], 255}, 6: {uint8(40 * n), 10, 200, 255}, 9: {uint8(40 * n), 10, 200, 255}} {
			m, err := png.Decode(bytes.NewReader(s.Images[i].Bytes))
			if err != nil {
				t.Fatal(err)
			}
			if got := color.NRGBAModel.Convert(m.At(1, 1)); got != want {
				t.Errorf("image %d: %v, want %v", i, got, want)
			}
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d samples", n)
	}
}

func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float32{0x3c00: 1, 0xc000: -2, 0x0001: 1.0 / (1 << 24), 0x7bff: 65504, 0x3555: 0.33325195} {
		if got := half(bits); got != want {
			t.Errorf("%04x: %v, want %v", bits, got, want)
		}
	}
}
