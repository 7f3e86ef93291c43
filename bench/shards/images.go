package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/random"
)

// writeImages writes n images of about size bytes each: waves of colour with noise, which compress
// like photos. They are JPEGs, or PNGs for sizes at which a JPEG would consist mostly of its
// tables.
func writeImages(dir string, n, size int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range n {
		var b bytes.Buffer
		var err error
		name := fmt.Sprintf("%05d.png", i)
		if size < 4096 {
			err = png.Encode(&b, draw(i, max(int(math.Sqrt(float64(size)/4.4)), 1))) // 3.3 bytes per pixel, 4:3
		} else {
			name = fmt.Sprintf("%05d.jpg", i)
			err = jpeg.Encode(&b, draw(i, int(math.Sqrt(float64(size)*2.8))), &jpeg.Options{Quality: 85}) // 2.1 bits per pixel
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// draw returns image i.
func draw(i, side int) image.Image {
	rng := random.New(uint64(i))
	img := image.NewRGBA(image.Rect(0, 0, side*4/3, side))
	kx, ky, phase := 1+rng.IntN(9), 1+rng.IntN(9), rng.IntN(628)
	for y := range side {
		for x := range side * 4 / 3 {
			wave := math.Sin(float64(kx*x+ky*y)/float64(side)*3 + float64(phase)/100)
			grain := rng.IntN(24)
			img.Set(x, y, color.RGBA{uint8(110 + 90*wave + float64(grain)), uint8(100 + 60*wave*wave + float64(grain)), uint8(60 + grain), 255})
		}
	}
	return img
}
