package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/models/decode"
)

// decodingFlags choose how a model's answers are decoded.
type decodingFlags struct {
	Beams             int      `aliases:"beam" placeholder:"N" help:"Beam search with N beams (default: greedy)."`
	Rule              string   `placeholder:"RULE" help:"With --beams: t5x, the default, keeps N answers by length-normalised probability; bigvision keeps the likeliest one, not normalised, and stops earlier."`
	Alpha             *float64 `placeholder:"A" help:"With --beams and the rule t5x: exponent of the length normalisation; default 0.6, 0 for none."`
	Temperature       float64  `placeholder:"T" help:"Sample at this temperature: 1 follows the model's probabilities, less is more certain."`
	TopK              int      `placeholder:"K" help:"With --temperature: sample among the K likeliest pieces."`
	TopP              float64  `placeholder:"P" help:"With --temperature: sample among the likeliest pieces that together have probability P."`
	MinP              float64  `placeholder:"P" help:"With --temperature: sample among pieces that have at least P times the probability of the likeliest."`
	RepetitionPenalty float64  `placeholder:"X" help:"Above 1: make pieces of the answer less likely to return."`
	MinLength         int      `placeholder:"N" help:"Least number of pieces of an answer."`
	MaxLength         int      `placeholder:"N" help:"Greatest number of pieces of an answer, its end included; by default what the model was trained with."`
	NBest             int      `name:"n-best" placeholder:"N" help:"Give the N best answers with their log-probabilities: of --beams, --temperature or --choices."`
	Choices           string   `placeholder:"LIST" help:"Answer with one of a list, red,green,blue or @FILE with one a line: the likeliest, or with --beams or --temperature one searched or drawn among them."`
	Seed              uint64   `help:"Seed of what is drawn: samples of a dataset, sampled answers, resamples for intervals."`
}

// method returns the decoding method and the choices that the flags name.
func (f decodingFlags) method() (m decode.Method, choices []string, err error) {
	m = decode.Method{
		Beams: f.Beams, Rule: decode.Rule(f.Rule), Temperature: f.Temperature, TopK: f.TopK, TopP: f.TopP, MinP: f.MinP,
		RepetitionPenalty: f.RepetitionPenalty, MinLength: f.MinLength, MaxLength: f.MaxLength, NBest: f.NBest, Seed: f.Seed,
	}
	switch {
	case f.Alpha != nil && f.Beams < 2:
		return m, nil, errors.New("--alpha normalises the answers of beam search: give --beams too")
	case f.Alpha != nil:
		m.Alpha = *f.Alpha
	case f.Beams > 1 && m.Rule != decode.BigVision:
		m.Alpha = decode.T5XAlpha
	}
	if f.Choices != "" {
		if choices, err = readChoices(f.Choices); err != nil {
			return m, nil, fmt.Errorf("--choices: %w", err)
		}
	}
	return m, choices, evalsuite.ValidateDecoding(m, choices)
}

// maxChoices limits a list of choices.
const maxChoices = 100_000

// readChoices reads a list separated by commas, or @FILE with one choice a line.
func readChoices(list string) (choices []string, err error) {
	path, isFile := strings.CutPrefix(list, "@")
	if !isFile {
		for _, choice := range strings.Split(list, ",") {
			choices = append(choices, strings.TrimSpace(choice))
		}
		return choices, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(io.LimitReader(file, 16<<20))
	for lines.Scan() {
		if choice := strings.TrimSpace(lines.Text()); choice != "" {
			choices = append(choices, choice)
		}
		if len(choices) > maxChoices {
			return nil, fmt.Errorf("%s has more than %d lines", path, maxChoices)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(choices) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	return choices, nil
}
