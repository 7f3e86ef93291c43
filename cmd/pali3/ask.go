package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/internal/quickstart"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// captionCommand lets a trained model name what a picture shows.
type captionCommand struct {
	Images []string `arg:"" name:"image" help:"Picture files."`
	Lang   string   `default:"en" help:"Language of the captions (BCP-47)."`
	speak
}

func (c captionCommand) Run(ctx context.Context) error {
	return c.answer(ctx, c.Images, mixture.CaptionPrompt(c.Lang))
}

// askCommand lets a trained model answer a question about a picture.
type askCommand struct {
	Image    string `arg:"" help:"Picture file."`
	Question string `arg:"" help:"Question, in any language that the model was trained with."`
	speak
}

func (c askCommand) Run(ctx context.Context) error {
	return c.answer(ctx, []string{c.Image}, mixture.QuestionPrompt(c.Question))
}

// speak are the flags of commands that let a model speak.
type speak struct {
	Model   string `required:"" placeholder:"RUN" help:"Run folder of a trained PaLI-3, for example quickstart-run/caption."`
	Backend string `help:"Backend of the graphs; by default GOMLX_BACKEND or pure Go."`
	JSON    bool   `help:"Print one JSON object."`

	Beam        int     `placeholder:"N" help:"Follow N beginnings at once (beam search, length-normalised as in T5X) instead of the likeliest alone."`
	Temperature float64 `placeholder:"T" help:"Draw the answer at random: 1 by the model's probabilities, less to be surer."`
	TopK        int     `placeholder:"K" help:"With --temperature: draw each piece among the K likeliest."`
	TopP        float64 `placeholder:"P" help:"With --temperature: draw among the likeliest that together have probability P."`
	Seed        uint64  `help:"Seed of what is drawn."`
}

// method is how the answer is chosen.
func (s speak) method() (decode.Method, error) {
	m := decode.Method{Beams: s.Beam, Temperature: s.Temperature, TopK: s.TopK, TopP: s.TopP, Seed: s.Seed}
	if s.Beam > 1 {
		m.Alpha = decode.T5XAlpha
	}
	return m, m.Validate()
}

// spoken is what a model said of a picture.
type spoken struct {
	Image   string  `json:"image"`
	Prompt  string  `json:"prompt"`
	Text    string  `json:"text"`
	Seconds float64 `json:"seconds"`
}

// answer prints what the model says to a prompt about each picture.
func (s speak) answer(ctx context.Context, files []string, prompt string) error {
	method, err := s.method()
	if err != nil {
		return err
	}
	var queries []evalsuite.Query
	for _, file := range files {
		image, err := readImageFile(file)
		if err != nil {
			return err
		}
		queries = append(queries, evalsuite.Query{Images: []shards.Image{image}, Prompt: prompt})
	}
	be, err := backend.Open(s.Backend)
	if err != nil {
		return err
	}
	trained, err := stages.Open(be, s.Model, quickstart.Models())
	if err != nil {
		return err
	}
	answerer, err := evalsuite.AnswererOf(be, trained)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Model, err)
	}
	answerer.Method = method
	answerer.Batch = min(len(queries), answerer.Batch)
	began := time.Now()
	answers, err := answerer.Answer(ctx, queries, nil)
	if err != nil {
		return err
	}
	return s.print(files, prompt, answers, time.Since(began))
}

func (s speak) print(files []string, prompt string, answers []string, took time.Duration) error {
	said := make([]spoken, len(files))
	for i, file := range files {
		said[i] = spoken{file, prompt, answers[i], took.Seconds()}
	}
	switch {
	case s.JSON && len(said) == 1:
		return printJSON(said[0])
	case s.JSON:
		return printJSON(said)
	case len(said) == 1:
		fmt.Println(answers[0])
	default:
		for _, one := range said {
			fmt.Printf("%s\t%s\n", one.Image, one.Text)
		}
	}
	return nil
}
