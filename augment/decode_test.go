package augment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/imagefile"
)

// TestDecodeAgainstPIL compares every image of testdata with what PIL makes of it. Only
// transparency may differ, by a level.
func TestDecodeAgainstPIL(t *testing.T) {
	for _, path := range images(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			encoded := readFile(t, path)
			got, err := Decode(encoded)
			if err != nil {
				t.Fatal(err)
			}
			want := goldenPNG(t, readFile(t, path+".want.png"))
			if got.Width != want.Width || got.Height != want.Height {
				t.Fatalf("%dx%d, want %dx%d", got.Width, got.Height, want.Width, want.Height)
			}
			worst, mean := difference(got.Pix, want.Pix)
			if worst > tolerance(path) || mean > 0.5 {
				t.Errorf("differs by at most %d levels, %.3f in the mean", worst, mean)
			}
			if _, w, h, err := Inspect(encoded); err != nil || w != got.Width || h != got.Height {
				t.Errorf("Inspect says %dx%d, %v", w, h, err)
			}
		})
	}
}

func tolerance(path string) int {
	if strings.Contains(path, "alpha") || strings.Contains(path, "rgba") {
		return 1
	}
	return 0
}

// TestTruncatedPicturesAreErrors leaves animations out: their first frame may be whole.
func TestTruncatedPicturesAreErrors(t *testing.T) {
	for _, path := range images(t) {
		if strings.Contains(path, "animated") || strings.Contains(path, "sequence") {
			continue
		}
		encoded := readFile(t, path)
		for _, part := range []int{12, 2, 3} {
			_, err := Decode(encoded[:len(encoded)*(part-1)/part])
			if err == nil {
				t.Errorf("%s without its last 1/%d decodes", filepath.Base(path), part)
			} else if !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s without its last 1/%d: %v is no known kind", filepath.Base(path), part, err)
			}
		}
	}
}

func TestKindsOfErrors(t *testing.T) {
	jpeg := readFile(t, "testdata/images/s420.jpg")
	arithmetic := bytes.Replace(jpeg, []byte{0xFF, 0xC0}, []byte{0xFF, 0xC9}, 1)
	for _, c := range []struct {
		name    string
		encoded []byte
		want    error
	}{
		{"nothing", nil, ErrNotImage},
		{"text", []byte("<html><body>404 not found</body></html>"), ErrNotImage},
		{"a bomb", pngOfSize(60000, 60000), ErrTooLarge},
		{"a ribbon", pngOfSize(1_000_000, 1), ErrTooLarge},
		{"no pixels", pngOfSize(8, 8), ErrTruncated},
		{"half a JPEG", jpeg[:len(jpeg)/2], ErrTruncated},
		{"JPEG without its last coded data", jpeg[:len(jpeg)-4], ErrTruncated},
		{"JPEG with arithmetic coding", arithmetic, ErrUnsupported},
		{"a bomb behind a marker that decoders read differently", smuggled(jpeg), ErrCorrupt},
		{"an animation whose first frame is larger than it says", swollen(readFile(t, "testdata/images/animated.webp")), ErrCorrupt},
	} {
		if _, err := Decode(c.encoded); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := (Limits{MaxBytes: 100, MaxPixels: 1 << 20, MaxSide: 1 << 10}).Decode(jpeg); !errors.Is(err, ErrTooLarge) {
		t.Errorf("more bytes than allowed: %v", err)
	}
}

// TestDecode_TakesWhatInspectTakes decodes an image of 70 megapixels.
func TestDecode_TakesWhatInspectTakes(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED with -short: decoding of images at the limit of pixels, which takes 300 MB")
	}
	const side = 8400
	large := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.Black, color.White})
	large.SetColorIndex(side-1, side-1, 1)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, large); err != nil {
		t.Fatal(err)
	}
	if _, err := imagefile.Inspect(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b.Bytes())
	if err != nil || m.Pix[0] != 0 || m.Pix[len(m.Pix)-1] != 255 {
		t.Errorf("%v", err)
	}
}

func FuzzDecode(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*/*")
	for _, path := range paths {
		if content, err := os.ReadFile(path); err == nil {
			f.Add(content)
		}
	}
	limits := Limits{MaxBytes: 1 << 16, MaxPixels: 1 << 14, MaxSide: 1 << 10}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		begin := time.Now()
		m, err := limits.Decode(encoded)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		if err == nil && (len(m.Pix) != 3*m.Width*m.Height || m.Width < 1 || m.Height < 1 || m.Width*m.Height > limits.MaxPixels) {
			t.Errorf("%dx%d with %d values", m.Width, m.Height, len(m.Pix))
		}
	})
}

// smuggled hides the size of a JPEG in what some take for parameters of a second SOI, which has
// none.
func smuggled(jpeg []byte) []byte {
	return append(append(jpeg[:2:2], 0xFF, 0xD8, 0x00, 0x02), jpeg[2:]...)
}

// swollen gives the first frame of a lossless animation the greatest size that VP8L can have.
func swollen(animation []byte) []byte {
	swollen := bytes.Clone(animation)
	frame := bytes.Index(swollen, []byte("VP8L")) + 8 // past name and length, at the signature
	copy(swollen[frame+1:], []byte{0xFF, 0xFF, 0xFF, 0x0F})
	return swollen
}

// pngOfSize is a PNG of a header alone.
func pngOfSize(width, height uint32) []byte {
	header := []byte("IHDR")
	header = binary.BigEndian.AppendUint32(header, width)
	header = binary.BigEndian.AppendUint32(header, height)
	header = append(header, 8, 2, 0, 0, 0)
	file := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	file = append(file, header...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(header))
}

func images(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/images/*")
	if err != nil {
		t.Fatal(err)
	}
	odd, err := filepath.Glob("testdata/odd/*")
	if err != nil || len(odd) < 30 {
		t.Fatalf("%d odd files, %v", len(odd), err)
	}
	all = append(all, odd...)
	var encoded []string
	for _, path := range all {
		if !strings.HasSuffix(path, ".want.png") {
			encoded = append(encoded, path)
		}
	}
	if len(encoded) < 20 {
		t.Fatalf("%d images in testdata", len(encoded))
	}
	return encoded
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// goldenPNG decodes an opaque PNG without the code under test.
func goldenPNG(t *testing.T, encoded []byte) *Image {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	size := decoded.Bounds().Size()
	m := newImage(size.Y, size.X)
	for i := range size.X * size.Y {
		c := color.NRGBAModel.Convert(decoded.At(i%size.X, i/size.X)).(color.NRGBA)
		copy(m.Pix[3*i:], []uint8{c.R, c.G, c.B})
	}
	return m
}

func difference(a, b []uint8) (worst int, mean float64) {
	for i := range a {
		d := max(int(a[i])-int(b[i]), int(b[i])-int(a[i]))
		worst, mean = max(worst, d), mean+float64(d)/float64(len(a))
	}
	return worst, mean
}

// encodePNG makes an image for tests.
func encodePNG(t testing.TB, width, height int, at func(x, y int) color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, at(x, y))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
