package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// speaking asks a model about images, a batch at a time, so that memory does not grow with their
// number.
type speaking struct {
	speak
	request
	method decode.Method
	con    *console
	found  *evalsuite.ImageFiles

	answerer *evalsuite.TrainedPredictor // opened when the first image was read
	began    time.Time
	said     []spoken // for --json
	failed   int
}

// Images are read and answered in batches, bounded in number and in bytes.
const (
	imagesAtOnce = 64
	bytesAtOnce  = 128 << 20
)

// alone reports whether one image was named, whose answer is printed without its name.
func (t *speaking) alone() bool { return len(t.found.Paths) == 1 && len(t.found.Missing) == 0 }

func (t *speaking) run(ctx context.Context) error {
	all := len(t.found.Paths)
	line := t.progress(all)
	defer line.End()
	for left := t.found.Paths; len(left) > 0; {
		batch := t.read(left)
		if err := t.batch(ctx, batch); err != nil {
			return err
		}
		left = left[len(batch):]
		line.Set(int64(all-len(left)), int64(t.failed))
	}
	return t.printJSON()
}

// progress begins a line of progress where there are so many images that it is worth one.
func (t *speaking) progress(images int) *progress {
	con := *t.con
	con.quiet = con.quiet || images <= imagesAtOnce
	return con.progress("answer", "images", int64(images))
}

// readImage is an image of a batch.
type readImage struct {
	path  string
	image shards.Image
	err   error // why it cannot be read
}

// read reads as many of the images as are answered together and fit in memory, at least one.
func (t *speaking) read(paths []string) (batch []readImage) {
	bytes := 0
	for _, path := range paths[:min(len(paths), imagesAtOnce)] {
		if bytes >= bytesAtOnce {
			break
		}
		image, err := evalsuite.ReadImageFile(path)
		bytes += len(image.Bytes)
		batch = append(batch, readImage{path, image, err})
	}
	return batch
}

// batch answers some images. An image that cannot be read or decoded fails alone.
func (t *speaking) batch(ctx context.Context, images []readImage) error {
	var queries []evalsuite.Query
	var places []int
	for i, one := range images {
		if one.err == nil {
			queries, places = append(queries, evalsuite.Query{Images: []shards.Image{one.image}, Prompt: t.prompt}), append(places, i)
		}
	}
	replies, err := t.answers(ctx, queries)
	if err != nil {
		return err
	}
	texts := make([]string, len(images))
	for i, place := range places {
		texts[place] = replies[i].Text
		if replies[i].Err != nil {
			images[place].err = fmt.Errorf("%s: %w", images[place].path, replies[i].Err)
		}
	}
	for i, one := range images {
		said := spoken{Image: one.path, Prompt: t.prompt, Text: texts[i]}
		if one.err != nil {
			if t.alone() {
				return one.err
			}
			said.Error = one.err.Error()
		}
		t.tell(said)
	}
	return nil
}

// answers asks the model, which is opened at the first time.
func (t *speaking) answers(ctx context.Context, queries []evalsuite.Query) ([]evalsuite.Reply, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	if t.answerer == nil {
		if err := t.open(); err != nil {
			return nil, err
		}
	}
	return t.answerer.Replies(ctx, queries, nil)
}

func (t *speaking) open() error {
	be, err := t.con.openBackend(t.Backend)
	if err != nil {
		return err
	}
	trained, err := stages.Open(be, t.Model, t.con.program.registry())
	if err != nil {
		return err
	}
	if t.answerer, err = evalsuite.NewPredictor(be, trained); err != nil {
		return fmt.Errorf("%s: %w", t.Model, err)
	}
	t.answerer.Method = t.method
	t.answerer.Batch = min(len(t.found.Paths), imagesAtOnce)
	evalsuite.WarnUntrained(trained, t.kind, t.languages, t.con.warn)
	t.began = time.Now()
	return nil
}

// tell prints what was said of an image, or keeps it for --json; what failed goes to standard
// error.
func (t *speaking) tell(one spoken) {
	switch {
	case one.Error != "":
		t.failed++
		t.con.log.Error().Msg(one.Error)
	case t.JSON:
	case t.alone():
		t.con.println(one.Text)
	default:
		t.con.printf("%s\t%s\n", one.Image, one.Text)
	}
	if t.JSON {
		t.said = append(t.said, one)
	}
}

// printJSON prints what was said of all images: one object, or a list.
func (t *speaking) printJSON() error {
	if !t.JSON {
		return nil
	}
	seconds := 0.0
	if t.answerer != nil {
		seconds = time.Since(t.began).Seconds()
	}
	for i := range t.said {
		t.said[i].Seconds = seconds
	}
	if t.alone() {
		return t.con.printJSON(t.said[0])
	}
	return t.con.printJSON(t.said)
}
