package evalsuite

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Prediction is a line of a predictions file: the model's answer to a question, or its caption of
// an image. Scoring reads ID, Prediction and Error only.
type Prediction struct {
	// ID of the question; of a caption KEY/LANGUAGE.
	ID string `json:"id"`
	// QuestionID is the id that the dataset gives the question, if it gives it to several.
	QuestionID string `json:"question_id,omitempty"`
	Prediction string `json:"prediction"`
	Task       string `json:"task,omitempty"`
	Language   string `json:"language,omitempty"`
	// Prompt is the input of the encoder, Raw the output of the decoder.
	Prompt string `json:"prompt,omitempty"`
	Raw    string `json:"raw,omitempty"`
	// Score is the log-probability of the output, in nats.
	Score *float64 `json:"score,omitempty"`
	// Alternatives are the prediction and the next best ones, if several were asked for.
	Alternatives []RankedText `json:"alternatives,omitempty"`
	// ImageSHA256 are the hashes of the images, in hex.
	ImageSHA256 []string `json:"image_sha256,omitempty"`
	// Weights is the SHA-256 of the weights file, in hex; of a model before training, "initial:"
	// and a hash.
	Weights string `json:"weights,omitempty"`
	// Model names a model whose weights are not at hand: that of an endpoint, or a command.
	Model string `json:"model,omitempty"`
	// Decoding describes the decoding method; empty means greedy.
	Decoding string `json:"decoding,omitempty"`
	// Error says why there is no answer. The prediction is then empty and counts as wrong.
	Error string `json:"error,omitempty"`
	// Failure is the kind of failure in the run of a benchmark: refusal, timeout, error or
	// no_match.
	Failure string `json:"failure,omitempty"`
}

// maxPrediction is the maximum length of a line, in bytes.
const maxPrediction = 1 << 20

// WritePredictions writes predictions as JSON lines, atomically.
func WritePredictions(path string, predictions []Prediction) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		if err := encodePredictions(out, predictions); err != nil {
			return err
		}
		return out.Flush()
	})
}

func encodePredictions(w io.Writer, predictions []Prediction) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, p := range predictions {
		if err := encoder.Encode(p); err != nil {
			return err
		}
	}
	return nil
}

// ReadPredictions reads a predictions file and returns the predictions by id.
func ReadPredictions(path string) (map[string]string, error) {
	byID := map[string]string{}
	err := eachPrediction(path, func(_ int, p *Prediction, err error) error {
		if err != nil {
			return err
		}
		if p.ID == "" {
			return errNoID
		}
		if _, twice := byID[p.ID]; twice {
			return fmt.Errorf("duplicate id %q", p.ID)
		}
		byID[p.ID] = p.Prediction
		return nil
	})
	if err != nil {
		return nil, err
	}
	return byID, nil
}
