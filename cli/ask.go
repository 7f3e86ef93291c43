package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
)

// captionCommand describes images with a trained model.
type captionCommand struct {
	Images []string `arg:"" optional:"" name:"image" help:"Image files, folders with all images below them, patterns such as 'photos/*.png', or @FILE for a list of these."`
	List   string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Lang   string   `default:"en" help:"Language of the captions (BCP-47)."`
	askFlags
}

// Validate requires images.
func (c *captionCommand) Validate() error { return needImages(c.Images, c.List) }

func (c captionCommand) Run(ctx context.Context, con *console) error {
	return c.answer(ctx, con, c.Images, c.List, request{prompt: mixture.CaptionPrompt(c.Lang), kind: "caption", languages: []string{c.Lang}})
}

// askCommand answers a question about images with a trained model.
type askCommand struct {
	Words    []string `arg:"" optional:"" name:"image ... question" help:"Image files, folders, patterns or @FILE, as for caption, and then the question, in any language that the model was trained on."`
	List     string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Question string   `placeholder:"TEXT" help:"The question; all other words are then images."`
	askFlags
}

// Validate requires a question and images.
func (c *askCommand) Validate(call *kong.Context) error {
	images, question := c.words()
	if question == "" || len(images) == 0 && c.List == "" {
		return fmt.Errorf("name images and then a question, for example: %s ask cat.png 'What is it?' --model RUN", call.Model.Name)
	}
	return nil
}

// words separates the images from the question.
func (c *askCommand) words() (images []string, question string) {
	if c.Question != "" || len(c.Words) == 0 {
		return c.Words, c.Question
	}
	last := len(c.Words) - 1
	return c.Words[:last], c.Words[last]
}

func (c askCommand) Run(ctx context.Context, con *console) error {
	images, question := c.words()
	return c.answer(ctx, con, images, c.List, request{prompt: mixture.QuestionPrompt(question), kind: "vqa", question: question})
}

func needImages(words []string, list string) error {
	if len(words) == 0 && list == "" {
		return errors.New("no images: name files or folders, or a list with --list FILE")
	}
	return nil
}

// askFlags are the flags of caption and ask.
type askFlags struct {
	Model string `required:"" placeholder:"RUN" help:"Run folder of a trained PaLI-3, for example quickstart-run/caption."`
	modelFlags
	JSON bool `help:"Print one JSON object; for several images, a list of objects."`

	decodingFlags
	Stream bool `help:"Print the answer about one image piece by piece as it is decoded."`
}

// Help says what happens to images that cannot be read.
func (s askFlags) Help() string {
	return "An image that cannot be read is named on standard error and does not stop the others; the exit status is then 1."
}

var _ kong.HelpProvider = askFlags{}

// request is what a model is asked about each image.
type request struct {
	prompt    string
	kind      string   // of the task
	languages []string // none if not known
	question  string   // of the task vqa
	// opened returns the prompt for the model, unless nil.
	opened func(*stages.Trained) (prompt string, err error)
	// show adds what the answer says to it and returns what is printed, unless nil.
	show func(readImage, *imageAnswer) (printed string, err error)
}

// language is the one asked in, "" if not known.
func (r request) language() string {
	if len(r.languages) == 0 {
		return ""
	}
	return r.languages[0]
}

// imageAnswer is the model's answer about an image, as JSON.
type imageAnswer struct {
	printed string
	Image   string   `json:"image"`
	Prompt  string   `json:"prompt"`
	Text    string   `json:"text"`
	Score   *float64 `json:"score,omitempty"` // log-probability
	// Answers are the best ones, Text first, if several were asked for.
	Answers []evalsuite.RankedText `json:"answers,omitempty"`
	regionsAnswer
	Seconds float64 `json:"seconds"`         // for all images
	Error   string  `json:"error,omitempty"` // why there is no text
}

// answer prints the model's answer about each image.
func (s askFlags) answer(ctx context.Context, con *console, words []string, list string, ask request) error {
	method, choices, err := s.method()
	if err != nil {
		return err
	}
	if s.Stream && (s.JSON || method.Beams > 1 || method.NBest > 1 || len(choices) > 0) {
		return errors.New("--stream prints text as it is decoded: leave out --json, --beams, --n-best and --choices")
	}
	found, err := evalsuite.FindImages(ctx, con.in, words, list)
	if err != nil {
		return err
	}
	if note := found.Note(); note != "" {
		con.log.Info().Msg(note)
	}
	a := &asker{askFlags: s, method: method, choices: choices, request: ask, con: con, found: found}
	switch {
	case len(found.Paths) == 0 && len(found.Missing) > 0:
		return errors.Join(found.Missing...)
	case len(found.Paths) == 0:
		return errors.New("no images: the list is empty")
	case s.Stream && !a.alone():
		return fmt.Errorf("--stream prints the answer about one image, and %d are named", len(found.Paths)+len(found.Missing))
	}
	for _, missing := range found.Missing {
		a.failed++
		con.log.Error().Msg(missing.Error())
	}
	if err := a.run(ctx); err != nil {
		return err
	}
	if a.failed > 0 {
		return fmt.Errorf("%d of %d images could not be answered; the errors are above", a.failed, len(found.Paths)+len(found.Missing))
	}
	return nil
}
