package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// tiffOf returns a TIFF with one strip, at its end, and the given tags. It fills in the strip's
// offset and size unless they are given.
func tiffOf(order binary.AppendByteOrder, strip []byte, tags map[uint16][]uint32) []byte {
	if tags = maps.Clone(tags); tags == nil {
		tags = map[uint16][]uint32{}
	}
	for tag, v := range map[uint16][]uint32{tiffWidth: {4}, tiffHeight: {2}, tiffBitsPerSample: {8}, tiffPhotometric: {tiffBlackIsZero},
		tiffStripOffsets: {0}, tiffStripByteCounts: {uint32(len(strip))}} {
		if _, there := tags[tag]; !there {
			tags[tag] = v
		}
	}
	head := "MM\x00*"
	if order.String() == "LittleEndian" {
		head = "II*\x00"
	}
	end := 8 + 2 + tiffEntry*len(tags) + 4
	for _, v := range tags {
		if len(v) > 1 {
			end += 4 * len(v)
		}
	}
	if slices.Equal(tags[tiffStripOffsets], []uint32{0}) {
		tags[tiffStripOffsets] = []uint32{uint32(end)}
	}
	file := order.AppendUint32([]byte(head), 8)
	file = order.AppendUint16(file, uint16(len(tags)))
	var beside []byte
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		v := tags[tag]
		file = order.AppendUint16(order.AppendUint16(file, tag), 4)
		file = order.AppendUint32(file, uint32(len(v)))
		if len(v) == 1 {
			file = order.AppendUint32(file, v[0])
			continue
		}
		file = order.AppendUint32(file, uint32(8+2+tiffEntry*len(tags)+4+len(beside)))
		for _, n := range v {
			beside = order.AppendUint32(beside, n)
		}
	}
	return append(append(order.AppendUint32(file, 0), beside...), strip...)
}

var eightGreys = []byte{0, 10, 20, 30, 40, 50, 60, 70}

// TestTIFF_DecodesWhatPillowMisreads covers kinds that Pillow decodes wrongly, for which its grid
// has no pixels.
func TestTIFF_DecodesWhatPillowMisreads(t *testing.T) {
	sixteen := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	palette := make([]uint32, 3*256)
	for i := range 256 {
		palette[i], palette[256+i], palette[512+i] = uint32(i), uint32(255-i), 7
	}
	for _, c := range []struct {
		kind  string
		order binary.AppendByteOrder
		strip []byte
		tags  map[uint16][]uint32
		want  []byte // the first three pixels
	}{
		{"16 bits, white is zero", binary.BigEndian, sixteen, map[uint16][]uint32{tiffBitsPerSample: {16}, tiffPhotometric: {0}},
			[]byte{254, 254, 254, 252, 252, 252, 250, 250, 250}},
		{"16 bits, white is zero, II", binary.LittleEndian, sixteen, map[uint16][]uint32{tiffBitsPerSample: {16}, tiffPhotometric: {0}},
			[]byte{253, 253, 253, 251, 251, 251, 249, 249, 249}},
		{"16-bit planes", binary.LittleEndian, append(append(slices.Clone(sixteen), bytes.Repeat([]byte{0, 99}, 8)...), bytes.Repeat([]byte{0, 77}, 8)...),
			map[uint16][]uint32{tiffBitsPerSample: {16, 16, 16}, tiffPhotometric: {2}, tiffSamplesPerPixel: {3}, tiffPlanar: {2},
				tiffStripOffsets: {146, 162, 178}, tiffStripByteCounts: {16, 16, 16}}, []byte{2, 99, 77, 4, 99, 77, 6, 99, 77}},
		{"a palette of 8 bits", binary.BigEndian, eightGreys, map[uint16][]uint32{tiffPhotometric: {3}, tiffColorMap: palette},
			[]byte{0, 255, 7, 10, 245, 7, 20, 235, 7}},
		{"grey and associated alpha", binary.BigEndian, []byte{50, 100, 0, 0, 255, 255, 9, 0, 1, 255, 1, 255, 1, 255, 1, 255},
			map[uint16][]uint32{tiffBitsPerSample: {8, 8}, tiffSamplesPerPixel: {2}, tiffExtraSamples: {1}}, []byte{127, 127, 127, 0, 0, 0, 255, 255, 255}},
	} {
		file := tiffOf(c.order, c.strip, c.tags)
		if _, err := Inspect(file); err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		f, err := ReadTIFF(file)
		if err != nil {
			t.Fatal(err)
		}
		if rgb, _, err := f.Decode(); err != nil || !bytes.Equal(rgb[:9], c.want) {
			t.Errorf("%s: %v, want %v (%v)", c.kind, rgb, c.want, err)
		}
	}
}

