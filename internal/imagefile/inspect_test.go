package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
)

// encoded holds a small image of each format that the standard library writes.
func encoded(t testing.TB) map[string][]byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 20, 16), color.Palette{color.Black, color.White, color.NRGBA{200, 30, 60, 255}})
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 7 % 3)
	}
	var j, p, g, b bytes.Buffer
	for _, err := range []error{jpeg.Encode(&j, m, nil), png.Encode(&p, m), gif.Encode(&g, m, nil), bmp.Encode(&b, m)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string][]byte{JPEG: j.Bytes(), PNG: p.Bytes(), GIF: g.Bytes(), BMP: b.Bytes()}
}

func TestInspect_AcceptsFaultsThatLeaveAllPixels(t *testing.T) {
	files := encoded(t)
	tail := func(n int) func([]byte) []byte {
		return func(b []byte) []byte { return append(b, strings.Repeat("tail", n/4)...) }
	}
	without := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }
	for _, c := range []struct {
		format, fault string
		damage        func([]byte) []byte
	}{
		{PNG, "60 kB after the end", tail(60_000)}, {PNG, "100 kB after the end", tail(100_000)}, {PNG, "300 kB after the end", tail(300_000)},
		{PNG, "no IEND", without(12)}, {PNG, "half of IEND", without(6)},
		{JPEG, "100 kB after the end", tail(100_000)}, {JPEG, "no end marker", without(2)}, {JPEG, "half an end marker", without(1)},
		{GIF, "100 kB after the end", tail(100_000)}, {GIF, "no trailer", without(1)},
		{GIF, "a screen of 0x0", func(b []byte) []byte { copy(b[6:10], "\x00\x00\x00\x00"); return b }},
		{BMP, "100 kB after the end", tail(100_000)}, {BMP, "a file size of 0", func(b []byte) []byte { copy(b[2:6], "\x00\x00\x00\x00"); return b }},
		{BMP, "a file size too large", func(b []byte) []byte { copy(b[2:6], "\xff\xff\xff\x00"); return b }},
		{BMP, "reserved fields", func(b []byte) []byte { copy(b[6:10], "\x01\x02\x03\x04"); return b }},
	} {
		info, err := Inspect(c.damage(bytes.Clone(files[c.format])))
		if err != nil || info != (Info{Format: c.format, Width: 20, Height: 16}) {
			t.Errorf("%s with %s: %+v, %v", c.format, c.fault, info, err)
		}
	}
}

func TestInspect_RefusesMissingPixels(t *testing.T) {
	for format, file := range encoded(t) {
		for _, keep := range []int{len(file) / 2, len(file) * 2 / 3} {
			if _, err := Inspect(file[:keep]); !errors.Is(err, ErrTruncated) {
				t.Errorf("%s of %d bytes, cut to %d: %v", format, len(file), keep, err)
			}
		}
	}
}

func TestInspect_NamesUnsupportedFormats(t *testing.T) {
	for content, want := range map[string]string{
		"II+\x00\x08\x00\x00\x00":          "this is a BigTIFF image, which is not read (jpeg, png, gif, webp, bmp, tiff are)",
		"\x00\x00\x00\x1cftypavif\x00\x00": "this is an AVIF image, which is not read (jpeg, png, gif, webp, bmp, tiff are)",
		"\xff\x0a\xfa\x1f":                 "this is a JPEG XL image, which is not read (jpeg, png, gif, webp, bmp, tiff are)",
		"<html>404":                        "this is an HTML page, which is not read (jpeg, png, gif, webp, bmp, tiff are)",
		"":                                 "there are no bytes",
	} {
		if _, err := Inspect([]byte(content)); !errors.Is(err, ErrFormat) || err.Error() != want {
			t.Errorf("%q: %v, want %s", content, err, want)
		}
	}
}

// TestInspect_ReadsOrientation adds an eXIf chunk to a PNG, before and after its data.
func TestInspect_ReadsOrientation(t *testing.T) {
	exif := "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(exif)))
	chunk = append(chunk, "eXIf"+exif+"\x00\x00\x00\x00"...)
	file := encoded(t)[PNG]
	for _, at := range []int{33, len(file) - 12} {
		info, err := Inspect(append(append(bytes.Clone(file[:at]), chunk...), file[at:]...))
		if w, h := info.Upright(); err != nil || info.Orientation != 6 || w != 16 || h != 20 {
			t.Errorf("at byte %d: %+v, %v", at, info, err)
		}
	}
}

// TestReadHeader_AcceptsImagesWithinLimits reads the headers of large images without pixels.
func TestReadHeader_AcceptsImagesWithinLimits(t *testing.T) {
	for _, c := range []struct {
		width, height int
		fits          bool
	}{{12_000, 9_000, true}, {16_384, 16_384, true}, {16_384, 16_385, false}, {65_536, 1, false}, {1, 65_535, true}} {
		if err := CheckSize(1<<20, c.width, c.height); (err == nil) != c.fits {
			t.Errorf("%dx%d: %v", c.width, c.height, err)
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, file := range encoded(f) {
		f.Add(file)
	}
	for _, name := range []string{"lossy.webp", "animated.webp", "alpha.webp"} {
		if content, err := os.ReadFile("../../augment/testdata/images/" + name); err == nil {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if info, err := ReadHeader(b); err == nil && info.Width*info.Height > 1<<20 {
			return // slow, but not wrong
		}
		if info, err := Inspect(b); err == nil && (info.Width < 1 || info.Height < 1 || !Readable(info.Format)) {
			t.Errorf("%+v", info)
		}
	})
}
