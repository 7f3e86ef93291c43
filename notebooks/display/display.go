// Package display shows images and texts below a cell of a GoNB notebook. Outside of a notebook it
// prints the texts.
//
// It implements GoNB's protocol (github.com/janpfeifer/gonb, gonbui/protocol: gob-encoded messages
// through a pipe that the environment names), so that notebooks need no module but pali3.
package display

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"strings"
	"sync"
)

// pipeEnvironment is the environment variable with the path of the pipe to the notebook.
const pipeEnvironment = "GONB_PIPE"

// message is protocol.DisplayData of GoNB.
type message struct {
	Data      map[string]any // content by its MIME type
	Metadata  map[string]any
	DisplayID string
}

// notebook opens the pipe once, at the first message.
var notebook = sync.OnceValues(func() (*gob.Encoder, error) {
	pipe, err := os.OpenFile(os.Getenv(pipeEnvironment), os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("opening the pipe to the notebook: %w", err)
	}
	return gob.NewEncoder(pipe), nil
})

// Figure is an image with a caption.
type Figure struct {
	Image []byte // an image file
	Text  string // lines
}

// Figures shows images side by side.
func Figures(figures ...Figure) error {
	var page, plain strings.Builder
	page.WriteString(`<div style="display:flex;flex-wrap:wrap;gap:1em">`)
	for _, f := range figures {
		fmt.Fprintln(&plain, f.Text)
		page.WriteString(`<figure style="width:12em;margin:0">`)
		if len(f.Image) > 0 {
			fmt.Fprintf(&page, `<img style="width:8em" alt="" src="data:%s;base64,%s">`,
				http.DetectContentType(f.Image), base64.StdEncoding.EncodeToString(f.Image))
		}
		fmt.Fprintf(&page, `<figcaption style="white-space:pre-wrap">%s</figcaption></figure>`, html.EscapeString(f.Text))
	}
	page.WriteString(`</div>`)
	return send(page.String(), plain.String())
}

// send shows HTML in a notebook, or prints the plain text outside of one.
func send(page, plain string) error {
	if os.Getenv(pipeEnvironment) == "" {
		_, err := fmt.Print(plain)
		return err
	}
	encoder, err := notebook()
	if err != nil {
		return err
	}
	return encoder.Encode(message{Data: map[string]any{"text/html": page}, Metadata: map[string]any{}})
}

// Pixels encodes a model's pixels, values [H, W, 3] in [-1, 1], as PNG.
func Pixels(values []float32, height, width int) ([]byte, error) {
	if len(values) != height*width*3 {
		return nil, fmt.Errorf("showing pixels: %d values, want %d x %d x 3", len(values), height, width)
	}
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		level := func(c int) uint8 { return uint8(min(max(values[3*i+c]*127.5+128, 0), 255)) }
		canvas.SetRGBA(i%width, i/width, color.RGBA{level(0), level(1), level(2), 255})
	}
	var encoded bytes.Buffer
	err := png.Encode(&encoded, canvas)
	return encoded.Bytes(), err
}