// TestTIFF_CMYKIsThatOfPillow compares with what Image.convert("RGB") of Pillow 13 gives, for
// samples side by side, in planes, and beside one that is not shown.
func TestTIFF_CMYKIsThatOfPillow(t *testing.T) {
	inks := []byte{0, 0, 0, 0, 255, 0, 0, 0, 9, 99, 199, 255, 100, 210, 105, 19, 181, 112, 66, 82, 254, 0, 127, 0, 128, 129, 127, 127, 255, 255, 255, 0}
	want := []byte{255, 255, 255, 0, 255, 255, 0, 0, 0, 143, 42, 139, 50, 97, 128, 1, 255, 128, 64, 63, 64, 0, 0, 0}
	var planes, five []byte
	for plane := range 4 {
		for x := range 8 {
			planes = append(planes, inks[4*x+plane])
		}
	}
	for x := range 8 {
		five = append(append(five, inks[4*x:][:4]...), byte(x))
	}
	for name, file := range map[string][]byte{
		"side by side": tiffOf(binary.LittleEndian, inks, map[uint16][]uint32{tiffBitsPerSample: {8, 8, 8, 8}, tiffPhotometric: {5}, tiffSamplesPerPixel: {4}}),
		"planes": tiffOf(binary.LittleEndian, planes, map[uint16][]uint32{tiffBitsPerSample: {8, 8, 8, 8}, tiffPhotometric: {5}, tiffSamplesPerPixel: {4},
			tiffPlanar: {2}, tiffStripOffsets: {158, 166, 174, 182}, tiffStripByteCounts: {8, 8, 8, 8}}),
		"five samples": tiffOf(binary.LittleEndian, five, map[uint16][]uint32{tiffBitsPerSample: {8, 8, 8, 8, 8}, tiffPhotometric: {5}, tiffSamplesPerPixel: {5},
			tiffExtraSamples: {0}}),
	} {
		f, err := ReadTIFF(file)
		if err != nil {
			t.Fatal(name, err)
		}
		if rgb, alpha, err := f.Decode(); err != nil || alpha != nil || !bytes.Equal(rgb, want) {
			t.Errorf("%s: %v, want %v (%v)", name, rgb, want, err)
		}
	}
}

