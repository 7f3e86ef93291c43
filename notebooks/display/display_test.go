package display

import (
	"bytes"
	"fmt"
	"image/png"
	"log"
	"testing"
)

// Outside of a notebook the texts are printed.
func ExampleFigures() {
	if err := Figures(Figure{Text: "a cat"}, Figure{Text: "a dog"}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// a cat
	// a dog
}

func TestPixels(t *testing.T) {
	encoded, err := Pixels([]float32{-1, 0, 1, 3, -3, 0.5}, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(decoded.At(0, 0), decoded.At(1, 0)); got != "{0 128 255 255} {255 0 191 255}" {
		t.Errorf("pixels %s", got)
	}
	if _, err := Pixels(make([]float32, 5), 1, 2); err == nil {
		t.Error("5 values for 2 pixels")
	}
}
