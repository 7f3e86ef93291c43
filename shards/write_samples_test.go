package shards

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func picturePNG(t *testing.T, width, height int) []byte {
	t.Helper()
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return encoded.Bytes()
}

func each(samples ...Sample) iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		for _, s := range samples {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	a := Sample{Key: "a", Images: []Image{{Bytes: picturePNG(t, 3, 2)}}}
	stat, err := Write(dir, each(a, Sample{Key: "b"}))
	if err != nil || stat.Rows != 2 || stat.Images != 1 {
		t.Fatalf("%+v, error %v", stat, err)
	}
	if problems, err := Verify(dir, true); err != nil || len(problems) > 0 {
		t.Errorf("%v, error %v", problems, err)
	}
	if a.Images[0].Format != "" {
		t.Error("the caller's sample was changed")
	}
	if _, err := Write(dir, each()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("writing over a dataset: %v", err)
	}
}

func TestWriteIsAllOrNothing(t *testing.T) {
	fails := func(yield func(Sample, error) bool) {
		_ = yield(Sample{Key: "a"}, nil) && yield(Sample{}, errors.New("unplugged"))
	}
	for want, samples := range map[string]iter.Seq2[Sample, error]{
		`sample 1 (""): unplugged`:                                                         fails,
		`sample 1 ("a"): an earlier sample has that key`:                                   each(Sample{Key: "a"}, Sample{Key: "a"}),
		`sample 0 (""): it has no key`:                                                     each(Sample{}),
		`sample 0 ("x"): image 0: image of 3 bytes: this is plain text, which is not read`: each(Sample{Key: "x", Images: []Image{{Bytes: []byte("GIF")}}}),
	} {
		dir := t.TempDir()
		_, err := Write(dir, samples)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: it left %s", want, left[0].Name())
		}
	}
}
