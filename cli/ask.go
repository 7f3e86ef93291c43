package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/decode"
)

// captionCommand lets a trained model describe images.
type captionCommand struct {
	Images []string `arg:"" optional:"" name:"image" help:"Image files, folders with all images below them, patterns such as 'photos/*.png', or @FILE for a list of these."`
	List   string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Lang   string   `default:"en" help:"Language of the captions (BCP-47)."`
	speak
}

// Validate asks for images.
func (c *captionCommand) Validate() error { return needImages(c.Images, c.List) }

func (c captionCommand) Run(ctx context.Context, con *console) error {
	return c.answer(ctx, con, c.Images, c.List, request{mixture.CaptionPrompt(c.Lang), "caption", []string{c.Lang}})
}

// askCommand lets a trained model answer a question about images.
type askCommand struct {
	Words    []string `arg:"" optional:"" name:"image ... question" help:"Image files, folders, patterns or @FILE, as of pali3 caption; and last the question, in any language that the model was trained with."`
	List     string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Question string   `placeholder:"TEXT" help:"The question, in place of the last word."`
	speak
}

// Validate asks for a question and images.
func (c *askCommand) Validate() error {
	images, question := c.words()
	if question == "" || len(images) == 0 && c.List == "" {
		return errors.New("want images and then a question, such as: pali3 ask cat.png 'What is it?' --model RUN")
	}
	return nil
}

// words tells the images and the question apart.
func (c *askCommand) words() (images []string, question string) {
	if c.Question != "" || len(c.Words) == 0 {
		return c.Words, c.Question
	}
	last := len(c.Words) - 1
	return c.Words[:last], c.Words[last]
}

func (c askCommand) Run(ctx context.Context, con *console) error {
	images, question := c.words()
	return c.answer(ctx, con, images, c.List, request{mixture.QuestionPrompt(question), "vqa", nil})
}

func needImages(words []string, list string) error {
	if len(words) == 0 && list == "" {
		return errors.New("no images: name files or folders, or a list with --list FILE")
	}
	return nil
}

// speak are the flags of commands that let a model speak.
type speak struct {
	Model   string `required:"" placeholder:"RUN" help:"Run folder of a trained PaLI-3, for example quickstart-run/caption."`
	Backend string `help:"Backend to compute on; default GOMLX_BACKEND, else the Go backend on all cores."`
	JSON    bool   `help:"Print one JSON object; of several images, a list of them."`

	Beam        int     `placeholder:"N" help:"Beam search with N beams, length-normalised as in T5X (default: greedy)."`
	Temperature float64 `placeholder:"T" help:"Sample at this temperature: 1 follows the model's probabilities, less is more certain."`
	TopK        int     `placeholder:"K" help:"With --temperature: sample among the K likeliest pieces."`
	TopP        float64 `placeholder:"P" help:"With --temperature: sample among the likeliest pieces that together have probability P."`
	Seed        uint64  `help:"Seed of the sampling."`
}

// Help says what becomes of images that cannot be answered.
func (s speak) Help() string {
	return "An image that cannot be read is named on standard error and does not stop the others; the exit status is then 1."
}

var _ kong.HelpProvider = speak{}

// method is how the answer is chosen.
func (s speak) method() (decode.Method, error) {
	m := decode.Method{Beams: s.Beam, Temperature: s.Temperature, TopK: s.TopK, TopP: s.TopP, Seed: s.Seed}
	if s.Beam > 1 {
		m.Alpha = decode.T5XAlpha
	}
	return m, m.Validate()
}

// request is what a model is asked about each image.
type request struct {
	prompt    string
	kind      string   // of the task
	languages []string // none if not known
}

// spoken is what a model said of an image.
type spoken struct {
	Image   string  `json:"image"`
	Prompt  string  `json:"prompt"`
	Text    string  `json:"text"`
	Seconds float64 `json:"seconds"`         // for all images
	Error   string  `json:"error,omitempty"` // why there is no text
}

// answer prints what the model says of each image.
func (s speak) answer(ctx context.Context, con *console, words []string, list string, ask request) error {
	method, err := s.method()
	if err != nil {
		return err
	}
	found, err := evalsuite.FindImages(ctx, con.in, words, list)
	if err != nil {
		return err
	}
	if note := found.Note(); note != "" {
		con.log.Info().Msg(note)
	}
	t := &speaking{speak: s, method: method, request: ask, con: con, found: found}
	switch {
	case len(found.Paths) == 0 && len(found.Missing) > 0:
		return errors.Join(found.Missing...)
	case len(found.Paths) == 0:
		return errors.New("no images: the list is empty")
	}
	for _, missing := range found.Missing {
		t.failed++
		con.log.Error().Msg(missing.Error())
	}
	if err := t.run(ctx); err != nil {
		return err
	}
	if t.failed > 0 {
		return fmt.Errorf("%d of %d could not be answered; they are named above", t.failed, len(found.Paths)+len(found.Missing))
	}
	return nil
}
