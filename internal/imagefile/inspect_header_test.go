package imagefile

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"golang.org/x/image/bmp"
)

func TestInspect_FormatAndSize(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 7, 5))
	for format, encode := range map[string]func(io.Writer) error{
		"png":  func(w io.Writer) error { return png.Encode(w, m) },
		"jpeg": func(w io.Writer) error { return jpeg.Encode(w, m, nil) },
		"gif":  func(w io.Writer) error { return gif.Encode(w, m, nil) },
		"bmp":  func(w io.Writer) error { return bmp.Encode(w, m) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		info, err := Inspect(b.Bytes())
		if err != nil || info != (Info{Format: format, Width: 7, Height: 5}) {
			t.Errorf("%s: %+v, %v", format, info, err)
		}
		end := map[string]int{"png": 24, "jpeg": 4, "gif": 4, "bmp": 5}[format] // length of the end marker and of some coded data
		if _, err := Inspect(b.Bytes()[:b.Len()-end]); !errors.Is(err, ErrTruncated) {
			t.Errorf("cut %s: %v", format, err)
		}
	}
	if _, err := Inspect([]byte("<html>")); !errors.Is(err, ErrFormat) {
		t.Errorf("HTML: %v", err)
	}
}

// TestInspect_HeaderBehindEXIF has more EXIF data before the size than readers of the first 512
// bytes see. Cameras write that.
func TestInspect_HeaderBehindEXIF(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 7, 5)), nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("\xff\xe1\x0f\xa0Exif\x00\x00"), make([]byte, 4000-8)...)
	encoded := append(append(b.Bytes()[:2:2], exif...), b.Bytes()[2:]...)
	if info, err := Inspect(encoded); err != nil || info != (Info{Format: "jpeg", Width: 7, Height: 5}) {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestInspect_TruncatedBehindPreview truncates a JPEG whose EXIF data contain a preview: a small
// JPEG with its own end marker.
func TestInspect_TruncatedBehindPreview(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 70, 50)), nil); err != nil {
		t.Fatal(err)
	}
	size := b.Len() + 8 // two of the length itself, six of Exif
	exif := append([]byte{0xff, 0xe1, byte(size >> 8), byte(size), 'E', 'x', 'i', 'f', 0, 0}, b.Bytes()...)
	encoded := append(append(b.Bytes()[:2:2], exif...), b.Bytes()[2:]...)
	if _, err := Inspect(encoded); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(append(encoded[:len(encoded):len(encoded)], "a trailer"...)); err != nil {
		t.Errorf("with bytes after its end: %v", err)
	}
	for cut := 1; cut <= 2; cut++ {
		if _, err := Inspect(encoded[:len(encoded)-cut]); err != nil {
			t.Fatalf("without %d bytes of the end marker: %v", cut, err)
		}
	}
	for cut := 3; cut < b.Len()-2; cut++ {
		if _, err := Inspect(encoded[:len(encoded)-cut]); !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d bytes short: %v", cut, err)
		}
	}
}

func TestInspect_RefusesDecompressionBombs(t *testing.T) {
	var b bytes.Buffer
	png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1)))
	header := b.Bytes()
	copy(header[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 x 65536
	if _, err := Inspect(header); err == nil {
		t.Error("an image of 4 gigapixels was taken")
	}
}
