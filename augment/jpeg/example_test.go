package jpeg_test

import (
	"bytes"
	"fmt"
	"image"
	standard "image/jpeg"

	"github.com/pali3/pali3/augment/jpeg"
)

// A decoder makes thumbnails of one file after another. It decodes at an eighth of the size, which
// needs the DC coefficients only.
func Example() {
	var file bytes.Buffer
	if err := standard.Encode(&file, image.NewYCbCr(image.Rect(0, 0, 640, 480), image.YCbCrSubsampleRatio420), nil); err != nil {
		fmt.Println(err)
		return
	}
	var d jpeg.Decoder
	for _, scale := range []int{1, 8} {
		m, err := d.Decode(file.Bytes(), jpeg.Options{Scale: scale})
		if err != nil {
			fmt.Println(err)
			return
		}
		rgb := make([]byte, 3*m.Width*m.Height)
		m.RGB(rgb)
		fmt.Printf("%d x %d pixels in %d planes, chroma of %d x %d samples\n", m.Width, m.Height, len(m.Planes), m.Planes[1].Width, m.Planes[1].Height)
	}
	// Output:
	// 640 x 480 pixels in 3 planes, chroma of 320 x 240 samples
	// 80 x 60 pixels in 3 planes, chroma of 80 x 60 samples
}