func TestTIFF_NamesUnsupportedKinds(t *testing.T) {
	for want, tags := range map[string]map[uint16][]uint32{
		"TIFF with compression JPEG (7)":                                                   {tiffCompression: {7}},
		"TIFF with compression CCITT Group 4 (fax) (4)":                                    {tiffCompression: {4}},
		"TIFF with compression 12345":                                                      {tiffCompression: {12345}},
		"TIFF with other inks than those of CMYK (InkSet 2)":                               {tiffPhotometric: {5}, tiffSamplesPerPixel: {4}, tiffInkSet: {2}},
		"TIFF with CMYK and alpha":                                                         {tiffPhotometric: {5}, tiffSamplesPerPixel: {5}, tiffExtraSamples: {2}},
		"TIFF of 3 samples of 8 bits a pixel with colours CMYK (5)":                        {tiffPhotometric: {5}, tiffSamplesPerPixel: {3}},
		"TIFF with colours YCbCr (6)":                                                      {tiffPhotometric: {6}, tiffSamplesPerPixel: {3}},
		"TIFF with samples floating-point (3)":                                             {tiffSampleFormat: {3}, tiffBitsPerSample: {32}},
		"TIFF of 1 samples of 32 bits a pixel with colours grey (1)":                       {tiffBitsPerSample: {32}},
		"TIFF of 1 samples of 8 bits a pixel with colours RGB (2)":                         {tiffPhotometric: {2}},
		"TIFF of 8 bits a sample with predictor 3":                                         {tiffCompression: {8}, tiffPredictor: {3}},
		"TIFF whose samples have [5 6 5] bits":                                             {tiffBitsPerSample: {5, 6, 5}, tiffSamplesPerPixel: {3}, tiffPhotometric: {2}},
		"TIFF of 100 samples a pixel":                                                      {tiffSamplesPerPixel: {100}},
		"TIFF of 2 samples a pixel that does not tell what all are (no ExtraSamples)":      {tiffSamplesPerPixel: {2}},
		"TIFF that is a camera's raw image (DNG)":                                          {tiffDNGVersion: {1}},
		"TIFF whose first page is a smaller version of another, as in cameras' raw images": {tiffSubfileType: {1}},
		"TIFF with LZW of the old kind (before TIFF 6.0)":                                  {tiffCompression: {5}},
	} {
		file := tiffOf(binary.LittleEndian, []byte{0, 1, 2, 3, 4, 5, 6, 7}, tags)
		_, err := Inspect(file)
		if !errors.Is(err, ErrUnsupported) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if Reads(file) {
			t.Errorf("%s is said to be read", want)
		}
	}
}

// TestTIFF_HostileHeaders reads headers that would cost much memory or time, or that point beyond
// the file.
func TestTIFF_HostileHeaders(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		fault string
		file  []byte
		kind  error
	}{
		{"four bytes", []byte("II*\x00"), ErrTruncated},
		{"zeros behind the signature", append([]byte("II*\x00"), make([]byte, 100)...), ErrCorrupt},
		{"directory beyond the end", []byte("MM\x00*\x7f\xff\xff\xff"), ErrTruncated},
		{"directory of 65,535 entries", []byte("MM\x00*\x00\x00\x00\x08\xff\xff"), ErrTruncated},
		{"no size", tiffOf(le, eightGreys, map[uint16][]uint32{tiffWidth: {0}}), ErrCorrupt},
		{"too large", tiffOf(le, eightGreys, map[uint16][]uint32{tiffWidth: {70_000}}), ErrTooLarge},
		{"a strip beyond the end", tiffOf(le, eightGreys, map[uint16][]uint32{tiffStripOffsets: {4_000_000_000}}), ErrTruncated},
		{"fewer bytes than pixels", tiffOf(le, eightGreys[:7], nil), ErrTruncated},
		{"few coded bytes for much", tiffOf(le, eightGreys, map[uint16][]uint32{tiffCompression: {8}, tiffWidth: {16_000}, tiffHeight: {16_000}}), ErrTruncated},
		{"few of many strips", tiffOf(le, eightGreys, map[uint16][]uint32{tiffRowsPerStrip: {1}}), ErrTruncated},
		{"no strips", tiffOf(le, eightGreys, map[uint16][]uint32{tiffStripOffsets: {}}), ErrTruncated},
		{"tiles of one pixel", tiffOf(le, eightGreys, map[uint16][]uint32{tiffTileWidth: {1}, tiffTileHeight: {1}}), ErrCorrupt},
		{"tiles far wider than the image", tiffOf(le, eightGreys, map[uint16][]uint32{tiffHeight: {60_000}, tiffTileWidth: {100_000}, tiffTileHeight: {16}}), ErrTooLarge},
		{"no palette", tiffOf(le, eightGreys, map[uint16][]uint32{tiffPhotometric: {3}}), ErrCorrupt},
		{"no photometric interpretation", tiffOf(le, eightGreys, map[uint16][]uint32{tiffPhotometric: {}}), ErrCorrupt},
	} {
		began := time.Now()
		_, err := Inspect(c.file)
		if !errors.Is(err, c.kind) || !strings.Contains(strings.ToUpper(err.Error()), "TIFF") && c.kind != ErrTooLarge {
			t.Errorf("%s: %v, want %v", c.fault, err, c.kind)
		}
		if passed := time.Since(began); passed > time.Second {
			t.Errorf("%s: %v", c.fault, passed)
		}
	}
}

