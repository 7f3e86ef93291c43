package imageprint

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
)

// TestParts_Photographs measures how many cuts of the photographs in the folder PALI3_PHOTOS are
// found, by their share of the area, and how often a photograph is taken for a part of another one.
func TestParts_Photographs(t *testing.T) {
	dir := os.Getenv("PALI3_PHOTOS")
	if dir == "" {
		t.Skip("CUTS OF PHOTOGRAPHS ARE NOT SEARCHED FOR: name a folder of JPEG files by PALI3_PHOTOS")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.jpg"))
	rng := random.New(1)
	var parts Parts
	type cut struct {
		from  int
		share float64
		edges [4]float64
	}
	var photos []*augment.Image
	cuts := map[int]cut{}
	for n, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		img, err := augment.Decode(content)
		if err != nil {
			continue
		}
		photos = append(photos, img)
		if n%2 == 1 { // the others are not cut from
			parts.Add(img)
			continue
		}
		share := 0.1 + 0.8*rng.Float64()
		h, w := int(float64(img.Height)*sqrtOf(share)), int(float64(img.Width)*sqrtOf(share))
		y, x := rng.IntN(img.Height-h+1), rng.IntN(img.Width-w+1)
		piece := Cut(img, Rect{y, x, y + h, x + w})
		side := 200 + rng.IntN(300)
		longer := max(h, w)
		small := piece.Resize(max(1, h*side/longer), max(1, w*side/longer), augment.Bilinear, true)
		number := parts.Add(encodedAgain(t, small, 50+rng.IntN(40)))
		cuts[number] = cut{len(photos) - 1, share, [4]float64{float64(y) / float64(img.Height), float64(x) / float64(img.Width), float64(y+h) / float64(img.Height), float64(x+w) / float64(img.Width)}}
	}
	parts.Build()
	begin := time.Now()
	found := map[int]Part{}
	wrong := 0
	for n, img := range photos {
		for _, p := range parts.Find(img, 0.95, func(int) bool { return true }) {
			c, ok := cuts[p.Image]
			switch {
			case ok && c.from == n:
				found[p.Image] = p
			case p.Fractions[2]-p.Fractions[0] > 0.95 && p.Fractions[3]-p.Fractions[1] > 0.95:
			default:
				wrong++
				t.Logf("wrong: %d in %s: %+v", p.Image, files[n], p)
			}
		}
	}
	took := time.Since(begin)
	hits, all := map[int]int{}, map[int]int{}
	for n, c := range cuts {
		bucket := int(c.share * 10)
		all[bucket]++
		if p, ok := found[n]; ok {
			hits[bucket]++
			for e := range 4 {
				if d := p.Fractions[e] - c.edges[e]; d > 0.05 || d < -0.05 {
					t.Logf("edges %v, want %v", p.Fractions, c.edges)
					break
				}
			}
		}
	}
	for bucket := range 10 {
		if all[bucket] > 0 {
			t.Logf("%d%% to %d%% of the area: %d of %d", 10*bucket, 10*bucket+10, hits[bucket], all[bucket])
		}
	}
	t.Logf("%d photographs, %d images with %d corners, %d wrong of %d pairs, %.1f ms an image", len(photos), len(parts.images), len(parts.points), wrong, len(photos)*len(parts.images), took.Seconds()*1000/float64(len(photos)))
}

func sqrtOf(v float64) float64 {
	x := 1.0
	for range 20 {
		x = (x + v/x) / 2
	}
	return x
}

// encodedAgain returns an image as JPEG has it.
func encodedAgain(t *testing.T, small augment.Tensor, quality int) *augment.Image {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, small.Width, small.Height))
	for i := range small.Height * small.Width {
		for c := range 3 {
			img.Pix[4*i+c] = uint8(small.Pix[3*i+c] + 0.5)
		}
		img.Pix[4*i+3] = 255
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	out, err := augment.Decode(b.Bytes())
	if err != nil {
		t.Fatal(fmt.Errorf("decoding: %w", err))
	}
	return out
}
