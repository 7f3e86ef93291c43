package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	imagedraw "image/draw"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/regionimage"
	"github.com/pali3/pali3/random"
)

// augmentCommand shows what image ops make of an image.
type augmentCommand struct {
	Image  string   `arg:"" optional:"" help:"Image file."`
	Ops    string   `arg:"" optional:"" help:"Image ops, as recipes have them: 'decode|resize(224)|value_range(-1,1)'."`
	Out    string   `short:"o" placeholder:"FILE" help:"Write what the model sees as a PNG, values mapped back to 0 to 255."`
	Seed   uint64   `help:"Seed of random ops."`
	Boxes  []string `sep:"none" placeholder:"X0,Y0,X1,Y1" help:"A box in pixels of the upright image, which is moved with it; may be repeated."`
	Repeat int      `default:"1" placeholder:"N" help:"Apply the ops N times, each with other random choices; --out shows all of them, with grey lines between."`
	JSON   bool     `help:"Print one JSON object."`
	List   bool     `help:"List the ops, and nothing else."`
}

// Help explains what is printed.
func (c augmentCommand) Help() string {
	return "Prints the size of the pixels that the ops make, their range, and the mean of each channel. " +
		"What the model sees is in --out: the inverse of value_range, vgg_value_range and clip_value_range, rounded and clipped to 0 to 255. " +
		"A box is printed as x0,y0,x1,y1 in pixels of the result, clipped to what is seen, with the part of its area that is left. Boxes are drawn in --out, and by draw_bbox."
}

// Validate requires an image and ops, or --list.
func (c *augmentCommand) Validate() error {
	switch {
	case c.List && c.Image != "":
		return errors.New("--list takes no image")
	case c.List:
		return nil
	case c.Image == "" || c.Ops == "":
		return errors.New("name an image and its ops, such as photo.jpg 'decode|resize(224)', or see --list")
	case c.Repeat < 1 || c.Repeat > maxRepeats:
		return fmt.Errorf("--repeat %d: legal are 1 to %d", c.Repeat, maxRepeats)
	}
	return nil
}

const (
	maxRepeats     = 400
	maxSheetPixels = 64 << 20 // of all images of --repeat
)

// augmented is what the command prints.
type augmented struct {
	Image  string           `json:"image"`
	Format string           `json:"format"`
	Height int              `json:"height"` // of the upright image
	Width  int              `json:"width"`
	Ops    string           `json:"ops"`
	Random bool             `json:"random"`
	Views  []*augmentedView `json:"views"`
	Out    string           `json:"out,omitempty"`

	pipeline *augment.Pipeline
	boxes    [][4]float64 // in parts of the image
}

// augmentedView is one result of the ops.
type augmentedView struct {
	Height int        `json:"height"`
	Width  int        `json:"width"`
	Min    float32    `json:"min"`
	Max    float32    `json:"max"`
	Mean   [3]float64 `json:"mean"` // red, green, blue
	Boxes  []movedBox `json:"boxes,omitempty"`

	shown *augment.Image
}

// movedBox is a box after the ops.
type movedBox struct {
	Box  [4]int  `json:"box"`  // x0, y0, x1, y1 in pixels of the result
	Left float64 `json:"left"` // part of its area
}

func (c augmentCommand) Run(_ context.Context, con *console) error {
	if c.List {
		con.printf("%s", con.program.Ops)
		return nil
	}
	pipeline, err := con.program.Ops.Parse(c.Ops)
	if err != nil {
		return err
	}
	encoded, err := imageBytes(c.Image)
	if err != nil {
		return err
	}
	if c.Out != "" && sameFile(c.Image, c.Out) {
		return fmt.Errorf("--out %s is the image itself; name another file", c.Out)
	}
	a := &augmented{Image: c.Image, Ops: c.Ops, Random: pipeline.Random(), Out: c.Out}
	if a.Format, a.Width, a.Height, err = augment.Inspect(encoded); err != nil {
		return fmt.Errorf("%s: %w", c.Image, err)
	}
	if a.boxes, err = readBoxes(c.Boxes, a.Height, a.Width); err != nil {
		return err
	}
	a.pipeline = pipeline.WithBoxes(a.boxes...)
	if err := a.apply(encoded, c.Seed, c.Repeat); err != nil {
		return fmt.Errorf("%s: %w", c.Image, err)
	}
	if c.Out != "" {
		if err := writePNG(c.Out, a.sheet()); err != nil {
			return err
		}
	}
	if c.JSON {
		return con.printJSON(a)
	}
	con.printf("%s", a)
	return nil
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, missing := os.Stat(b)
	return err == nil && missing == nil && os.SameFile(one, other)
}

// imageBytes reads an image file, or a pipe, as far as the ops take it.
func imageBytes(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	most := int64(augment.DefaultLimits().MaxBytes)
	info, err := file.Stat()
	if err == nil && info.Size() > most {
		return nil, fmt.Errorf("%s has %d bytes; an image may have %d", path, info.Size(), most)
	}
	encoded, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(encoded)) > most {
		return nil, fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return encoded, err
}