func TestTIFF_DecodesNothingBeyondTheLimits(t *testing.T) {
	for _, size := range [][2]uint32{{70_000, 1}, {60_000, 60_000}} {
		f, err := ReadTIFF(tiffOf(binary.LittleEndian, eightGreys, map[uint16][]uint32{tiffWidth: {size[0]}, tiffHeight: {size[1]}}))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.Decode(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%v: %v", size, err)
		}
	}
}

func TestTIFF_CountsPages(t *testing.T) {
	one := tiffOf(binary.BigEndian, eightGreys, nil)
	next := 10 + tiffEntry*int(binary.BigEndian.Uint16(one[8:])) // position of the link to the next directory
	for want, second := range map[int]uint32{1: uint32(len(one)) + 100, 2: uint32(len(one))} {
		file := append(bytes.Clone(one), 0, 0, 0, 0, 0, 8) // a directory without entries that links back to the first
		binary.BigEndian.PutUint32(file[next:], second)
		f, err := ReadTIFF(file)
		if err != nil || f.Pages != want {
			t.Errorf("%+v, %v, want %d pages", f, err, want)
		}
	}
}

func TestTIFF_Orientation(t *testing.T) {
	for told, want := range map[uint32]int{0: 0, 1: 1, 6: 6, 8: 8, 9: 0, 70_000: 0} {
		info, err := Inspect(tiffOf(binary.BigEndian, eightGreys, map[uint16][]uint32{tiffOrientation: {told}}))
		if err != nil || info.Orientation != want {
			t.Errorf("%d: %+v, %v", told, info, err)
		}
	}
}

func FuzzTIFF(f *testing.F) {
	for _, compression := range []uint32{tiffRaw, tiffLZW, tiffDeflate, tiffPackBits} {
		for _, tags := range []map[uint16][]uint32{
			{tiffBitsPerSample: {8, 8, 8}, tiffSamplesPerPixel: {3}, tiffPhotometric: {2}, tiffPredictor: {2}, tiffWidth: {1}},
			{tiffBitsPerSample: {4}, tiffPhotometric: {3}, tiffColorMap: make([]uint32, 48)},
			{tiffBitsPerSample: {8, 8, 8, 8}, tiffSamplesPerPixel: {4}, tiffPhotometric: {5}, tiffWidth: {1}},
			{tiffTileWidth: {16}, tiffTileHeight: {16}, tiffTileOffsets: {8}, tiffTileByteCounts: {100}, tiffFillOrder: {2}},
			{tiffBitsPerSample: {16, 16}, tiffSamplesPerPixel: {2}, tiffExtraSamples: {1}, tiffPlanar: {2}, tiffStripOffsets: {8, 9}, tiffWidth: {1}},
		} {
			tags[tiffCompression] = []uint32{compression}
			f.Add(tiffOf(binary.LittleEndian, bytes.Repeat(eightGreys, 4), tags))
			f.Add(tiffOf(binary.BigEndian, bytes.Repeat([]byte{0x80, 0, 9}, 30), tags))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if Format(b) != TIFF {
			return
		}
		m, err := ReadTIFF(b)
		if err != nil || m.Width*m.Height > 1<<20 || CheckSize(len(b), m.Width, m.Height) != nil {
			return
		}
		rgb, alpha, err := m.Decode()
		if err == nil && (len(rgb) != 3*m.Width*m.Height || alpha != nil && 3*len(alpha) != len(rgb)) {
			t.Errorf("%d and %d bytes of %dx%d pixels", len(rgb), len(alpha), m.Width, m.Height)
		}
		if err != nil && !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	})
}
