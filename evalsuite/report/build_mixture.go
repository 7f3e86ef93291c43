package report

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/tokenize"
)

// Limits of the examples that are read: the first of the mixture.
const (
	mixtureBatches = 8
	mixtureRows    = 32
	pixelBudget    = 128 << 20 // bytes of a batch's pixels
)

func (a *album) mixture(ctx context.Context, name string, recipe mixture.Recipe, examples int) (Mixture, error) {
	fed := Mixture{Stage: name}
	batch := recipe.Batch
	recipe.Batch = mixtureRows // an example depends on its position alone, not on the batch that it is in
	if p, err := recipe.Pipeline(); err == nil && p != nil {
		one := 4 * max(1, recipe.Shape().ImageValues()) * max(1, recipe.Images.PerExample)
		recipe.Batch = min(mixtureRows, max(1, pixelBudget/one))
	}
	stream, err := mixture.Open(recipe, mixture.Options{Workers: 2})
	if err != nil {
		return fed, err
	}
	defer stream.Close()
	w := watcher{album: a, stream: stream, most: examples, tasks: make([]watched, len(recipe.Tasks))}
	w.low, w.high = valueRange(recipe.Images.Ops)
	for step := range mixtureBatches {
		b, err := stream.Batch(ctx, step)
		if err != nil {
			return fed, err
		}
		if err := w.watch(b); err != nil {
			return fed, err
		}
	}
	shape := stream.Shape()
	fed.About = fmt.Sprintf("Batches of %d, windows of %d ids for the encoder", batch, shape.Encoder)
	if shape.Decoder > 0 {
		fed.About += fmt.Sprintf(" and %d for the decoder", shape.Decoder)
	}
	switch {
	case shape.Sequence.Patch > 0:
		fed.About += fmt.Sprintf(", images of at most %d patches of %d × %[2]d pixels", shape.Sequence.Length, shape.Sequence.Patch)
	case shape.Images > 0:
		fed.About += fmt.Sprintf(", images of %d × %d pixels", shape.Width, shape.Height)
	}
	fed.Truncated = stream.Truncated()
	if bad := stream.Skipped().Samples; bad > 0 {
		fed.About += fmt.Sprintf("; %d samples cannot be used", bad)
	}
	usable := stream.Examples()
	for i, t := range recipe.Tasks {
		fed.Tasks = append(fed.Tasks, w.task(i, t.Name, usable[i]))
	}
	return fed, nil
}

var rangeOp = regexp.MustCompile(`value_range\(\s*(?:low\s*=\s*)?([-+.0-9eE]+)\s*,\s*(?:high\s*=\s*)?([-+.0-9eE]+)`)

// valueRange returns the values to which the image ops map black and white.
func valueRange(ops string) (low, high float32) {
	m := rangeOp.FindStringSubmatch(ops)
	if m == nil {
		return 0, 255
	}
	a, errA := strconv.ParseFloat(m[1], 32)
	b, errB := strconv.ParseFloat(m[2], 32)
	if errA != nil || errB != nil || a >= b {
		return 0, 255
	}
	return float32(a), float32(b)
}

// watcher counts the examples of a stream.
type watcher struct {
	album  *album
	stream *mixture.Stream
	most   int // examples shown of a task
	total  int
	tasks  []watched

	low, high float32 // the recipe's value range
}

// watched counts the examples of one task.
type watched struct {
	n, encoder, decoder, cut int
	shown                    []Example
}

func (w *watcher) watch(b *mixture.Batch) error {
	for i, e := range w.stream.Describe(b) {
		t := &w.tasks[b.Tasks[i]]
		w.total++
		t.n++
		t.encoder += textIDs(b, e.Row, e.Encoder)
		t.decoder += e.Decoder
		if e.Truncated > 0 {
			t.cut++
		}
		if len(t.shown) == w.most {
			continue
		}
		shown := Example{Prompt: clip(e.Prompt), Target: clip(e.Target)}
		if at := b.FirstImage(i); at >= 0 && b.ImageMask[at] > 0 {
			image, err := w.album.seen(b, at, w.low, w.high, e.Key)
			if err != nil {
				return err
			}
			shown.Image = image
		}
		t.shown = append(t.shown, shown)
	}
	return nil
}

// textIDs returns the length of an example's first text. A contrastive text is padded with ends of
// sentence, of which one counts.
func textIDs(b *mixture.Batch, row, used int) int {
	if b.Shape.Decoder > 0 {
		return used
	}
	if end := slices.Index(b.Texts(row)[:b.Shape.Encoder], int32(tokenize.EOS)); end >= 0 {
		return end + 1
	}
	return used
}

// seen encodes image number at of a batch, whose pixels are between low and high.
func (a *album) seen(b *mixture.Batch, at int, low, high float32, alt string) (*Image, error) {
	t := b.Image(at)
	side := gallerySide
	if a.used > pageRoom {
		side = spareSide
		a.shrunk++
	}
	if longest := max(t.Height, t.Width); longest > side {
		t = t.Resize(max(1, t.Height*side/longest), max(1, t.Width*side/longest), augment.Bilinear, true)
	}
	image, err := encode(t, low, high, alt)
	a.used += len(image.Bytes)
	return &image, err
}

func (w *watcher) task(i int, name string, usable int) Task {
	t := &w.tasks[i]
	shown := Task{Name: name, Share: float64(t.n) / float64(max(1, w.total)), Examples: t.shown}
	n := float64(max(1, t.n))
	shown.About = fmt.Sprintf("%s samples; on average %.1f ids for the encoder", number(int64(usable)), float64(t.encoder)/n)
	if t.decoder > 0 {
		shown.About += fmt.Sprintf(", %.1f for the decoder", float64(t.decoder)/n)
	}
	if t.cut > 0 {
		shown.About += fmt.Sprintf("; %.1f%% truncated", 100*float64(t.cut)/n)
	}
	return shown
}
