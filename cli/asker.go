package cli

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// asker asks a model about images. It reads and answers them in batches, so memory use does not
// depend on their number.
type asker struct {
	askFlags
	request
	method  decode.Method
	choices []string
	con     *console
	found   *evalsuite.ImageFiles

	predictor *evalsuite.TrainedPredictor // opened once the first image is read
	began     time.Time
	answers   []imageAnswer // for --json
	failed    int
}

// A batch holds at most this many images and ends once it has this many bytes.
const (
	imagesAtOnce = 64
	bytesAtOnce  = 128 << 20
)

// alone reports whether a single image was named. Its answer is printed without the file name.
func (a *asker) alone() bool { return len(a.found.Paths) == 1 && len(a.found.Missing) == 0 }

func (a *asker) run(ctx context.Context) error {
	all := len(a.found.Paths)
	line := a.progress(all)
	defer line.End()
	for left := a.found.Paths; len(left) > 0; {
		batch := a.read(left)
		if err := a.batch(ctx, batch); err != nil {
			return err
		}
		left = left[len(batch):]
		line.Set(int64(all-len(left)), int64(a.failed))
	}
	return a.printJSON()
}

// progress returns a progress line. It is quiet unless there are several batches of images.
func (a *asker) progress(images int) *progress {
	con := *a.con
	con.quiet = con.quiet || images <= imagesAtOnce
	return con.progress("answer", "images", int64(images))
}

// readImage is an image of a batch.
type readImage struct {
	path  string
	image shards.Image
	reply evalsuite.Reply
	err   error // why it cannot be read or answered
}

// read reads the images of the next batch, at least one.
func (a *asker) read(paths []string) (batch []readImage) {
	bytes := 0
	for _, path := range paths[:min(len(paths), imagesAtOnce)] {
		if bytes >= bytesAtOnce {
			break
		}
		image, err := evalsuite.ReadImageFile(path)
		bytes += len(image.Bytes)
		batch = append(batch, readImage{path: path, image: image, err: err})
	}
	return batch
}

// batch answers a batch of images. An image that cannot be read or decoded does not affect the
// others.
func (a *asker) batch(ctx context.Context, images []readImage) error {
	var queries []evalsuite.Query
	var places []int
	for i, one := range images {
		if one.err == nil {
			if err := a.open(); err != nil {
				return err
			}
			queries, places = append(queries, evalsuite.Query{Images: []shards.Image{one.image}, Prompt: a.prompt}), append(places, i)
		}
	}
	if a.Stream && len(queries) == 1 {
		return a.stream(ctx, queries[0])
	}
	replies, err := a.replies(ctx, queries)
	if err != nil {
		return err
	}
	answers := make([]imageAnswer, len(images))
	for i, place := range places {
		r := replies[i]
		images[place].reply = r
		answers[place] = imageAnswer{Text: r.Text, printed: r.Text, Answers: r.Best}
		if score := r.LogProbability; !math.IsNaN(score) && !math.IsInf(score, 0) {
			answers[place].Score = &score
		}
		if replies[i].Err != nil {
			images[place].err = fmt.Errorf("%s: %w", images[place].path, replies[i].Err)
		}
	}
	for i, one := range images {
		answer := answers[i]
		answer.Image, answer.Prompt = one.path, a.prompt
		if a.show != nil && one.err == nil {
			answer.printed, one.err = a.show(one, &answer)
		}
		if one.err != nil {
			if a.alone() {
				return one.err
			}
			answer = imageAnswer{Image: one.path, Prompt: a.prompt, Error: one.err.Error()}
		}
		a.print(answer)
	}
	return nil
}

// replies asks the model.
func (a *asker) replies(ctx context.Context, queries []evalsuite.Query) ([]evalsuite.Reply, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	return a.predictor.Replies(ctx, queries, nil)
}

// open opens the model on the first call. A published model is asked in the words that it was
// trained with.
func (a *asker) open() error {
	if a.predictor != nil {
		return nil
	}
	be, err := a.openBackend(a.con)
	if err != nil {
		return err
	}
	trained, err := stages.Open(be, a.Model, a.con.registry())
	if err != nil {
		return err
	}
	if err := a.con.keepTokens(trained, a.VisualTokens); err != nil {
		return err
	}
	a.con.tellPublished(trained)
	if p := trained.Published; p != nil && p.Prompts[a.kind] != "" {
		task := mixture.Task{Name: a.kind, Kind: a.kind, Prompt: p.Prompts[a.kind]}
		a.prompt = a.con.registry().Mixture().AskIn(task, "", a.language(), a.question).Prompt
	}
	if a.predictor, err = evalsuite.NewPredictor(be, trained); err != nil {
		return fmt.Errorf("%s: %w", a.Model, err)
	}
	if a.opened != nil {
		if a.prompt, err = a.opened(trained); err != nil {
			return err
		}
	}
	a.predictor.Method, a.predictor.Choices, a.predictor.Fixed = a.method, a.choices, true
	a.predictor.Batch = min(len(a.found.Paths), imagesAtOnce)
	evalsuite.WarnUntrained(trained, a.kind, a.languages, a.con.warn)
	a.began = time.Now()
	return nil
}

// stream prints the answer to a query while it is decoded.
func (a *asker) stream(ctx context.Context, q evalsuite.Query) error {
	for part, err := range a.predictor.Stream(ctx, q) {
		if err != nil {
			return err
		}
		a.con.printf("%s", part)
	}
	a.con.println()
	return nil
}

// print prints the answer about an image, or keeps it for --json. Errors go to standard error.
func (a *asker) print(one imageAnswer) {
	switch {
	case one.Error != "":
		a.failed++
		a.con.log.Error().Msg(one.Error)
	case a.JSON:
	case len(one.Answers) > 0:
		for _, answer := range one.Answers {
			if !a.alone() {
				a.con.printf("%s\t", one.Image)
			}
			a.con.printf("%s\t%.3f\n", answer.Text, answer.LogProbability)
		}
	case a.alone():
		a.con.println(one.printed)
	default:
		a.con.printf("%s\t%s\n", one.Image, one.printed)
	}
	if a.JSON {
		a.answers = append(a.answers, one)
	}
}

// printJSON prints the answers about all images: one object, or a list.
func (a *asker) printJSON() error {
	if !a.JSON {
		return nil
	}
	seconds := 0.0
	if a.predictor != nil {
		seconds = time.Since(a.began).Seconds()
	}
	for i := range a.answers {
		a.answers[i].Seconds = seconds
	}
	if a.alone() {
		return a.con.printJSON(a.answers[0])
	}
	return a.con.printJSON(a.answers)
}