// readBoxes reads boxes in pixels.
func readBoxes(texts []string, height, width int) (boxes [][4]float64, err error) {
	for _, text := range texts {
		parts := strings.Split(text, ",")
		var at [4]float64
		for i := range at {
			if len(parts) != len(at) {
				err = errors.New("four numbers are needed")
			} else if at[i], err = strconv.ParseFloat(strings.TrimSpace(parts[i]), 64); err == nil && !(at[i] >= 0 && at[i] <= float64([2]int{width, height}[i%2])) {
				err = fmt.Errorf("%s is not within the image of %d by %d pixels", parts[i], width, height)
			}
			if err != nil {
				return nil, fmt.Errorf("--boxes %s: want x0,y0,x1,y1 in pixels of the upright image: %w", text, err)
			}
		}
		if at[2] <= at[0] || at[3] <= at[1] {
			return nil, fmt.Errorf("--boxes %s: the box is empty; want x0,y0,x1,y1", text)
		}
		h, w := float64(height), float64(width)
		boxes = append(boxes, [4]float64{at[1] / h, at[0] / w, at[3] / h, at[2] / w})
	}
	return boxes, nil
}

// apply runs the ops as often as asked.
func (a *augmented) apply(encoded []byte, seed uint64, repeat int) error {
	pixels := 0
	for i := range repeat {
		t, g, err := a.pipeline.ApplyWithGeometry(encoded, random.New(seed, uint64(i)))
		if err != nil {
			return err
		}
		if pixels += t.Height * t.Width; pixels > maxSheetPixels && repeat > 1 {
			return fmt.Errorf("%d results have more than %d pixels: use a smaller --repeat", i+1, maxSheetPixels)
		}
		a.Views = append(a.Views, a.view(t, g))
	}
	return nil
}

func (a *augmented) view(t augment.Tensor, g augment.Geometry) *augmentedView {
	v := &augmentedView{Height: t.Height, Width: t.Width, Min: t.Pix[0], Max: t.Pix[0], shown: a.pipeline.Image(t)}
	for i, x := range t.Pix {
		v.Min, v.Max = min(v.Min, x), max(v.Max, x)
		v.Mean[i%3] += float64(x)
	}
	for c := range v.Mean {
		v.Mean[c] /= float64(len(t.Pix) / 3)
	}
	for _, box := range a.boxes {
		moved, left := g.Box(box)
		b := movedBox{Left: math.Round(left*1e4) / 1e4}
		if left > 0 {
			r := regionimage.Pixels(moved, t.Height, t.Width)
			b.Box = [4]int{r.Min.X, r.Min.Y, r.Max.X, r.Max.Y}
		}
		v.Boxes = append(v.Boxes, b)
	}
	return v
}

// gap is the width in pixels of the grey lines between the views of a sheet.
const gap = 4

// sheet shows all views in a grid, with their boxes.
func (a *augmented) sheet() image.Image {
	var height, width int
	for _, v := range a.Views {
		height, width = max(height, v.Height), max(width, v.Width)
	}
	columns := int(math.Ceil(math.Sqrt(float64(len(a.Views)))))
	rows := (len(a.Views) + columns - 1) / columns
	height, width = height+gap, width+gap
	m := image.NewRGBA(image.Rect(0, 0, columns*width-gap, rows*height-gap))
	imagedraw.Draw(m, m.Bounds(), image.NewUniform(color.Gray{Y: 0x80}), image.Point{}, imagedraw.Src)
	var regions []regionimage.Region
	for i, v := range a.Views {
		corner := image.Pt(i%columns*width, i/columns*height)
		for at := range v.Height * v.Width {
			copy(m.Pix[m.PixOffset(corner.X+at%v.Width, corner.Y+at/v.Width):][:3], v.shown.Pix[3*at:])
		}
		for _, b := range v.Boxes {
			if b.Left > 0 {
				regions = append(regions, regionimage.Region{Box: image.Rect(b.Box[0], b.Box[1], b.Box[2], b.Box[3]).Add(corner)})
			}
		}
	}
	if len(regions) == 0 {
		return m
	}
	return regionimage.Draw(m, regions)
}

// String lists what was made, as the command prints it.
func (a *augmented) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s of %d by %d pixels (width by height)\n", a.Image, a.Format, a.Width, a.Height)
	for _, v := range a.Views {
		fmt.Fprintf(&b, "%d by %d pixels, values %.4g to %.4g, mean red %.4g, green %.4g, blue %.4g\n", v.Width, v.Height, v.Min, v.Max, v.Mean[0], v.Mean[1], v.Mean[2])
		for _, box := range v.Boxes {
			if box.Left == 0 {
				fmt.Fprintf(&b, "  box\tnot seen\n")
				continue
			}
			fmt.Fprintf(&b, "  box\t%d,%d,%d,%d\t%.0f%% left\n", box.Box[0], box.Box[1], box.Box[2], box.Box[3], 100*box.Left)
		}
	}
	if len(a.Views) > 1 && !a.Random {
		fmt.Fprintf(&b, "no op is random: all results are the same\n")
	}
	if a.Out != "" {
		fmt.Fprintf(&b, "wrote %s\n", a.Out)
	}
	return b.String()
}
